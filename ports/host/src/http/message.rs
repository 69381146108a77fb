//! A request and its answer, free of any server.

use std::borrow::Cow;

use serde_json::Value;

/// A request, its body read completely.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ask<'a> {
    /// Method as sent.
    pub method: &'a str,
    /// Path as sent, still encoded.
    pub path: &'a str,
    /// Query as sent, still encoded.
    pub query: &'a str,
    /// Header `Host`.
    pub host: Option<&'a str>,
    /// Header `Origin`.
    pub origin: Option<&'a str>,
    /// Header `Content-Type`.
    pub content_type: Option<&'a str>,
    /// Who asks.
    pub caller: Caller<'a>,
    /// Body.
    pub body: &'a [u8],
}

/// What a request says about who sent it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Caller<'a> {
    /// Header `Cookie`.
    pub cookie: Option<&'a str>,
    /// Header `X-Auth-PIN`, for scripts.
    pub pin: Option<&'a str>,
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Header `Content-Type`.
    pub content_type: &'static str,
    /// Header `Allow`, for status 405.
    pub allow: Option<&'static str>,
    /// Header `Content-Security-Policy`, for pages.
    pub policy: Option<&'static str>,
    /// Header `Set-Cookie`.
    pub cookie: Option<String>,
    /// Header `Retry-After`, s, for status 429.
    pub retry_after: Option<u64>,
    /// Body.
    pub body: Cow<'static, [u8]>,
}

impl Answer {
    /// A JSON answer, ended by a newline.
    #[must_use]
    pub fn json(value: &Value) -> Self {
        Self::file("application/json", format!("{value}\n").into())
    }

    /// A document.
    #[must_use]
    pub const fn file(content_type: &'static str, body: Vec<u8>) -> Self {
        Self {
            status: 200,
            content_type,
            allow: None,
            policy: None,
            cookie: None,
            retry_after: None,
            body: Cow::Owned(body),
        }
    }

    /// A refusal of the request itself: one sentence of plain text.
    #[must_use]
    pub fn refusal(status: u16, why: &'static str) -> Self {
        Self {
            status,
            body: Cow::Borrowed(why.as_bytes()),
            ..Self::file("text/plain; charset=utf-8", Vec::new())
        }
    }
}
