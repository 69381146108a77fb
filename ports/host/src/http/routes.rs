//! Which request is answered by whom.

use serde_json::{Map, Value};

use super::message::{Answer, Ask, Caller};
use super::query::Pairs;
use super::{feeds, group, lcd, live, origin, parameters, simulated, status};
use crate::desk::Desk;

/// The page, and what it shows of a group.
const PAGE: &str = concat!(
    include_str!("../page.html"),
    include_str!("../group.html"),
    "</body>\n</html>\n"
);

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
     img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

/// Who answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Handler {
    Page,
    Live,
    History,
    Group,
    Status,
    Parameters,
    Currents,
    EvMeter,
    CircuitMeter,
    CableLock,
    Card,
    Simulated,
    Lcd,
    LcdText,
    LcdSocket,
    LcdButton,
    LcdPassword,
}

struct Route {
    path: &'static str,
    get: Option<Handler>,
    post: Option<Handler>,
}

const fn get(path: &'static str, handler: Handler) -> Route {
    Route {
        path,
        get: Some(handler),
        post: None,
    }
}

const fn post(path: &'static str, handler: Handler) -> Route {
    Route {
        path,
        get: None,
        post: Some(handler),
    }
}

const ROUTES: &[Route] = &[
    get("/", Handler::Page),
    get("/live", Handler::Live),
    get("/history", Handler::History),
    get("/group", Handler::Group),
    Route {
        path: "/settings",
        get: Some(Handler::Status),
        post: Some(Handler::Parameters),
    },
    post("/currents", Handler::Currents),
    post("/ev_meter", Handler::EvMeter),
    post("/circuit_meter", Handler::CircuitMeter),
    post("/cablelock", Handler::CableLock),
    post("/rfid", Handler::Card),
    post("/sim", Handler::Simulated),
    Route {
        path: "/lcd",
        get: Some(Handler::Lcd),
        post: Some(Handler::LcdButton),
    },
    get("/lcd.txt", Handler::LcdText),
    get(super::lcd_socket::PATH, Handler::LcdSocket),
    post("/lcd-verify-password", Handler::LcdPassword),
];

impl Route {
    fn handler(&self, method: &str) -> Option<Handler> {
        match method {
            "GET" => self.get,
            "POST" => self.post,
            _ => None,
        }
    }

    const fn allow(&self) -> &'static str {
        match (self.get, self.post) {
            (Some(_), Some(_)) => "GET, POST",
            (Some(_), None) => "GET",
            (None, _) => "POST",
        }
    }
}

/// Answers a request.
///
/// The order of the checks is that of the network specification §2: encoding,
/// path, method, origin.
pub async fn answer(desk: &Desk, ask: &Ask<'_>) -> Answer {
    match check(ask) {
        Ok((handler, pairs)) => call(desk, handler, ask.caller, &pairs).await,
        Err(refusal) => refusal,
    }
}

/// Judges a request that wants to become a WebSocket: its sender is judged as
/// that of a change.
///
/// # Errors
///
/// The answer to a request that is not let in.
pub fn check_socket(ask: &Ask<'_>) -> Result<(), Answer> {
    check(ask)?;
    check_sender(&Ask {
        method: "POST",
        ..*ask
    })
}

fn check(ask: &Ask<'_>) -> Result<(Handler, Pairs), Answer> {
    let bad = |_| Answer::refusal(400, "Malformed % in the request\n");
    let path = super::query::decode(&ask.path.replace('+', "%2B")).map_err(bad)?;
    let mut pairs = Pairs::parse(ask.query).map_err(bad)?;
    pairs.extend(form(ask).map_err(bad)?);
    let route = ROUTES
        .iter()
        .find(|route| route.path == path)
        .ok_or_else(|| Answer::refusal(404, "There is nothing here\n"))?;
    let handler = route.handler(ask.method).ok_or_else(|| Answer {
        allow: Some(route.allow()),
        ..Answer::refusal(405, "Not with this method\n")
    })?;
    check_sender(ask)?;
    Ok((handler, pairs))
}

/// Pairs of a form body; any other body is ignored.
fn form(ask: &Ask<'_>) -> Result<Pairs, super::query::BadEncoding> {
    let is_form = ask.content_type.is_some_and(|kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    });
    match std::str::from_utf8(ask.body) {
        Ok(body) if is_form => Pairs::parse(body.trim()),
        Ok(_) => Ok(Pairs::default()),
        Err(_) if is_form => Err(super::query::BadEncoding),
        Err(_) => Ok(Pairs::default()),
    }
}

fn check_sender(ask: &Ask<'_>) -> Result<(), Answer> {
    if ask.host.is_some_and(|host| !origin::is_own_host(host)) {
        return Err(Answer::refusal(
            421,
            "This is not the host that was asked for\n",
        ));
    }
    let own = |from| {
        ask.host
            .is_some_and(|host| origin::is_own_origin(from, host))
    };
    if ask.method != "GET" && ask.origin.is_some_and(|from| !own(from)) {
        return Err(Answer::refusal(
            403,
            "Pages of other sites may not do this\n",
        ));
    }
    Ok(())
}

async fn call(desk: &Desk, handler: Handler, caller: Caller<'_>, pairs: &Pairs) -> Answer {
    let mut said = Map::new();
    match handler {
        Handler::Page => return page(),
        Handler::Live => return Answer::json(&live::live(&desk.view())),
        Handler::History => return Answer::json(&live::history(&desk.history())),
        Handler::Group => return Answer::json(&group::group(&desk.view())),
        Handler::Status => return Answer::json(&status::status(&desk.view())),
        Handler::Lcd => return lcd::picture(&desk.view().lcd.frame),
        Handler::LcdText => return lcd::text(&desk.view().lcd.text),
        Handler::LcdSocket => return Answer::refusal(426, "This is a WebSocket\n"),
        Handler::LcdButton => return lcd::button(desk, caller, pairs).await,
        Handler::LcdPassword => return lcd::verify(desk, pairs),
        Handler::Parameters => parameters::apply(desk, pairs, &mut said).await,
        Handler::Currents => feeds::currents(desk, pairs, &mut said).await,
        Handler::EvMeter => feeds::ev_meter(desk, pairs, &mut said).await,
        Handler::CircuitMeter => feeds::circuit_meter(desk, pairs, &mut said).await,
        Handler::CableLock => parameters::cable_lock(desk, pairs, &mut said).await,
        Handler::Card => feeds::card(desk, pairs, &mut said).await,
        Handler::Simulated => simulated::apply(desk, pairs, &mut said).await,
    }
    Answer::json(&Value::Object(said))
}

fn page() -> Answer {
    Answer {
        policy: Some(POLICY),
        body: PAGE.as_bytes().into(),
        ..Answer::file("text/html; charset=utf-8", Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask<'a>(method: &'a str, path: &'a str, query: &'a str) -> Ask<'a> {
        Ask {
            method,
            path,
            query,
            host: Some("localhost:8080"),
            origin: None,
            content_type: None,
            caller: Caller::default(),
            body: b"",
        }
    }

    fn status_of(ask: &Ask<'_>) -> u16 {
        check(ask).map_or_else(|refusal| refusal.status, |_| 200)
    }

    /// network 2: 400, 404, 405, 403 in this order.
    #[test]
    fn when_several_things_are_wrong_then_the_first_check_answers() {
        let foreign = |ask: Ask<'static>| Ask {
            origin: Some("http://evil.example"),
            ..ask
        };
        assert_eq!(status_of(&foreign(ask("PUT", "/nothing", "a=%zz"))), 400);
        assert_eq!(status_of(&foreign(ask("PUT", "/%zz", ""))), 400);
        assert_eq!(status_of(&foreign(ask("PUT", "/nothing", ""))), 404);
        assert_eq!(status_of(&foreign(ask("PUT", "/settings", ""))), 405);
        assert_eq!(status_of(&foreign(ask("POST", "/settings", ""))), 403);
        assert_eq!(status_of(&foreign(ask("GET", "/settings", ""))), 200);
        assert_eq!(status_of(&ask("POST", "/settings", "")), 200);
    }

    #[test]
    fn when_the_method_is_wrong_then_the_right_ones_are_named() {
        let allow = |method, path| check(&ask(method, path, "")).unwrap_err().allow;
        assert_eq!(allow("PUT", "/settings"), Some("GET, POST"));
        assert_eq!(allow("GET", "/currents"), Some("POST"));
        assert_eq!(allow("POST", "/live"), Some("GET"));
        assert_eq!(allow("POSTER", "/currents"), Some("POST"));
    }

    /// network 12: a page of another site cannot read or press through a socket.
    #[test]
    fn when_a_foreign_page_opens_a_socket_then_it_is_refused() {
        let status = |origin, host| {
            let ask = Ask {
                origin,
                host: Some(host),
                ..ask("GET", "/ws/lcd", "")
            };
            check_socket(&ask).map_err(|refusal| refusal.status)
        };
        assert_eq!(status(None, "localhost:8080"), Ok(()));
        assert_eq!(
            status(Some("http://localhost:8080"), "localhost:8080"),
            Ok(())
        );
        assert_eq!(
            status(Some("http://evil.example"), "localhost:8080"),
            Err(403)
        );
        assert_eq!(status(None, "evil.example"), Err(421));
    }

    #[test]
    fn when_the_host_is_foreign_then_nothing_is_told() {
        let foreign = Ask {
            host: Some("evil.example"),
            ..ask("GET", "/settings", "")
        };
        assert_eq!(status_of(&foreign), 421);
    }

    /// network 2: form bodies count, the query wins; other bodies are ignored.
    #[test]
    fn when_there_is_a_body_then_only_a_form_counts() {
        let pairs = |content_type, body: &'static [u8], query| {
            let ask = Ask {
                content_type,
                body,
                ..ask("POST", "/settings", query)
            };
            check(&ask).map(|(_, pairs)| pairs.get("mode").map(str::to_owned))
        };
        let form = Some("application/x-www-form-urlencoded; charset=utf-8");
        assert_eq!(pairs(form, b"mode=1", ""), Ok(Some("1".to_owned())));
        assert_eq!(pairs(form, b"mode=1", "mode=2"), Ok(Some("2".to_owned())));
        assert_eq!(pairs(form, b"{}", "mode=2"), Ok(Some("2".to_owned())));
        assert_eq!(pairs(Some("application/json"), b"{}%", ""), Ok(None));
        assert_eq!(pairs(None, b"mode=1", ""), Ok(None));
        assert_eq!(pairs(form, b"mode=%", "").unwrap_err().status, 400);
    }
}
