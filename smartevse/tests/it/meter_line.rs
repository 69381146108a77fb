//! Meters on a line that are more than a row of the table.

use smartevse::meter_line::{
    LineAction, LineError, LineMeter, MeterLine, MeterRole, MeterSettings,
};
use smartevse_core::event::{Event, Fact, MeterReading};
use smartevse_core::options::SensorboxWifi;
use smartevse_core::sensorbox::SensorboxReport;
use smartevse_meters::Meter;
use smartevse_meters::bus::BusConfig;
use smartevse_meters::custom::CustomError;
use smartevse_meters::sensorbox;
use smartevse_types::{DeciAmps, Duration, Instant};

const METER: LineMeter = LineMeter {
    role: MeterRole::Mains,
    meter: Meter::Eastron3P,
    address: 12,
};

/// Sends a question and answers it with these registers.
struct Dialogue {
    line: MeterLine,
    now: Instant,
    reports: Vec<SensorboxReport>,
}

impl Dialogue {
    fn with(meter: LineMeter, settings: &MeterSettings) -> Self {
        let line = MeterLine::with_settings(BusConfig::rtu(9600, 10), &[meter], settings);
        Self {
            line: line.unwrap(),
            now: Instant::from_secs(1),
            reports: Vec::new(),
        }
    }

    /// The next request without its checksum, and the readings before it.
    fn request(&mut self) -> (Vec<u8>, Vec<MeterReading>) {
        let mut readings = Vec::new();
        for _ in 0..50 {
            match self.line.poll(self.now) {
                LineAction::Transmit { frame, .. } => {
                    let asked = frame[..frame.len() - 2].to_vec();
                    self.now += Duration::from_millis(9);
                    self.line.transmitted(self.now);
                    return (asked, readings);
                }
                LineAction::Listen { until } => {
                    self.now = until.max(self.now + Duration::from_millis(1));
                }
                LineAction::Fact(Event {
                    fact: Fact::Sensorbox(report),
                    ..
                }) => self.reports.push(report),
                LineAction::Fact(event) => {
                    let (Fact::Mains(reading) | Fact::EvMeter(reading)) = event.fact else {
                        panic!("{event:?}");
                    };
                    readings.push(reading);
                }
                other @ (LineAction::Wish(_) | LineAction::Failed(..) | LineAction::Reconnect) => {
                    panic!("{other:?}")
                }
            }
        }
        panic!("nothing asked");
    }

    fn reply(&mut self, body: &[u8]) {
        let mut frame = body.to_vec();
        frame.extend(smartevse_meters::crc::crc16(body).to_le_bytes());
        self.now += Duration::from_millis(30);
        self.line.receive(self.now, &frame);
        self.now += Duration::from_millis(30);
    }

    /// Answers questions from a register image until one has been answered `count` times.
    fn answer(&mut self, count: usize, data: impl Fn(&[u8]) -> Vec<u8>) -> Vec<MeterReading> {
        let mut readings = Vec::new();
        for _ in 0..count {
            let (asked, before) = self.request();
            readings.extend(before);
            let data = data(&asked);
            let mut body = vec![asked[0], asked[1], u8::try_from(data.len()).unwrap()];
            body.extend(data);
            self.reply(&body);
        }
        readings
    }
}

fn deci(reading: &MeterReading) -> Option<[i32; 3]> {
    let currents = reading.currents?;
    Some(currents.as_array().map(DeciAmps::as_deci))
}

/// Meters 4.4: magnitudes get the sign of the power that was read last.
#[test]
fn when_the_direction_is_read_apart_then_both_roles_get_it() {
    for (role, meter) in [
        (MeterRole::Mains, Meter::AcrelMain),
        (MeterRole::Ev, Meter::AcrelMain),
        (MeterRole::Ev, Meter::AcrelSingle),
    ] {
        let meter = LineMeter {
            role,
            meter,
            address: 24,
        };
        let mut dialogue = Dialogue::with(meter, &MeterSettings::default());
        let readings = dialogue.answer(12, |asked| match asked[3] {
            // Currents of 16 A, as many as asked for.
            0x64 | 0x65 if asked[2] == 0 => [0x06, 0x40].repeat(asked[5].into()),
            // Power -3680 W in every place.
            _ if asked[2] == 1 => (-3680_i32).to_be_bytes().repeat(usize::from(asked[5]) / 2),
            _ => vec![0; usize::from(asked[5]) * 2],
        });
        let currents: Vec<_> = readings.iter().filter_map(deci).collect();
        assert!(currents.len() > 2, "{meter:?}");
        let last = currents[currents.len() - 1];
        assert_eq!(last[0], -160, "{meter:?}: {currents:?}");
    }
}

const BOX: LineMeter = LineMeter {
    role: MeterRole::Mains,
    meter: Meter::Sensorbox,
    address: sensorbox::ADDRESS,
};

/// Registers of a Sensorbox 2 with four wires: transformers, 16 A on L1.
fn box_registers(software: u8, asked: &[u8]) -> Vec<u8> {
    let mut data = vec![0; usize::from(asked[5]) * 2];
    data[..4].copy_from_slice(&[software, 0x14, 0, 0x03]);
    data[28..32].copy_from_slice(&16.0_f32.to_be_bytes());
    data
}

/// Meters 7: 20 registers until the box has shown its version, then 32.
#[test]
fn when_a_sensorbox_shows_its_version_then_the_question_grows() {
    let mut dialogue = Dialogue::with(BOX, &MeterSettings::default());
    let (asked, _) = dialogue.request();
    assert_eq!(asked, [10, 4, 0, 0, 0, 20]);
    let data = box_registers(1, &asked);
    dialogue.reply(&[&[10, 4, 40], &data[..]].concat());
    let (asked, readings) = dialogue.request();
    assert_eq!(readings.first().and_then(deci), Some([160, 0, 0]));
    assert_eq!(asked, [10, 4, 0, 0, 0, 32]);
}

/// Meters 7, GRID: the box is told about three wires, its rotation is kept.
#[test]
fn when_the_grid_differs_then_the_sensorbox_is_told_and_still_read() {
    let mut settings = MeterSettings::default();
    settings.sensorbox.installation.three_wire = true;
    let mut dialogue = Dialogue::with(BOX, &settings);
    dialogue.answer(1, |asked| box_registers(0, asked));
    let (asked, _) = dialogue.request();
    assert_eq!(asked, [10, 6, 8, 0, 0, 2]);
    dialogue.reply(&[10, 6, 8, 0, 0, 2]);
    let (asked, _) = dialogue.request();
    assert_eq!(asked[1], 4);
    settings.sensorbox.is_node = true;
    let mut node = Dialogue::with(BOX, &settings);
    node.answer(1, |asked| box_registers(0, asked));
    assert_eq!(node.request().0[1], 4);
}

/// The same with a wireless network in this mode.
fn network_registers(mode: u8, asked: &[u8]) -> Vec<u8> {
    let mut data = box_registers(1, asked);
    if let Some(network) = data.get_mut(40..64) {
        network[0] = 0b10;
        network[1] = mode;
        network[8..12].copy_from_slice(&[192, 168, 1, 21]);
        network[16..24].copy_from_slice(b"d5c6b7a8");
    }
    data
}

/// The next write, past all questions.
fn next_write(dialogue: &mut Dialogue, mode: u8) -> Option<Vec<u8>> {
    for _ in 0..3 {
        let (asked, _) = dialogue.request();
        if asked[1] == 6 {
            dialogue.reply(&asked.clone());
            return Some(asked);
        }
        let data = network_registers(mode, &asked);
        let size = u8::try_from(data.len()).unwrap();
        dialogue.reply(&[&[asked[0], asked[1], size], &data[..]].concat());
    }
    None
}

/// Meters 7, SB2 WIFI: the box is told once what it shall be, and not while it is so.
#[test]
fn when_the_box_shall_have_another_mode_then_it_is_told_until_it_has() {
    let mut dialogue = Dialogue::with(BOX, &MeterSettings::default());
    assert_eq!(next_write(&mut dialogue, 1), None, "nothing is wanted");
    dialogue.line.want_wifi(Some(SensorboxWifi::Portal));
    let portal = vec![10, 6, 8, 1, 0, 2];
    assert_eq!(next_write(&mut dialogue, 1), Some(portal.clone()));
    assert_eq!(next_write(&mut dialogue, 1), Some(portal), "not obeyed");
    assert_eq!(next_write(&mut dialogue, 2), None, "obeyed");
    dialogue.line.want_wifi(Some(SensorboxWifi::Disabled));
    let off = vec![10, 6, 8, 1, 0, 0];
    assert_eq!(next_write(&mut dialogue, 2), Some(off));
    dialogue.line.want_wifi(None);
    assert_eq!(next_write(&mut dialogue, 1), None);
}

/// Meters 7: what the box says of itself is told when it changes.
#[test]
fn when_the_box_says_something_new_of_itself_then_it_is_told_once() {
    let mut dialogue = Dialogue::with(BOX, &MeterSettings::default());
    for mode in [1, 1, 2, 2] {
        next_write(&mut dialogue, mode);
    }
    dialogue.request();
    let [short, first, second] = dialogue.reports[..] else {
        panic!("{:?}", dialogue.reports);
    };
    assert_eq!((short.network, short.version()), (None, 2));
    assert!(first.has_transformers);
    let [first, second] = [first, second].map(|report| report.network.unwrap());
    assert_eq!(first.mode, Some(SensorboxWifi::Enabled));
    assert_eq!(second.mode, Some(SensorboxWifi::Portal));
    assert!(second.is_connected);
    assert_eq!(second.address, [192, 168, 1, 21]);
    assert_eq!(second.password, Some(*b"8a7b6c5d"));
}

/// Meters 8: the registers that the user has described are asked for, no others.
#[test]
fn when_the_custom_meter_is_described_then_it_is_read() {
    let custom = LineMeter {
        meter: Meter::Custom,
        ..METER
    };
    let mut settings = MeterSettings::default();
    settings.custom.byte_order = 3;
    settings.custom.data_type = 2;
    settings.custom.currents.register = 12;
    settings.custom.currents.divisor = 2;
    let mut dialogue = Dialogue::with(custom, &settings);
    let (asked, _) = dialogue.request();
    assert_eq!(asked, [12, 4, 0, 12, 0, 3]);
    dialogue.reply(&[12, 4, 6, 0x06, 0x40, 0xFE, 0x0C, 0, 0]);
    let (_, readings) = dialogue.request();
    assert_eq!(readings.first().and_then(deci), Some([160, -50, 0]));

    settings.custom.byte_order = 4;
    let error = MeterLine::with_settings(BusConfig::tcp(), &[custom], &settings).err();
    assert_eq!(error, Some(LineError::Custom(CustomError::ByteOrder)));
}
