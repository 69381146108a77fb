//! Whose pages may send requests (network specification §12.3).

use std::net::{IpAddr, Ipv6Addr};

/// Whether `Host` can be a name of this machine: an address, `localhost`, a
/// name without dots or one of the local network.
///
/// A page of a foreign name that was pointed at this machine (rebinding) still
/// sends its foreign name here.
#[must_use]
pub fn is_own_host(host: &str) -> bool {
    let Some((name, _)) = split(host) else {
        return false;
    };
    let name = name.to_ascii_lowercase();
    let is_address = name.parse::<IpAddr>().is_ok()
        || name
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .is_some_and(|inner| inner.parse::<Ipv6Addr>().is_ok());
    let local = [".local", ".lan", ".home.arpa", ".localhost"];
    is_address || !name.contains('.') || local.iter().any(|end| name.ends_with(end))
}

/// Whether a page of this `Origin` may change something at this `Host`: only
/// the own page may.
#[must_use]
pub fn is_own_origin(origin: &str, host: &str) -> bool {
    let (default_port, authority) = match origin.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (80, rest),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (443, rest),
        Some(_) | None => return false,
    };
    match (split(authority), split(host)) {
        (Some((a, a_port)), Some((b, b_port))) => {
            a.eq_ignore_ascii_case(b)
                && a_port.unwrap_or(default_port) == b_port.unwrap_or(default_port)
        }
        _ => false,
    }
}

/// Splits `name[:port]`; anything else is `None`.
fn split(authority: &str) -> Option<(&str, Option<u16>)> {
    if authority.is_empty() || authority.contains(['@', '/', '?', '#', ' ', '\\']) {
        return None;
    }
    let (name, port) = match authority.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port.parse().ok()?)),
        Some(_) | None => (authority, None),
    };
    (!name.is_empty()).then_some((name, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// network 17-16
    #[test]
    fn when_the_origin_is_the_own_page_then_it_is_accepted() {
        for (origin, host) in [
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://LocalHost:8080", "localhost:8080"),
            ("http://smartevse-12345.local", "smartevse-12345.local"),
            ("http://smartevse-12345.local", "smartevse-12345.local:80"),
            ("https://[::1]:443", "[::1]"),
        ] {
            assert!(is_own_origin(origin, host), "{origin} at {host}");
            assert!(is_own_host(host), "{host}");
        }
    }

    /// network 17-16
    #[test]
    fn when_the_origin_only_looks_alike_then_it_is_refused() {
        for origin in [
            "http://host.local.evil.com",
            "http://evil.com/host.local",
            "http://host.local@evil.com",
            "http://evil.com@host.local",
            "http://host.local:8081",
            "https://host.local",
            "ftp://host.local",
            "null",
            "",
        ] {
            assert!(!is_own_origin(origin, "host.local:80"), "{origin}");
        }
    }

    #[test]
    fn when_a_foreign_name_points_here_then_it_is_not_own() {
        for host in [
            "evil.example",
            "evil.example:8080",
            "a@localhost",
            "",
            "127.0.0.1.evil.com",
        ] {
            assert!(!is_own_host(host), "{host}");
        }
    }
}
