//! The conformance runner: a runner that cannot fail is worthless.

use smartevse_sim::conformance::{VectorError, run_text};

/// A sequence on a charger that nobody plugs in.
fn sequence(expect: &str) -> String {
    format!(
        r#"{{"id":"X1","kind":"sequence","note":"","covers":[],"settings":{{"max_a":16}},"timeline":[],"expect":[{expect}]}}"#
    )
}

fn failures(text: &str) -> Vec<(String, String)> {
    run_text("charging", text).unwrap().failed
}

#[test]
fn when_nobody_plugs_in_then_the_idle_charger_is_as_expected() {
    for expect in [
        r#"{"at_ms":500,"state":"A","contactor1":"open","contactor2":"open","vehicle_present":false}"#,
        r#"{"never":{"contactor1":"closed"},"from_ms":0,"to_ms":1000}"#,
    ] {
        assert_eq!(failures(&sequence(expect)), []);
    }
}

/// Each form of an expectation, wrong: the runner must say so, with both
/// values.
#[test]
fn when_an_expectation_is_wrong_then_every_form_fails() {
    for (expect, actual) in [
        (r#"{"at_ms":500,"state":"C"}"#, "actual \"A\""),
        (
            r#"{"change":{"signal":"contactor1","to":"closed"},"window_ms":[100,900]}"#,
            "actual \"open\"",
        ),
        (
            r#"{"never":{"state":"A"},"from_ms":0,"to_ms":900}"#,
            "actual \"A\" at 0 ms",
        ),
        (
            r#"{"order":["contactor2:closed","contactor1:closed"],"window_ms":[0,900],"gap_ms":[80,200]}"#,
            "actual at None",
        ),
    ] {
        let failed = failures(&sequence(expect));
        assert_eq!(failed.len(), 1, "{expect}");
        assert_eq!(failed[0].0, "X1");
        assert!(failed[0].1.contains("expected"), "{}", failed[0].1);
        assert!(failed[0].1.contains(actual), "{}", failed[0].1);
    }
}

#[test]
fn when_a_feature_is_not_built_then_the_case_is_skipped_by_name() {
    let text = sequence("").replace(r#""kind""#, r#""requires":"time_travel","kind""#);
    let report = run_text("charging", &text).unwrap();
    assert_eq!((report.passed, report.failed.len()), (0, 0));
    assert_eq!(
        report.skipped,
        [("X1".to_owned(), "time_travel".to_owned())]
    );
    assert!(!report.has_failed());
    let text = report.to_string();
    assert!(text.starts_with("charging: 0 passed, 0 failed, 1 skipped\n"));
    assert!(text.contains("time_travel"));
}

#[test]
fn when_the_kind_is_unknown_then_it_is_an_error() {
    let text = sequence("").replace("sequence", "sequel");
    let error = run_text("charging", &text).unwrap_err();
    assert!(matches!(error, VectorError::UnknownKind { .. }));
    assert!(error.to_string().contains("sequel"));
}

#[test]
fn when_the_file_has_an_unknown_name_then_it_is_an_error() {
    let error = run_text("weather", "").unwrap_err();
    assert!(error.to_string().contains("weather"));
}

#[test]
fn when_a_line_is_broken_then_its_number_is_said() {
    let text = format!("{}\n\n{{\"id\":", sequence(""));
    let error = run_text("charging", &text).unwrap_err().to_string();
    assert!(error.starts_with("line 3"), "{error}");
    let twice = format!("{0}\n{0}", sequence(""));
    let error = run_text("charging", &twice).unwrap_err().to_string();
    assert!(error.contains("twice"), "{error}");
}

#[test]
fn when_nothing_can_run_a_case_then_it_fails_as_not_built() {
    let text = r#"{"id":"M1","topic":"x","future":1}"#;
    let report = run_text("mqtt_set", text).unwrap();
    assert_eq!(report.failed, [("M1".to_owned(), "not built".to_owned())]);
    assert!(report.has_failed());
}

#[test]
fn when_the_timeline_cannot_be_understood_then_the_case_fails() {
    for entry in [
        r#"{"t_ms":0,"pilot":"E0"}"#,
        r#"{"t_ms":0,"switch":"ajar"}"#,
        r#"{"t_ms":0,"card":"XYZ"}"#,
        r#"{"t_ms":0,"temperature_c":"hot"}"#,
        r#"{"t_ms":0,"mode":"Turbo"}"#,
    ] {
        let text = sequence(r#"{"at_ms":10,"state":"A"}"#)
            .replace(r#""timeline":[]"#, &format!(r#""timeline":[{entry}]"#));
        assert_eq!(failures(&text).len(), 1, "{entry}");
    }
    let unknown = sequence(r#"{"at_ms":10,"state":"A"}"#).replace(
        r#""timeline":[]"#,
        r#""timeline":[{"t_ms":0,"moon":"full"}]"#,
    );
    assert_eq!(failures(&unknown), []);
}

/// A row too many, an unknown setting, value or fact: each fails.
#[test]
fn when_a_menu_case_is_wrong_then_it_fails() {
    let case = |settings: &str, facts: &str, more: &str| {
        let rows = r#""mode","config","lock","pwr_share","max","switch","rcmon","rfid","wifi","max_temp","lcd_pin""#;
        format!(
            r#"{{"id":"M","settings":{{{settings}}},"facts":{{{facts}}},"visible":[{rows}{more}]}}"#
        )
    };
    let failed = |text: &str| run_text("menu_visibility", text).unwrap().failed.len();
    let right = [
        r#""mode":"Normal","capacity":0"#,
        r#""sensorbox_version":0"#,
    ];
    assert_eq!(failed(&case(right[0], right[1], "")), 0);
    for text in [
        case(right[0], right[1], r#","idle_tmo""#),
        case(r#""mode":"Solar""#, right[1], ""),
        case(r#""mode":"Turbo""#, right[1], ""),
        case(r#""moon":"full""#, right[1], ""),
        case(r#""mode":true"#, right[1], ""),
        case(right[0], r#""moon":1"#, ""),
        case(right[0], r#""sensorbox_version":-1"#, ""),
    ] {
        assert_eq!(failed(&text), 1, "{text}");
    }
}

/// A group of two with current for one.
fn group(kind: &str, rest: &str) -> String {
    format!(
        r#"{{"id":"G1","kind":"{kind}","mode":"Smart","settings":{{"min_a":6,"priority":"modbus_address"}},{rest}}}"#
    )
}

#[test]
fn when_a_group_is_not_as_expected_then_the_case_fails_with_both_values() {
    let evses = r#""limit_da":80,"evses":[{"index":0,"max_da":320,"connected_at_s":1,"wants":true},
        {"index":1,"max_da":320,"connected_at_s":1,"wants":true}]"#
        .replace('\n', "");
    for (expect, why) in [
        (
            r#"{"allocation_da":[80,0],"schedule":["active","paused"],"total_da":80}"#,
            None,
        ),
        (r#"{"allocation_da":[0,80]}"#, Some("actual [80,0]")),
        (r#"{"schedule":["active","active"]}"#, Some("\"paused\"")),
        (r#"{"error_shown":["none","no_sun"]}"#, Some("\"less_6a\"")),
        (r#"{"total_da":81}"#, Some("actual 80")),
    ] {
        let text = group("allocation", &format!(r#"{evses},"expect":{expect}"#));
        let failed = run_text("power_share", &text).unwrap().failed;
        assert_eq!(failed.len(), usize::from(why.is_some()), "{expect}");
        assert!(
            failed
                .iter()
                .all(|(_, text)| text.contains(why.unwrap_or(""))),
            "{failed:?}"
        );
    }
}

#[test]
fn when_a_sequence_cannot_be_understood_then_the_case_fails() {
    let evses = r#""evses":[{"index":0,"max_da":320}]"#;
    let run = |events: &str, expect: &str| {
        let text = group(
            "sequence",
            &format!(r#"{evses},"events":[{events}],"expect":[{expect}]"#),
        );
        run_text("power_share", &text).unwrap().failed.len()
    };
    let active = r#"{"t_s":20,"schedule":["active"],"allocation_da":[80],"rotation_timer_s":{"min":0,"max":0}}"#;
    let plug =
        r#"{"t_s":0,"limit_da":80},{"t_s":1,"evse":0,"connected":true,"wants":true,"draw_da":80}"#;
    assert_eq!(run(plug, active), 0);
    assert_eq!(run(plug, &active.replace("[80]", "[81]")), 1);
    assert_eq!(run(plug, &active.replace(r#""min":0"#, r#""min":1"#)), 1);
    assert_eq!(run(plug, &active.replace("t_s", "at_s")), 1);
    for event in [
        r#"{"t_s":0,"moon":1}"#,
        r#"{"t_s":0,"evse":7,"connected":true}"#,
        r#"{"t_s":0,"evse":0,"connected":"yes"}"#,
        r#"{"t_s":0,"set":{"rotation_min":5}}"#,
        r#"{"t_s":0,"limit_da":"much"}"#,
    ] {
        assert_eq!(run(event, active), 1, "{event}");
    }
    let text = group("sequel", evses);
    let error = run_text("power_share", &text).unwrap_err();
    assert!(matches!(error, VectorError::UnknownKind { .. }));
}
