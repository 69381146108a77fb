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
    /// Body.
    pub body: &'a [u8],
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
    /// Body.
    pub body: Cow<'static, str>,
}

impl Answer {
    /// A JSON answer, ended by a newline.
    #[must_use]
    pub fn json(value: &Value) -> Self {
        Self {
            status: 200,
            content_type: "application/json",
            allow: None,
            policy: None,
            body: Cow::Owned(format!("{value}\n")),
        }
    }

    /// A refusal of the request itself: one sentence of plain text.
    #[must_use]
    pub fn refusal(status: u16, why: &'static str) -> Self {
        Self {
            status,
            content_type: "text/plain; charset=utf-8",
            allow: None,
            policy: None,
            body: Cow::Borrowed(why),
        }
    }
}
