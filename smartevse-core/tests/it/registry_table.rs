//! The registry against the table of the specification, and values as text.

use smartevse_core::registry::{
    Effect, KeyType, Kind, SETTINGS, SettingId, Writers, format_value, parse_value,
};

/// Ids of the project's own meters, which begin at 64 (decision 19).
const ADDED: core::ops::RangeInclusive<u16> = 64..=68;

/// Name, label, smallest, largest, default, key with type, register, writers
/// (L menu, R REST, M MQTT, B bus), as printed in menu specification §2.1 and
/// §2.5.
const SPEC: &str = "
mode         |MODE     |0 |2    |0 |Mode:u8            |0200|LRMB
config       |CONFIG   |0 |1    |0 |Config:u8          |0100|LB
lock         |LOCK     |0 |2    |0 |Lock:u8            |0101|LB
pwr_share    |PWR SHARE|0 |8    |0 |LoadBl:u8          |0104|LB
mains_met    |MAINS MET|0 |68|0 |MainsMeter:u8      |0208|LB
grid         |GRID     |0 |1    |0 |Grid:u8            |0202|LB
sb2_wifi     |SB2 WIFI |0 |2    |0 |SB2WIFImode:u8     |0203|LB
mains_adr    |MAINS ADR|10|247  |10|MainsMAddress:u8   |0209|LB
ev_meter     |EV METER |0 |68|0 |EVMeter:u8         |0108|LB
ev_adr       |EV ADR   |10|247  |12|EVMeterAddress:u8  |0109|LB
em_byte_order|BYTE ORD |0 |3    |0 |EMEndianness:u8    |020A|LB
em_data_type |DATA TYPE|0 |4    |0 |EMDataType:u8      |020B|LB
em_function  |FUNCTION |3 |4    |4 |EMFunction:u8      |020C|LB
em_vol_reg   |VOL REGI |0 |65530|0 |EMURegister:u16    |020D|LB
em_vol_div   |VOL DIVI |0 |7    |0 |EMUDivisor:u8      |020E|LB
em_cur_reg   |CUR REGI |0 |65530|0 |EMIRegister:u16    |020F|LB
em_cur_div   |CUR DIVI |0 |7    |0 |EMIDivisor:u8      |0210|LB
em_pow_reg   |POW REGI |0 |65534|0 |EMPRegister:u16    |0211|LB
em_pow_div   |POW DIVI |0 |7    |0 |EMPDivisor:u8      |0212|LB
em_ene_reg   |ENE REGI |0 |65534|0 |EMERegister:u16    |0213|LB
em_ene_div   |ENE DIVI |0 |7    |0 |EMEDivisor:u8      |0214|LB
mains        |MAINS    |10|200  |25|MaxMains:u16       |0204|LB
min          |MIN      |6 |16   |6 |MinCurrent:u16     |0102|LRB
max          |MAX      |6 |80   |16|MaxCurrent:u16     |0103|LB
circuit      |CIRCUIT  |10|160  |25|MaxCircuit:u16     |0201|LB
start        |START    |0 |48   |4 |StartCurrent:u16   |0205|LRB
stop         |STOP     |0 |60   |10|StopTime:u16       |0206|LRB
import       |IMPORT   |0 |48   |0 |ImportCurrent:u16  |0207|LRB
contact2     |CONTACT 2|0 |4    |3 |EnableC2:u16       |-   |LRM
switch       |SWITCH   |0 |7    |0 |Switch:u8          |0105|LB
rcmon        |RCMON    |0 |1    |0 |RCmon:u8           |0106|LB
rfid         |RFID     |0 |6    |0 |RFIDReader:u8      |0107|LB
wifi         |WIFI     |0 |2    |0 |WIFImode:u8        |-   |L
autoupdate   |AUTOUPDAT|0 |1    |0 |AutoUpdate:u8      |-   |L
app_pin      |APP PIN  |- |-    |0 |-                  |-   |L
app_server   |APP SERVR|0 |1    |0 |MQTTSmartServer:bool|-  |L
max_temp     |MAX TEMP |40|75   |65|maxTemp:u16        |-   |L
capacity     |CAPACITY |0 |600  |0 |MaxSumMains:u16    |-   |LRM
cap_stop     |CAP STOP |0 |60   |0 |MaxSumMainsTime:u16|-   |LR
lcd_pin      |LCD PIN  |0 |9999 |0 |LCDPin:u16         |-   |L
priority     |PRIORITY |0 |2    |0 |PrioStrategy:u8    |-   |LRM
rotation     |ROTATION |0 |1440 |0 |RotationIntvl:u16  |-   |LRM
idle_tmo     |IDLE TMO |30|300  |60|IdleTimeout:u16    |-   |LRM
";

fn dashed<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".into(), |v| v.to_string())
}

fn line_of(id: SettingId) -> String {
    let facts = id.facts();
    let bounds = facts.kind.bounds();
    let key = facts.key.map(|key| {
        let kind = match key.kind {
            KeyType::U8 => "u8",
            KeyType::U16 => "u16",
            KeyType::Bool => "bool",
        };
        format!("{}:{kind}", key.name)
    });
    let letters = [
        (Writers::LCD, 'L'),
        (Writers::REST, 'R'),
        (Writers::MQTT, 'M'),
        (Writers::BUS, 'B'),
    ];
    let writers = letters
        .iter()
        .filter(|(flag, _)| facts.writers.contains(*flag));
    [
        id.name().to_string(),
        facts.label.to_string(),
        dashed(bounds.map(|b| b.0)),
        dashed(bounds.map(|b| b.1)),
        facts.default.to_string(),
        dashed(key),
        dashed(facts.register.map(|r| format!("{r:04X}"))),
        writers.map(|(_, letter)| *letter).collect(),
    ]
    .join("|")
}

/// Menu 2.1, 2.5: every row of the table.
#[test]
fn when_the_table_is_compared_with_the_specification_then_each_row_is_equal() {
    let rows = SPEC.lines().filter(|line| !line.is_empty());
    let expected: Vec<String> = rows
        .map(|line| line.split('|').map(str::trim).collect::<Vec<_>>().join("|"))
        .collect();
    assert_eq!(expected.len(), SettingId::COUNT);
    for (id, line) in SettingId::ALL.iter().zip(&expected) {
        assert_eq!(&line_of(*id), line);
    }
}

/// Menu 12, invariants 1, 2 and 4.
#[test]
fn when_the_registry_is_walked_then_names_labels_keys_and_registers_are_unique() {
    let unique = |texts: Vec<String>| {
        let count = texts.len();
        let set: std::collections::BTreeSet<_> = texts.into_iter().collect();
        set.len() == count
    };
    assert!(unique(
        SETTINGS.iter().map(|r| r.id.name().into()).collect()
    ));
    assert!(unique(SETTINGS.iter().map(|r| r.label.into()).collect()));
    assert!(unique(
        SETTINGS
            .iter()
            .filter_map(|r| r.key)
            .map(|k| k.name.into())
            .collect()
    ));
    assert!(unique(
        SETTINGS
            .iter()
            .filter_map(|r| r.register)
            .map(|r| r.to_string())
            .collect()
    ));
    for row in &SETTINGS {
        assert!((1..=9).contains(&row.label.len()) && row.label.is_ascii());
        assert!(row.key.is_none_or(|key| key.name.len() <= 15));
        assert_eq!(SettingId::parse(row.id.name()), Some(row.id));
        assert!(
            row.register
                .is_none_or(|r| SettingId::at_register(r) == Some(row.id))
        );
        assert!(
            row.key
                .is_none_or(|k| SettingId::with_key(k.name) == Some(row.id))
        );
    }
    assert_eq!(SettingId::parse("MODE"), None);
}

fn cycle(id: SettingId) -> Vec<(u16, &'static str)> {
    match id.facts().kind {
        Kind::Options(choices) => choices.iter().map(|c| (c.value, c.text)).collect(),
        Kind::Number { .. } | Kind::PowerOfTen { .. } | Kind::Pin | Kind::Action => vec![],
    }
}

/// Menu 2.2: numbers and cycling order (decision 21), meters 5 (decisions 19
/// and 53).
#[test]
fn when_options_are_listed_then_order_and_numbers_are_those_of_the_guide() {
    let numbers = |id| cycle(id).iter().map(|o| o.0).collect::<Vec<_>>();
    assert_eq!(numbers(SettingId::Contact2), [0, 1, 3, 2, 4]);
    assert_eq!(numbers(SettingId::Wifi), [0, 2, 1]);
    assert_eq!(numbers(SettingId::EmFunction), [3, 4]);
    for id in [
        SettingId::Mode,
        SettingId::PwrShare,
        SettingId::Switch,
        SettingId::Rfid,
    ] {
        let len = u16::try_from(cycle(id).len()).unwrap();
        assert!(numbers(id).into_iter().eq(0..len), "{id}");
    }
    let mains: Vec<u16> = (0..=19).chain([21]).chain(ADDED).collect();
    let ev: Vec<u16> = (0..=21)
        .filter(|n| ![1, 13].contains(n))
        .chain(ADDED)
        .collect();
    assert_eq!(numbers(SettingId::MainsMet), mains);
    assert_eq!(numbers(SettingId::EvMeter), ev);
    assert!(cycle(SettingId::MainsMet).contains(&(5, "InvEastron")));
    assert!(cycle(SettingId::Sb2Wifi).contains(&(2, "Portal")));
}

/// I-32, menu X20.
#[test]
fn when_a_change_would_disturb_a_connection_then_it_waits() {
    let waiting: Vec<_> = SETTINGS
        .iter()
        .filter(|r| r.effect != Effect::AtOnce)
        .collect();
    let found: Vec<_> = waiting.iter().map(|r| (r.id, r.effect)).collect();
    assert_eq!(
        found,
        [
            (SettingId::Config, Effect::WhenUnplugged),
            (SettingId::Lock, Effect::WhenUnplugged),
            (SettingId::PwrShare, Effect::WhenNotCharging),
            (SettingId::Contact2, Effect::WhenNotCharging),
        ]
    );
}

/// Menu 12, invariants 3 and 5: all 43 × 65 536 numbers.
#[test]
fn when_any_number_is_written_as_text_then_it_is_short_and_legal_ones_come_back() {
    let mut legal = 0;
    for row in &SETTINGS {
        for value in 0..=u16::MAX {
            let accepted = row.kind.accepts(value);
            assert_eq!(
                parse_value(row.id, &value.to_string()),
                accepted.then_some(value)
            );
            if !accepted {
                continue;
            }
            legal += 1;
            let mut text = String::new();
            format_value(row.id, value, &mut text).unwrap();
            assert!(text.len() <= 11 && text.is_ascii(), "{}: {text}", row.id);
            if matches!(row.kind, Kind::Options(_)) {
                assert_eq!(
                    parse_value(row.id, &text),
                    Some(value),
                    "{}: {text}",
                    row.id
                );
            }
        }
    }
    assert!(legal > 262_000, "{legal}");
}

/// Menu 2.3.
#[test]
fn when_values_are_shown_then_they_look_as_on_the_lcd() {
    for (id, value, expected) in [
        (SettingId::Mains, 25, "25 A"),
        (SettingId::Min, 6, " 6 A"),
        (SettingId::Start, 4, "- 4 A"),
        (SettingId::Capacity, 100, "100 A"),
        (SettingId::Capacity, 0, "Disabled"),
        (SettingId::Import, 0, " 0 A"),
        (SettingId::Stop, 10, "10 min"),
        (SettingId::Stop, 0, "Disabled"),
        (SettingId::Rotation, 30, "30 min"),
        (SettingId::IdleTmo, 60, "60 s"),
        (SettingId::MaxTemp, 65, "65 C"),
        (SettingId::LcdPin, 478, "0478"),
        (SettingId::MainsAdr, 10, "10 (0A)"),
        (SettingId::EmPowReg, 40191, "40191 9CFF"),
        (SettingId::EmVolDiv, 3, "1000"),
        (SettingId::AppPin, 0, "Create PIN"),
        (SettingId::EmFunction, 3, "3:Hold. Reg"),
        (SettingId::Contact2, 3, "Always On"),
    ] {
        let mut text = String::new();
        format_value(id, value, &mut text).unwrap();
        assert_eq!(text, expected, "{id}");
    }
}
