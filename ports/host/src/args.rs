//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use lexopt::{Arg, Parser, ValueExt};
use smartevse_core::group::MEMBERS;

use crate::settings::Action;
use crate::spec::{self, MeterSpec};

/// Text of `--help`.
pub const HELP: &str = "\
The SmartEVSE charger on a PC: simulated board, real meters, dashboard.

Usage:
  smartevse-host [run] [options]      run in real time, dashboard on http://127.0.0.1:8080
  smartevse-host simulate --scenario FILE [--trace OUT.csv]
                                      play a scenario in virtual time, print its metrics as JSON
  smartevse-host conformance FILE...  run conformance vectors
  smartevse-host replay FILE          play a log in virtual time and check it
  smartevse-host meter read SPEC      read a meter once and print values and raw registers;
                                      the exit status is 0 when it gave its currents
  smartevse-host meter types          print the names of all meters on Modbus
  smartevse-host lcd [--url http://HOST:PORT] [--pin NNNN]
                                      show the display of a running charger in this terminal
  smartevse-host settings [--data DIR] [list | get ID | set ID VALUE | reset | import FILE]
                                      stored settings, while the charger does not run;
                                      import takes the key/value dump of an existing device
  smartevse-host --help | --version

Options of run:
  --http ADDR         address of the dashboard, default 127.0.0.1:8080; port 0 = any free port
  --mains-meter SPEC  source of the mains readings, default sim
  --ev-meter SPEC     source of the EV meter readings, default sim
  --circuit-meter SPEC
                      source of the readings of a meter of its own for CIRCUIT, default none
  --speed X           times real time, 0.01 to 1000; simulated meters only
  --scenario FILE     plant and settings of a closed-loop scenario, with its number of chargers
  --log FILE          record everything that goes into the charger; of a group: its master
  --data DIR          where settings, cards and access are stored; made if missing; of a group:
                      those of its master
  --evses N           number of chargers, 1 to 8, default 1; from 2 on a master and its nodes on a
                      simulated RS-485 line; not with meters on real lines
  --mqtt URL, --ocpp URL
                      not built yet

SPEC:
  sim                                       the simulated site
  api                                       posted to /currents, /ev_meter and /circuit_meter
  modbus-rtu:PATH?type=NAME&address=A       serial line, 9600 8N1 (other speeds: &baud=N)
  modbus-tcp:HOST:PORT?type=NAME&address=A  Modbus TCP
  homewizard:HOST[:PORT]                    HomeWizard P1 or kWh meter with its local API on
  homewizard:auto                           the first HomeWizard meter found on the local network

type=menu: the meter of the stored settings, as chosen at the display; a change counts within a second.
NAME is the name on the LCD or the one of the device: Eastron3P, SDM630, \"Orno 3P\" (space: %20).
Options of type=Custom (registers decimal or 0xHEX; defaults 0, function 4):
  &order=0..3       BYTE ORD: 0 DCBA, 1 BADC, 2 CDAB, 3 ABCD (high byte and word first)
  &datatype=0..4    DATA TYPE: 0 INT32, 1 FLOAT32, 2 INT16, 3 UINT16, 4 UINT32
  &function=3|4     FUNCTION: 3 holding registers, 4 input registers
  &cur_reg=R &cur_div=0..7   three currents; register = amperes * 10^div
  &vol_reg=R &vol_div=0..7   three voltages in V
  &pow_reg=R &pow_div=0..7   total power in W
  &ene_reg=R &ene_div=0..7   imported energy in kWh
Option of type=Sensorbox (address 10): &grid=0 four wires, &grid=1 three wires
";

/// What the program shall do.
#[derive(Clone, PartialEq, Debug)]
pub enum Task {
    /// Run in real time.
    Run(Box<RunOptions>),
    /// Play a scenario in virtual time.
    Simulate {
        /// The scenario.
        scenario: PathBuf,
        /// Where the trace goes.
        trace: Option<PathBuf>,
    },
    /// Run conformance vectors.
    Conformance(Vec<PathBuf>),
    /// Play a log.
    Replay(PathBuf),
    /// Show the display of a running charger.
    Lcd(LcdOptions),
    /// Read a meter once.
    MeterRead(MeterSpec),
    /// Print the names of the meters.
    MeterTypes,
    /// Look at the stored settings or change them.
    Settings {
        /// Directory of the store.
        data: Option<PathBuf>,
        /// What to do.
        action: Action,
    },
    /// Print the help.
    Help,
    /// Print the version.
    Version,
}

/// Options of `lcd`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LcdOptions {
    /// Host and port of the charger.
    pub peer: String,
    /// LCD PIN; `None` = the buttons are those of the simulated charger itself.
    pub pin: Option<String>,
}

/// Options of `run`.
#[derive(Clone, PartialEq, Debug)]
pub struct RunOptions {
    /// Address of the dashboard.
    pub http: String,
    /// Directory of the stored settings.
    pub data: Option<PathBuf>,
    /// Mains meter; `None` = not given, the simulated one.
    pub mains_meter: MeterSpec,
    /// EV meter.
    pub ev_meter: MeterSpec,
    /// Separate meter of the circuit; `None` = there is none.
    pub circuit_meter: Option<MeterSpec>,
    /// Virtual seconds per second.
    pub speed: f64,
    /// Plant and settings.
    pub scenario: Option<PathBuf>,
    /// Where the log goes.
    pub log: Option<PathBuf>,
    /// Number of chargers, 1–8; `None` = not given.
    pub evses: Option<usize>,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            http: "127.0.0.1:8080".to_owned(),
            data: None,
            mains_meter: MeterSpec::Sim,
            ev_meter: MeterSpec::Sim,
            circuit_meter: None,
            speed: 1.0,
            scenario: None,
            log: None,
            evses: None,
        }
    }
}

/// Reads the arguments after the program's name.
///
/// # Errors
///
/// One sentence on what is wrong.
pub fn parse<I>(args: I) -> Result<Task, String>
where
    I: IntoIterator,
    I::Item: Into<OsString>,
{
    let mut parser = Parser::from_args(args);
    task(&mut parser).map_err(|why| why.to_string())
}

fn task(parser: &mut Parser) -> Result<Task, lexopt::Error> {
    let mut options = RunOptions::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Value(word) => match word.to_str() {
                Some("run") => return run(parser, options),
                Some("simulate") => return simulate(parser),
                Some("conformance") => return conformance(parser),
                Some("replay") => return replay(parser),
                Some("meter") => return meter_command(parser),
                Some("lcd") => return lcd(parser),
                Some("settings") => return settings(parser, options.data),
                Some(_) | None => {
                    return Err(format!("there is no command {}", word.display()).into());
                }
            },
            Arg::Short('h') | Arg::Long("help") => return Ok(Task::Help),
            Arg::Short('V') | Arg::Long("version") => return Ok(Task::Version),
            other @ (Arg::Short(_) | Arg::Long(_)) => {
                let name = owned(&other);
                run_option(parser, &name, &mut options)?;
            }
        }
    }
    checked(options)
}

fn run(parser: &mut Parser, mut options: RunOptions) -> Result<Task, lexopt::Error> {
    while let Some(arg) = parser.next()? {
        if matches!(arg, Arg::Short('h') | Arg::Long("help")) {
            return Ok(Task::Help);
        }
        let name = owned(&arg);
        run_option(parser, &name, &mut options)?;
    }
    checked(options)
}

fn owned(arg: &Arg<'_>) -> String {
    match arg {
        Arg::Short(letter) => format!("-{letter}"),
        Arg::Long(name) => format!("--{name}"),
        Arg::Value(word) => word.display().to_string(),
    }
}

fn run_option(
    parser: &mut Parser,
    name: &str,
    options: &mut RunOptions,
) -> Result<(), lexopt::Error> {
    match name {
        "--http" => options.http = parser.value()?.string()?,
        "--data" => options.data = Some(parser.value()?.into()),
        "--scenario" => options.scenario = Some(parser.value()?.into()),
        "--log" => options.log = Some(parser.value()?.into()),
        "--mains-meter" => options.mains_meter = meter(parser, name)?,
        "--ev-meter" => options.ev_meter = meter(parser, name)?,
        "--circuit-meter" => options.circuit_meter = Some(meter(parser, name)?),
        "--speed" => options.speed = speed(parser)?,
        "--evses" => options.evses = Some(evses(parser)?),
        "--mqtt" | "--ocpp" => return Err(format!("{name} is not built yet").into()),
        _ => return Err(format!("there is no option {name}").into()),
    }
    Ok(())
}

fn checked(options: RunOptions) -> Result<Task, lexopt::Error> {
    let meters = [
        Some(&options.mains_meter),
        Some(&options.ev_meter),
        options.circuit_meter.as_ref(),
    ];
    let any = |is: fn(&MeterSpec) -> bool| meters.iter().flatten().any(|spec| is(spec));
    if options.speed != 1.0 && any(|spec| *spec != MeterSpec::Sim) {
        return Err("--speed needs simulated meters: real ones do not run faster".into());
    }
    if options.evses.is_some_and(|count| count > 1) && any(MeterSpec::is_device) {
        return Err(spec::NOT_IN_A_GROUP.into());
    }
    Ok(Task::Run(Box::new(options)))
}

fn meter(parser: &mut Parser, name: &str) -> Result<MeterSpec, lexopt::Error> {
    let text = parser.value()?.string()?;
    spec::parse(&text).map_err(|why| format!("{name}: {why}").into())
}

fn speed(parser: &mut Parser) -> Result<f64, lexopt::Error> {
    let text = parser.value()?.string()?;
    match f64::from_str(&text) {
        Ok(speed) if (0.01..=1000.0).contains(&speed) => Ok(speed),
        Ok(_) | Err(_) => Err(format!("--speed {text} is not between 0.01 and 1000").into()),
    }
}

fn evses(parser: &mut Parser) -> Result<usize, lexopt::Error> {
    let text = parser.value()?.string()?;
    match text.parse() {
        Ok(count) if (1..=MEMBERS).contains(&count) => Ok(count),
        Ok(_) | Err(_) => Err(format!("--evses {text} is not between 1 and {MEMBERS}").into()),
    }
}

fn lcd(parser: &mut Parser) -> Result<Task, lexopt::Error> {
    let (mut peer, mut pin) = ("127.0.0.1:8080".to_owned(), None);
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("url") => peer = peer_of(&parser.value()?.string()?)?,
            Arg::Long("pin") => pin = Some(parser.value()?.string()?),
            Arg::Short('h') | Arg::Long("help") => return Ok(Task::Help),
            other @ (Arg::Short(_) | Arg::Long(_) | Arg::Value(_)) => {
                return Err(format!("lcd does not take {}", owned(&other)).into());
            }
        }
    }
    if let Some(pin) = &pin
        && !((1..=4).contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return Err("--pin takes 1 to 4 digits".into());
    }
    Ok(Task::Lcd(LcdOptions { peer, pin }))
}

/// Host and port of a web address.
fn peer_of(url: &str) -> Result<String, lexopt::Error> {
    let rest = url
        .strip_prefix("http://")
        .map(|rest| rest.trim_end_matches('/'));
    let peer = rest.filter(|rest| !rest.is_empty() && !rest.contains(['/', '?', '#', ' ']));
    let peer = peer.ok_or_else(|| format!("--url {url}: an address is http://HOST:PORT"))?;
    let has_port = peer
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    Ok(if has_port {
        peer.to_owned()
    } else {
        format!("{peer}:80")
    })
}

fn simulate(parser: &mut Parser) -> Result<Task, lexopt::Error> {
    let (mut scenario, mut trace) = (None, None);
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("scenario") => scenario = Some(parser.value()?.into()),
            Arg::Long("trace") => trace = Some(parser.value()?.into()),
            Arg::Short('h') | Arg::Long("help") => return Ok(Task::Help),
            other @ (Arg::Short(_) | Arg::Long(_) | Arg::Value(_)) => {
                return Err(format!("simulate does not take {}", owned(&other)).into());
            }
        }
    }
    let scenario = scenario.ok_or("simulate needs --scenario FILE")?;
    Ok(Task::Simulate { scenario, trace })
}

fn conformance(parser: &mut Parser) -> Result<Task, lexopt::Error> {
    let mut files = Vec::new();
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Value(file) => files.push(file.into()),
            Arg::Short('h') | Arg::Long("help") => return Ok(Task::Help),
            other @ (Arg::Short(_) | Arg::Long(_)) => {
                return Err(format!("conformance does not take {}", owned(&other)).into());
            }
        }
    }
    if files.is_empty() {
        return Err("conformance needs at least one FILE".into());
    }
    Ok(Task::Conformance(files))
}

fn replay(parser: &mut Parser) -> Result<Task, lexopt::Error> {
    let mut file = None;
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Value(path) if file.is_none() => file = Some(path.into()),
            Arg::Short('h') | Arg::Long("help") => return Ok(Task::Help),
            other @ (Arg::Short(_) | Arg::Long(_) | Arg::Value(_)) => {
                return Err(format!("replay does not take {}", owned(&other)).into());
            }
        }
    }
    Ok(Task::Replay(file.ok_or("replay needs a FILE")?))
}

fn meter_command(parser: &mut Parser) -> Result<Task, lexopt::Error> {
    let mut words = Vec::new();
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Value(word) => words.push(word.string()?),
            Arg::Short('h') | Arg::Long("help") => return Ok(Task::Help),
            other @ (Arg::Short(_) | Arg::Long(_)) => {
                return Err(format!("meter does not take {}", owned(&other)).into());
            }
        }
    }
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["read", text] => Ok(Task::MeterRead(spec::parse(text)?)),
        ["types"] => Ok(Task::MeterTypes),
        _ => Err("use meter read SPEC or meter types".into()),
    }
}

fn settings(parser: &mut Parser, mut data: Option<PathBuf>) -> Result<Task, lexopt::Error> {
    let mut words = Vec::new();
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("data") => data = Some(parser.value()?.into()),
            Arg::Value(word) => words.push(word.string()?),
            Arg::Short('h') | Arg::Long("help") => return Ok(Task::Help),
            other @ (Arg::Short(_) | Arg::Long(_)) => {
                return Err(format!("settings does not take {}", owned(&other)).into());
            }
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let action = match words.as_slice() {
        [] | ["list"] => Action::List,
        ["get", id] => Action::Get((*id).to_owned()),
        ["set", id, value] => Action::Set((*id).to_owned(), (*value).to_owned()),
        ["reset"] => Action::Reset,
        ["import", file] => Action::Import((*file).into()),
        _ => {
            return Err("settings takes list, get ID, set ID VALUE, reset or import FILE".into());
        }
    };
    Ok(Task::Settings { data, action })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_options(args: &[&str]) -> RunOptions {
        match parse(args) {
            Ok(Task::Run(options)) => *options,
            other => panic!("{args:?}: {other:?}"),
        }
    }

    #[test]
    fn when_nothing_is_given_then_the_demo_runs() {
        assert_eq!(run_options(&[]), RunOptions::default());
        assert_eq!(run_options(&["run"]).evses, None);
    }

    #[test]
    fn when_options_are_given_then_they_are_read() {
        let args = ["--http=[::1]:0", "--speed", "20", "--log", "x.log"];
        let options = run_options(&args);
        assert_eq!(options.http, "[::1]:0");
        assert_eq!(options.speed, 20.0);
        assert_eq!(options.log, Some(PathBuf::from("x.log")));
        let options = run_options(&["run", "--mains-meter", "api", "--ev-meter", "sim"]);
        assert_eq!(options.mains_meter, MeterSpec::Api);
        assert_eq!(options.ev_meter, MeterSpec::Sim);
        for (text, count) in [("1", 1), ("8", 8)] {
            assert_eq!(run_options(&["--evses", text]).evses, Some(count));
        }
        let options = run_options(&["--evses", "2", "--mains-meter", "api"]);
        assert_eq!(options.evses, Some(2));
        assert_eq!(options.circuit_meter, None);
        let options = run_options(&["--circuit-meter", "api"]);
        assert_eq!(options.circuit_meter, Some(MeterSpec::Api));
    }

    #[test]
    fn when_another_command_is_given_then_its_arguments_are_read() {
        let task = parse(["simulate", "--scenario", "a.json", "--trace", "b.csv"]);
        let expected = Task::Simulate {
            scenario: "a.json".into(),
            trace: Some("b.csv".into()),
        };
        assert_eq!(task, Ok(expected));
        let task = parse(["conformance", "a.jsonl", "b.jsonl"]);
        let files = vec!["a.jsonl".into(), "b.jsonl".into()];
        assert_eq!(task, Ok(Task::Conformance(files)));
        assert_eq!(parse(["replay", "a.log"]), Ok(Task::Replay("a.log".into())));
        assert_eq!(parse(["--version"]), Ok(Task::Version));
        assert_eq!(parse(["meter", "types"]), Ok(Task::MeterTypes));
        assert_eq!(
            parse(["meter", "read", "api"]),
            Ok(Task::MeterRead(MeterSpec::Api))
        );
        let set = Action::Set("max".to_owned(), "10".to_owned());
        let data = Some(PathBuf::from("d"));
        for (args, data, action) in [
            (&["settings"][..], None, Action::List),
            (&["settings", "get", "max"], None, Action::Get("max".into())),
            (
                &["settings", "set", "max", "10", "--data", "d"],
                data.clone(),
                set,
            ),
            (&["--data", "d", "settings", "reset"], data, Action::Reset),
        ] {
            assert_eq!(parse(args), Ok(Task::Settings { data, action }), "{args:?}");
        }
        assert_eq!(parse(["simulate", "--help"]), Ok(Task::Help));
    }

    #[test]
    fn when_an_argument_is_wrong_then_one_sentence_says_why() {
        for (args, part) in [
            (&["fly"][..], "no command fly"),
            (&["--wings"], "no option --wings"),
            (&["run", "now"], "no option now"),
            (&["--http"], "--http"),
            (&["--speed", "0"], "between 0.01 and 1000"),
            (&["--speed", "fast"], "between 0.01 and 1000"),
            (
                &["--speed", "2", "--mains-meter", "api"],
                "simulated meters",
            ),
            (&["--evses", "0"], "between 1 and 8"),
            (
                &["--speed", "2", "--circuit-meter", "api"],
                "simulated meters",
            ),
            (&["--evses", "9"], "between 1 and 8"),
            (&["--evses", "-2"], "between 1 and 8"),
            (&["--evses", "two"], "between 1 and 8"),
            (
                &["--evses", "2", "--mains-meter", "homewizard:auto"],
                "simulated or api",
            ),
            (
                &["--ev-meter", "homewizard:auto", "--evses", "8"],
                "simulated or api",
            ),
            (&["--mqtt", "mqtt://x"], "--mqtt is not built yet"),
            (&["--ocpp", "ws://x"], "--ocpp is not built yet"),
            (
                &["--mains-meter", "magic"],
                "--mains-meter: \"magic\" is no meter",
            ),
            (&["simulate"], "needs --scenario"),
            (&["conformance"], "at least one FILE"),
            (&["lcd", "--url", "ftp://x"], "http://HOST:PORT"),
            (&["lcd", "--pin", "12345"], "1 to 4 digits"),
            (&["lcd", "x"], "does not take x"),
            (&["replay"], "needs a FILE"),
            (&["replay", "a", "b"], "does not take b"),
            (&["meter"], "meter read SPEC"),
            (&["meter", "read"], "meter read SPEC"),
            (&["meter", "read", "sim", "api"], "meter read SPEC"),
            (&["meter", "read", "magic"], "\"magic\" is no meter"),
            (&["meter", "read", "--fast"], "does not take --fast"),
            (&["settings", "get"], "takes list, get ID"),
            (&["settings", "set", "max"], "takes list, get ID"),
            (&["settings", "--speed", "2"], "does not take --speed"),
        ] {
            let why = parse(args).unwrap_err();
            assert!(why.contains(part), "{args:?}: {why}");
            assert!(!why.contains('\n'), "{args:?}: {why}");
        }
    }
}
