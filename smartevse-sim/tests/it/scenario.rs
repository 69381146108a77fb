//! Scenarios: what is understood, and how errors are said.

use smartevse_core::options::Contact2;

use smartevse_sim::scenario::{Scenario, ScenarioError};
use smartevse_sim::simulate;
use smartevse_types::{Duration, Instant, Mode, Phase};

/// A small scenario, with one text replaced by another.
fn with(from: &str, to: &str) -> Result<Scenario, ScenarioError> {
    let text = r#"{"id":"x","duration_s":60,"mode":"smart","power_share":false,
        "settings":{"mains_a":25,"min_a":6,"max_a":16,"circuit_a":63,"start_a":4,"stop_min":10,
            "import_a":0,"capacity_a":0,"cap_stop_min":0,"contact2":"always_on",
            "priority":"modbus_address","rotation_min":0,"idle_timeout_s":60},
        "meter":{"period_s":2.0,"latency_s":0.4,"noise_a":0.1,"seed":1,"ev_meter":false,"dropout_s":null},
        "evses":[{"plug_s":30,"unplug_s":null,"phases":3,"max_a":16,"delay_s":1.0,"ramp_up_a_s":4.0,
            "ramp_down_a_s":8.0,"need_wh":60000,"phase_map":[1,2,0],"stays_in_c_when_full":false}],
        "net_house_a":{"step_s":5,"l1":[1.0,2.0],"l2":[0.5,-0.5],"l3":[0.0,0.0]}}"#;
    assert!(text.contains(from), "{from}");
    Scenario::parse(&text.replace(from, to))
}

fn problem(from: &str, to: &str) -> String {
    with(from, to).unwrap_err().to_string()
}

#[test]
fn when_all_is_right_then_the_plan_has_it() {
    let scenario = with("smart", "smart").unwrap();
    assert_eq!(scenario.mode, Mode::Smart);
    assert_eq!(scenario.duration, Duration::from_secs(60));
    assert_eq!(scenario.settings.contact2, Contact2::AlwaysOn);
    assert_eq!(scenario.plan.visits[0].from, Instant::from_secs(30));
    let map = scenario.plan.visits[0].car.phase_map;
    assert_eq!(map, [Phase::L2, Phase::L3, Phase::L1]);
    assert_eq!(
        scenario.plan.house.at(Instant::from_secs(7)),
        [2.0, -0.5, 0.0]
    );
    assert_eq!(scenario.limits().capacity_a, None);
    assert!(!scenario.has_relay());
}

#[test]
fn when_optional_members_are_there_then_they_are_taken() {
    let scenario = with(
        r#""net_house_a""#,
        r#""battery_a":[3.0,-2.0],"relay_open":[10,20],"unknown":{"a":[1]},
           "subpanel_a":{"step_s":5,"l1":[1.0],"l2":[0.0],"l3":[0.0]},"net_house_a""#,
    )
    .unwrap();
    let plan = scenario.plan;
    assert_eq!(
        plan.relay_open,
        Some((Instant::from_secs(10), Instant::from_secs(20)))
    );
    let battery: f64 = plan.battery.unwrap().at(Instant::from_secs(6)).iter().sum();
    assert_eq!(battery, -2.0);
    assert_eq!(plan.subpanel.unwrap().at(Instant::ZERO), [1.0, 0.0, 0.0]);
}

#[test]
fn when_the_battery_is_given_in_another_way_then_it_is_taken_as_well() {
    for text in [
        r#"{"step_s":5,"l1":[1.0],"l2":[1.0],"l3":[1.0]}"#,
        r#"{"step_s":5,"a":[3.0]}"#,
        r#"[3.0]"#,
    ] {
        let to = format!(r#""battery_a":{text},"net_house_a""#);
        let plan = with(r#""net_house_a""#, &to).unwrap().plan;
        let sum: f64 = plan.battery.unwrap().at(Instant::ZERO).iter().sum();
        assert_eq!(sum, 3.0);
    }
}

#[test]
fn when_something_is_wrong_then_the_sentence_names_it() {
    for (from, to, said) in [
        (r#""smart""#, r#""turbo""#, "mode"),
        ("always_on", "sometimes", "contact2"),
        ("modbus_address", "by_name", "priority"),
        (r#""phases":3"#, r#""phases":4"#, "phases"),
        ("[1,2,0]", "[1,1,0]", "phase_map"),
        ("[0.5,-0.5]", "[0.5]", "net_house_a"),
        (
            r#""l1":[1.0,2.0],"l2":[0.5,-0.5],"l3":[0.0,0.0]"#,
            r#""l1":[],"l2":[],"l3":[]"#,
            "net_house_a",
        ),
        (r#""step_s":5"#, r#""step_s":0"#, "step_s"),
        (r#""duration_s":60"#, r#""duration_s":-1"#, "duration_s"),
        (r#""duration_s":60,"#, "", "duration_s"),
        (r#""mains_a":25,"#, "", "mains_a"),
        (r#""dropout_s":null"#, r#""dropout_s":[9,3]"#, "dropout_s"),
        (r#""period_s":2.0"#, r#""period_s":0"#, "period_s"),
        (r#""ramp_up_a_s":4.0"#, r#""ramp_up_a_s":0"#, "ramp_up_a_s"),
        (r#"{"id""#, r#"["id""#, "not valid"),
    ] {
        let sentence = problem(from, to);
        assert!(sentence.contains(said), "{said}: {sentence}");
        assert!(!sentence.contains('\n'));
    }
}

#[test]
fn when_there_is_no_charger_or_too_many_then_it_is_said() {
    assert!(Scenario::parse("").is_err());
    let scenario = r#"{"duration_s":1,"mode":"smart","settings":{"mains_a":25,"min_a":6,"max_a":16,"circuit_a":63},
        "meter":{"period_s":2},"evses":[],"net_house_a":{"l1":[0],"l2":[0],"l3":[0]}}"#;
    let sentence = Scenario::parse(scenario).unwrap_err().to_string();
    assert!(sentence.contains("evses"), "{sentence}");
}

#[test]
fn when_the_file_is_missing_then_its_name_is_said() {
    let error = Scenario::load("no/such/file.json".as_ref()).unwrap_err();
    assert!(error.to_string().contains("no/such/file.json"));
}

#[test]
fn when_one_evse_shares_power_then_it_is_a_master_alone() {
    let scenario = with(r#""power_share":false"#, r#""power_share":true"#).unwrap();
    let alone = simulate::simulate(&with("", "").unwrap()).unwrap();
    let master = simulate::simulate(&scenario).unwrap();
    let most = alone.energy_wh.max(master.energy_wh);
    assert!(most - alone.energy_wh.min(master.energy_wh) <= most / 20);
}

#[test]
fn when_a_setting_is_out_of_range_then_it_is_said() {
    let scenario = with(r#""max_a":16,"circuit"#, r#""max_a":99,"circuit"#).unwrap();
    let error = simulate::simulate(&scenario).unwrap_err().to_string();
    assert!(error.contains("max does not take 99"), "{error}");
}

/// Every scenario of the vectors can be read.
#[test]
fn when_the_given_scenarios_are_read_then_all_are_understood() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/closed_loop");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("reference") {
            assert_eq!(Scenario::load(&path).unwrap().id, name);
            count += 1;
        }
    }
    assert_eq!(count, 17);
}

/// Regulation 6.4 and 8.3 through the whole charger: three phases in full sun,
/// and the surplus goes into the car.
#[test]
fn when_the_sun_shines_then_a_charger_in_solar_follows_it() {
    let text = r#"{"duration_s":1200,"mode":"solar",
        "settings":{"mains_a":25,"min_a":6,"max_a":16,"circuit_a":63,"contact2":"auto"},
        "meter":{"period_s":2.0,"latency_s":0.4,"noise_a":0.1,"seed":1},
        "evses":[{"plug_s":10,"phases":3,"max_a":16,"need_wh":60000}],
        "net_house_a":{"l1":[-8],"l2":[-8],"l3":[-8]}}"#;
    let metrics = simulate::simulate(&Scenario::parse(text).unwrap()).unwrap();
    let surplus = 24.0 * 230.0 * 1_200.0 / 3_600.0;
    let share = metrics.energy_wh as f64 / surplus;
    assert!((0.93..1.0).contains(&share), "{metrics:?}");
    assert!(metrics.ev_grid_import_wh < 30, "{metrics:?}");
    assert_eq!(metrics.contactor_ops, 2, "both close once");
}
