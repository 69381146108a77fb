//! Draws the pictures of the documentation from simulated traces.
//!
//! `cargo run --release -p smartevse-sim --example plots [FOLDER]`
//!
//! Writes one SVG file for each row of [`PICTURES`] into `docs/images`. The
//! pictures follow the reader's light or dark colours.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use smartevse_sim::scenario::Scenario;
use smartevse_sim::simulate::simulate_with_trace;

/// What is drawn in one picture.
struct Picture {
    file: &'static str,
    scenario: &'static str,
    title: &'static str,
    /// Part of the run, seconds.
    span: (usize, usize),
    lanes: &'static [Lane],
}

/// One coordinate system.
struct Lane {
    label: &'static str,
    /// Lowest and highest current, amperes.
    range: (f64, f64),
    curves: &'static [Curve],
    /// A limit, with its name.
    limit: Option<(f64, &'static str)>,
}

/// What a curve shows.
#[derive(Clone, Copy)]
enum Curve {
    /// House minus roof on L1: above zero a load, below zero surplus.
    House,
    /// The same, sum of the phases.
    HouseSum,
    /// What one charger offers.
    Offered(usize),
    /// What its vehicle draws on its first phase.
    Drawn(usize),
    /// What all vehicles draw, sum of the phases.
    DrawnSum,
}

const ONE: &[Curve] = &[Curve::House, Curve::Drawn(0), Curve::Offered(0)];

const PICTURES: [Picture; 4] = [
    Picture {
        file: "smart.svg",
        scenario: "closed_loop/smart-household-0.json",
        title: "Smart: the vehicle gets what the house leaves of MAINS (one phase of three)",
        span: (0, 7_200),
        lanes: &[Lane {
            label: "A",
            range: (0.0, 28.0),
            curves: ONE,
            limit: Some((25.0, "MAINS")),
        }],
    },
    Picture {
        file: "solar.svg",
        scenario: "closed_loop/solar-clear-1p-0.json",
        title: "Solar: the vehicle follows the surplus",
        span: (0, 28_800),
        lanes: &[Lane {
            label: "A",
            range: (-20.0, 20.0),
            curves: &[Curve::HouseSum, Curve::Drawn(0), Curve::Offered(0)],
            limit: None,
        }],
    },
    Picture {
        file: "capacity.svg",
        scenario: "own/own-cap-stop-5-0.json",
        title: "CAPACITY 30 A, CAP STOP 5 min (sum of the phases; offer per phase)",
        span: (0, 5_400),
        lanes: &[Lane {
            label: "A",
            range: (0.0, 40.0),
            curves: &[Curve::HouseSum, Curve::DrawnSum, Curve::Offered(0)],
            limit: Some((30.0, "CAPACITY")),
        }],
    },
    Picture {
        file: "rotation.svg",
        scenario: "own/own-rotation-3-0.json",
        title: "Three vehicles, room for two, ROTATION 30 min",
        span: (0, 10_800),
        lanes: &[
            lane("Master", &[Curve::Drawn(0), Curve::Offered(0)]),
            lane("Node 1", &[Curve::Drawn(1), Curve::Offered(1)]),
            lane("Node 2", &[Curve::Drawn(2), Curve::Offered(2)]),
        ],
    },
];

const fn lane(label: &'static str, curves: &'static [Curve]) -> Lane {
    Lane {
        label,
        range: (0.0, 18.0),
        curves,
        limit: None,
    }
}

const WIDTH: f64 = 820.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 58.0;
const HEIGHT: f64 = 230.0;
const SMALL: f64 = 80.0;

/// Colours for light and for dark readers; the background belongs to the
/// picture, so that it can be read on any page.
const STYLE: &str = "\
text{font:13px sans-serif;fill:#24292f}.t{font-size:15px;font-weight:600}.bg{fill:#fff}\
.grid{stroke:#d0d7de;stroke-width:1}.house{fill:#8c959f;fill-opacity:.45}.sun{fill:#e3a008;fill-opacity:.55}\
.drawn{fill:none;stroke:#1a7f37;stroke-width:2}.offered{fill:none;stroke:#0969da;stroke-width:1.4;stroke-dasharray:5 3}\
.limit{stroke:#cf222e;stroke-width:1.4;stroke-dasharray:2 3}\
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.bg{fill:#0d1117}.grid{stroke:#30363d}\
.house{fill:#8b949e}.sun{fill:#f2cc60}.drawn{stroke:#3fb950}.offered{stroke:#58a6ff}.limit{stroke:#ff7b72}}";

/// A trace by column.
type Trace = HashMap<String, Vec<f64>>;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = std::env::args().nth(1);
    let folder = folder.map_or_else(|| root.join("docs/images"), Into::into);
    for picture in &PICTURES {
        let scenario = Scenario::load(&root.join("vectors").join(picture.scenario))?;
        let mut csv = Vec::new();
        simulate_with_trace(&scenario, &mut csv)?;
        let trace = columns(&String::from_utf8(csv)?);
        std::fs::write(folder.join(picture.file), draw(picture, &trace))?;
        println!("{}", picture.file);
    }
    Ok(())
}

/// Splits a trace into columns; names of states are left out.
fn columns(csv: &str) -> Trace {
    let mut lines = csv.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let mut trace = Trace::new();
    for line in lines {
        for (name, cell) in names.iter().zip(line.split(',')) {
            let value = cell.parse().unwrap_or(0.0);
            trace.entry((*name).to_owned()).or_default().push(value);
        }
    }
    trace
}

fn at(trace: &Trace, name: &str, second: usize) -> f64 {
    let column = trace.get(name);
    column
        .and_then(|column| column.get(second))
        .copied()
        .unwrap_or(0.0)
}

/// Current of all vehicles on a mains phase, `a` to `c`.
fn cars(trace: &Trace, phase: char, second: usize) -> f64 {
    (0..8)
        .map(|evse| at(trace, &format!("i{evse}{phase}"), second))
        .sum()
}

impl Curve {
    fn value(self, trace: &Trace, second: usize) -> f64 {
        let phases = [("net1", 'a'), ("net2", 'b'), ("net3", 'c')];
        let house =
            |(net, phase): (&str, char)| at(trace, net, second) - cars(trace, phase, second);
        match self {
            Self::House => house(phases[0]),
            Self::HouseSum => phases.into_iter().map(house).sum(),
            Self::Offered(evse) => at(trace, &format!("off{evse}"), second),
            Self::Drawn(evse) => at(trace, &format!("i{evse}a"), second),
            Self::DrawnSum => phases
                .iter()
                .map(|(_, phase)| cars(trace, *phase, second))
                .sum(),
        }
    }

    const fn is_house(self) -> bool {
        matches!(self, Self::House | Self::HouseSum)
    }

    const fn class(self) -> &'static str {
        match self {
            Self::House | Self::HouseSum => "house",
            Self::Offered(_) => "offered",
            Self::Drawn(_) | Self::DrawnSum => "drawn",
        }
    }
}

/// The place of a lane on the page.
struct Frame<'a> {
    picture: &'a Picture,
    lane: &'a Lane,
    top: f64,
    height: f64,
}

impl Frame<'_> {
    fn x(&self, second: usize) -> f64 {
        let (from, to) = self.picture.span;
        LEFT + (WIDTH - LEFT - RIGHT) * (second - from) as f64 / (to - from) as f64
    }

    fn y(&self, amps: f64) -> f64 {
        let (low, high) = self.lane.range;
        let share = (amps.clamp(low, high) - low) / (high - low);
        self.top + self.height * (1.0 - share)
    }

    /// A step line through the values, one point for each change.
    fn line(&self, values: &[(usize, f64)]) -> String {
        let mut path = String::new();
        let mut last = f64::NAN;
        for (index, (second, value)) in values.iter().enumerate() {
            let (x, y) = (self.x(*second), self.y(*value));
            let ends = index + 1 == values.len();
            if index == 0 {
                let _ = write!(path, "M{x:.1} {y:.1}");
            } else if (value - last).abs() > 0.05 || ends {
                let _ = write!(path, "H{x:.1}V{y:.1}");
            } else {
                continue;
            }
            last = *value;
        }
        path
    }

    fn area(&self, values: &[(usize, f64)]) -> String {
        let (from, to) = self.picture.span;
        let zero = self.y(0.0);
        let path = self.line(values).replacen('M', "L", 1);
        let (left, right) = (self.x(from), self.x(to));
        format!("M{left:.1} {zero:.1}{path}H{right:.1}V{zero:.1}Z")
    }

    fn axes(&self, out: &mut String) {
        let (low, high) = self.lane.range;
        let step = if self.height < HEIGHT { 6.0 } else { 10.0 };
        let mut amps = (low / step).ceil() * step;
        while amps <= high {
            let y = self.y(amps);
            let _ = write!(
                out,
                r#"<path class="grid" d="M{LEFT} {y:.1}H{:.0}"/><text x="{:.0}" y="{:.1}" text-anchor="end">{amps:.0}</text>"#,
                WIDTH - RIGHT,
                LEFT - 8.0,
                y + 4.0
            );
            amps += step;
        }
        let _ = write!(
            out,
            r#"<text x="{}" y="{:.1}">{}</text>"#,
            LEFT + 4.0,
            self.top + 12.0,
            self.lane.label
        );
    }

    fn limit(&self, out: &mut String) {
        let Some((amps, name)) = self.lane.limit else {
            return;
        };
        let y = self.y(amps);
        let _ = write!(
            out,
            r#"<path class="limit" d="M{LEFT} {y:.1}H{:.0}"/><text x="{:.0}" y="{:.1}" text-anchor="end">{name} {amps:.0} A</text>"#,
            WIDTH - RIGHT,
            WIDTH - RIGHT - 4.0,
            y - 4.0
        );
    }

    fn curves(&self, trace: &Trace, out: &mut String) {
        let (from, to) = self.picture.span;
        let step = ((to - from) / 1_440).max(1);
        for curve in self.lane.curves {
            let seconds = (from..to).step_by(step);
            let values: Vec<_> = seconds.map(|at| (at, curve.value(trace, at))).collect();
            if !curve.is_house() {
                let path = self.line(&values);
                let _ = write!(out, r#"<path class="{}" d="{path}"/>"#, curve.class());
                continue;
            }
            for (class, sign) in [("house", 1.0), ("sun", -1.0)] {
                let side = |(at, value): &(usize, f64)| (*at, sign * (sign * value).max(0.0));
                let side: Vec<_> = values.iter().map(side).collect();
                let _ = write!(out, r#"<path class="{class}" d="{}"/>"#, self.area(&side));
            }
        }
    }
}

fn draw(picture: &Picture, trace: &Trace) -> String {
    let height = if picture.lanes.len() > 1 {
        SMALL
    } else {
        HEIGHT
    };
    let bottom = TOP + picture.lanes.len() as f64 * (height + 14.0);
    let mut out = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {:.0}" role="img"><title>{}</title><style>{STYLE}</style><rect class="bg" width="100%" height="100%"/><text class="t" x="{LEFT}" y="22">{}</text>"#,
        bottom + 26.0,
        picture.title,
        picture.title
    );
    legend(picture, &mut out);
    for (index, lane) in picture.lanes.iter().enumerate() {
        let frame = Frame {
            picture,
            lane,
            top: TOP + index as f64 * (height + 14.0),
            height,
        };
        frame.axes(&mut out);
        frame.curves(trace, &mut out);
        frame.limit(&mut out);
    }
    hours(picture, bottom, &mut out);
    out.push_str("</svg>\n");
    out
}

fn legend(picture: &Picture, out: &mut String) {
    let curves = || picture.lanes.iter().flat_map(|lane| lane.curves);
    let has_house = curves().any(|curve| curve.is_house());
    let has_sun = picture.lanes.iter().any(|lane| lane.range.0 < 0.0);
    let rows = [
        ("house", "house", has_house),
        ("sun", "surplus", has_sun),
        ("offered", "offered", true),
        ("drawn", "drawn", true),
    ];
    let mut x = LEFT;
    for (class, name, _) in rows.into_iter().filter(|(_, _, shown)| *shown) {
        let shape = match class {
            "house" | "sun" => {
                format!(r#"<rect class="{class}" x="{x}" y="34" width="22" height="10"/>"#)
            }
            _ => format!(r#"<path class="{class}" d="M{x} 39h22"/>"#),
        };
        let _ = write!(out, r#"{shape}<text x="{}" y="43">{name}</text>"#, x + 28.0);
        x += 110.0;
    }
}

fn hours(picture: &Picture, y: f64, out: &mut String) {
    let (from, to) = picture.span;
    let minutes = match to - from {
        0..=7_200 => 15,
        7_201..=14_400 => 30,
        _ => 60,
    };
    for at in (from..=to).step_by(minutes * 60) {
        let x = LEFT + (WIDTH - LEFT - RIGHT) * (at - from) as f64 / (to - from) as f64;
        let (hour, minute) = (at / 3_600, at / 60 % 60);
        let _ = write!(
            out,
            r#"<text x="{x:.1}" y="{:.1}" text-anchor="middle">{hour}:{minute:02}</text>"#,
            y + 12.0
        );
    }
}
