//! `--data` and `settings`: what is kept over a restart (design §5).

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::host::{Host, output};

/// A directory of its own for each test; gone with it.
pub struct Directory(pub PathBuf);

impl Directory {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("smartevse-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    pub fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs `settings` and gives status, standard output and standard error.
pub fn settings(data: &Directory, words: &[&str]) -> (bool, String, String) {
    let args = [&["settings", "--data", data.text()], words].concat();
    let output = output(&args);
    let text = |bytes| String::from_utf8(bytes).unwrap().trim().to_owned();
    (
        output.status.success(),
        text(output.stdout),
        text(output.stderr),
    )
}

pub fn value(data: &Directory, id: &str) -> String {
    let (fine, said, complaint) = settings(data, &["get", id]);
    assert!(fine && complaint.is_empty(), "{id}: {complaint}");
    said
}

/// Ctrl-C.
pub fn end(mut host: Host) {
    let id = host.id().to_string();
    let ended = Command::new("kill").args(["-INT", &id]).status();
    assert!(ended.unwrap().success());
    assert_eq!(host.ended(), Some(0));
}

#[test]
fn when_settings_are_set_offline_then_they_are_kept() {
    let data = Directory::new("set");
    assert!(settings(&data, &["set", "max", "13"]).0);
    assert!(settings(&data, &["set", "contact2", "solar off"]).0);
    assert_eq!(value(&data, "max"), "13 A");
    assert_eq!(value(&data, "contact2"), "Solar Off");
    let (_, list, _) = settings(&data, &[]);
    assert_eq!(list.lines().count(), 42);
    assert!(list.contains("max            MAX        13 A*"), "{list}");
    assert!(list.contains("min            MIN        6 A\n"), "{list}");
    // Decision 23: MIN is lowered to MAX with a notice.
    assert!(
        settings(&data, &["set", "min", "16"])
            .2
            .contains("MIN lowered")
    );
    assert_eq!(value(&data, "min"), "13 A");
    assert!(settings(&data, &["reset"]).0);
    assert_eq!(value(&data, "max"), "16 A");
}

#[test]
fn when_a_value_is_not_possible_then_one_sentence_says_what_is() {
    let data = Directory::new("refused");
    for (words, part) in [
        (&["set", "max", "81"][..], "max cannot be 81: 6 to 80"),
        (&["set", "capacity", "5"], "0 or 10 A to 600 A"),
        (&["set", "lock", "glue"], "one of Disabled, Solenoid, Motor"),
        (&["set", "priority", "1"], "with this PWR SHARE"),
        (&["set", "app_pin", "1"], "no setting app_pin"),
        (&["get", "wings"], "no setting wings"),
    ] {
        let (fine, said, complaint) = settings(&data, words);
        assert!(!fine && said.is_empty(), "{words:?}");
        assert!(complaint.contains(part), "{words:?}: {complaint}");
        assert_eq!(complaint.lines().count(), 1, "{complaint}");
    }
    let bare = output(&["settings", "set", "max", "10"]);
    assert_eq!(bare.status.code(), Some(1));
    let bare = output(&["settings", "get", "max"]);
    assert_eq!(bare.stdout, b"16 A\n");
}

#[test]
fn when_the_charger_is_interrupted_then_the_next_one_goes_on() {
    let data = Directory::new("restart");
    let host = Host::start(&["--data", data.text()]);
    host.post("/settings?mode=2");
    host.post("/settings?solar_start_current=7");
    let (fine, _, complaint) = settings(&data, &["set", "max", "10"]);
    assert!(
        !fine && complaint.contains("another program uses"),
        "{complaint}"
    );
    end(host);
    assert_eq!(value(&data, "mode"), "Solar");
    assert_eq!(value(&data, "start"), "- 7 A");
    assert!(settings(&data, &["set", "start", "9"]).0);
    let host = Host::start(&["--data", data.text()]);
    let status = host.get("/settings").json();
    assert_eq!(status["mode"], "SOLAR");
    assert_eq!(status["settings"]["solar_start_current"], 9);
    // Access off is kept as well (charging 11.2 rule 4), and the LCD lock (menu 2.6).
    host.post("/settings?mode=0");
    assert_eq!(host.post("/settings?lcdlock=1")["lcdlock"], 1);
    end(host);
    let host = Host::start(&["--data", data.text()]);
    let status = host.get("/settings").json();
    assert_eq!(
        (&status["mode"], &status["settings"]["lcdlock"]),
        (&"OFF".into(), &1.into())
    );
    host.post("/settings?lcdlock=0");
    end(host);
    let host = Host::start(&["--data", data.text()]);
    assert_eq!(host.get("/settings").json()["settings"]["lcdlock"], 0);
}

#[test]
fn when_the_directory_cannot_be_used_then_one_sentence_says_so() {
    let data = Directory::new("unusable");
    let missing = output(&["settings", "list", "--data", data.text()]);
    assert_eq!(missing.status.code(), Some(1));
    fs::create_dir_all(&data.0).unwrap();
    let file = data.0.join("charger.store");
    fs::write(&file, b"something else").unwrap();
    for args in [
        &["run", "--http", "127.0.0.1:0", "--data", data.text()][..],
        &["settings", "list", "--data", data.text()],
        &["run", "--data", file.to_str().unwrap()],
    ] {
        let output = output(args);
        let why = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(why.contains("--data"), "{why}");
        assert_eq!(why.lines().count(), 1, "{why}");
    }
    assert_eq!(fs::read(&file).unwrap(), b"something else");
}

/// Charging 11.2 rule 2: damaged values are told, access is off.
#[test]
fn when_the_store_is_damaged_then_it_is_told() {
    let data = Directory::new("damaged");
    assert!(settings(&data, &["set", "max", "13"]).0);
    let file = data.0.join("charger.store");
    let mut bytes = fs::read(&file).unwrap();
    for at in (64..4096).step_by(16) {
        bytes[at] = 0;
    }
    fs::write(&file, bytes).unwrap();
    let (fine, said, complaint) = settings(&data, &["get", "max"]);
    assert!(fine && complaint.contains("damaged"), "{complaint}");
    assert_eq!(said, "16 A");
}
