//! `settings import FILE`: the stored values of an existing device (menu
//! specification §6).

use std::fs;

use crate::store::{Directory, settings, value};

const DUMP: &str = "key,type,encoding,value\nsettings,namespace,,\nConfig,data,u8,1\n\
    Mode,data,u8,2\nMainsMeter,data,u8,4\nMaxCurrent,data,u16,20\nMaxMains,data,u16,9\n\
    MQTTpassword,data,string,secret\nCapPeak,data,u16,3\nMinCurrent,data,u8,7\nnonsense\n\
    Access,data,u8,0\nLCDlock,data,u8,1\nRFIDlist,namespace,,\n\
    RFID,data,hex2bin,01020304050607\n";

#[test]
fn when_a_dump_is_imported_then_it_counts_and_each_doubt_is_told() {
    let data = Directory::new("import");
    fs::create_dir_all(&data.0).unwrap();
    assert!(settings(&data, &["set", "circuit", "40"]).0);
    let file = data.0.join("dump.csv");
    fs::write(&file, DUMP).unwrap();
    let (fine, said, complaint) = settings(&data, &["import", file.to_str().unwrap()]);
    assert!(fine && complaint.ends_with("illegal stored values replaced by defaults"));
    for part in [
        "line 7: MaxMains (mains) is not in its range, 25 A counts",
        "line 8: MQTTpassword is not taken over",
        "line 9: CapPeak is not taken over",
        "line 10: MinCurrent has another type",
        "line 11: this cannot be read",
        "taken over: 4 settings, access, 1 cards; not in the file, with their default: lock,",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("secret"), "{said}");
    assert_eq!(value(&data, "mode"), "Solar");
    assert_eq!(value(&data, "max"), "20 A");
    assert_eq!(value(&data, "mains"), "25 A");
    assert_eq!(value(&data, "circuit"), "25 A");
    let host = crate::host::Host::start(&["--data", data.text()]);
    let status = host.get("/settings").json();
    assert_eq!(
        (&status["mode"], &status["settings"]["lcdlock"]),
        (&"OFF".into(), &1.into())
    );
}

#[test]
fn when_the_file_is_no_dump_then_one_sentence_says_so_and_nothing_changes() {
    let data = Directory::new("no-dump");
    fs::create_dir_all(&data.0).unwrap();
    assert!(settings(&data, &["set", "max", "13"]).0);
    let store = fs::read(data.0.join("charger.store")).unwrap();
    let file = data.0.join("dump");
    let name = file.to_str().unwrap();
    let long = vec![b'#'; 2 << 20];
    for (content, part) in [
        (None, "No such file"),
        (Some(&b""[..]), "the file is empty"),
        (Some(b"\n\n"), "the file is empty"),
        (Some(b"MaxCurrent=10\n"), "it has no Config"),
        (Some(b"<html>Config</html>\n"), "it has no Config"),
        (Some(b"Config=1\xFF\xFE"), "this is not a text"),
        (Some(&long), "this is too long"),
    ] {
        if let Some(content) = content {
            fs::write(&file, content).unwrap();
        }
        let (fine, said, complaint) = settings(&data, &["import", name]);
        assert!(!fine && said.is_empty(), "{part}: {said}");
        assert!(complaint.contains(part), "{part}: {complaint}");
        assert!(complaint.contains("nothing was changed"), "{complaint}");
        assert_eq!(complaint.lines().count(), 1, "{complaint}");
        assert_eq!(fs::read(data.0.join("charger.store")).unwrap(), store);
    }
    let bare = crate::host::output(&["settings", "import", name]);
    assert_eq!(bare.status.code(), Some(1));
}
