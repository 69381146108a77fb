//! `POST /sim`: the simulated site, changed by hand.

use serde_json::{Map, Value, json};

use super::lcd;
use super::number;
use super::parameters::REFUSED;
use super::query::Pairs;
use crate::desk::Desk;
use crate::panel::Hand;
use crate::plant::{CarChange, PlantChange};

/// Largest load of the house and production of the roof, amperes per phase.
const SITE_A: f64 = 100.0;

/// Applies each parameter on its own and notes what became of it. A charger
/// that does not exist refuses all of them.
pub async fn apply(desk: &Desk, pairs: &Pairs, said: &mut Map<String, Value>) {
    let Some(evse) = evse(pairs, desk.view().evses.len()) else {
        said.insert("evse".to_owned(), json!(REFUSED));
        return;
    };
    if pairs.get("button").is_some() {
        said.insert("button".to_owned(), button(desk, pairs).await);
    }
    for name in [
        "plug",
        "house_a",
        "solar",
        "car_max_a",
        "car_phases",
        "car_full",
        "meter_silent",
        "key",
    ] {
        if let Some(text) = pairs.get(name) {
            said.insert(name.to_owned(), one(desk, evse, name, text).await);
        }
    }
}

/// The charger whose vehicle is meant, 0 = the master or the only one.
fn evse(pairs: &Pairs, group: usize) -> Option<usize> {
    let Some(text) = pairs.get("evse") else {
        return Some(0);
    };
    let number = usize::try_from(number::parse(text)?).ok()?;
    (number < group.max(1)).then_some(number)
}

/// Presses or releases a button at the simulated charger itself.
async fn button(desk: &Desk, pairs: &Pairs) -> Value {
    match lcd::message(pairs) {
        Err(_) => json!(REFUSED),
        Ok(message) => {
            desk.press(Hand::Device, message).await;
            json!("OK")
        }
    }
}

async fn one(desk: &Desk, evse: usize, name: &str, text: &str) -> Value {
    if name == "key" {
        let answer = desk.press_key().await;
        return answer.map_or_else(|why| json!(why.text()), |_| json!("OK"));
    }
    match change(evse, name, text) {
        Some(change) => {
            desk.change(change).await;
            json!(text)
        }
        None => json!(REFUSED),
    }
}

fn change(evse: usize, name: &str, text: &str) -> Option<PlantChange> {
    let flag = || number::within(text, 0..=1).map(|n| n == 1);
    let car = |change| PlantChange::Car(evse, change);
    match name {
        "plug" => flag().map(CarChange::Plug).map(car),
        "car_full" => flag().map(CarChange::Full).map(car),
        "meter_silent" => flag().map(PlantChange::MeterSilent),
        "house_a" => loads(text).map(PlantChange::House),
        "solar" => amps(text, 0.0, SITE_A).map(PlantChange::Solar),
        "car_max_a" => amps(text, 0.0, 80.0).map(CarChange::Max).map(car),
        "car_phases" => {
            let phases = number::within(text, 1..=3).and_then(|n| u8::try_from(n).ok());
            phases.map(CarChange::Phases).map(car)
        }
        _ => None,
    }
}

/// `L1,L2,L3`, an empty place leaves a phase as it is; or one value for all.
fn loads(text: &str) -> Option<[Option<f64>; 3]> {
    let one = |part: &str| match part.trim() {
        "" => Some(None),
        part => amps(part, -SITE_A, SITE_A).map(Some),
    };
    let mut parts = text.split(',').map(one);
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(all), None, None, None) => all.filter(Option::is_some).map(|load| [load; 3]),
        (Some(l1), Some(l2), Some(l3), None) => Some([l1?, l2?, l3?]),
        _ => None,
    }
}

fn amps(text: &str, min: f64, max: f64) -> Option<f64> {
    let value: f64 = text.trim().parse().ok()?;
    (min..=max).contains(&value).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_load_is_given_then_it_is_for_one_or_for_all_phases() {
        let house = |text| change(0, "house_a", text);
        assert_eq!(house("5"), Some(PlantChange::House([Some(5.0); 3])));
        let two = [Some(1.5), None, Some(-2.0)];
        assert_eq!(house("1.5,,-2"), Some(PlantChange::House(two)));
        for wrong in ["", "1,2", "1,2,3,4", "x", "101", "NaN", "inf"] {
            assert_eq!(house(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn when_a_value_makes_no_sense_then_nothing_changes() {
        let plugged = PlantChange::Car(3, CarChange::Plug(true));
        assert_eq!(change(3, "plug", "1"), Some(plugged));
        assert_eq!(change(0, "plug", "2"), None);
        assert_eq!(change(0, "car_full", "x"), None);
        assert_eq!(change(0, "car_phases", "0"), None);
        assert_eq!(change(0, "car_max_a", "-1"), None);
        assert_eq!(change(0, "solar", "6.5"), Some(PlantChange::Solar(6.5)));
    }

    #[test]
    fn when_a_charger_is_named_then_it_must_exist() {
        let named = |text, group| evse(&Pairs::parse(text).unwrap(), group);
        assert_eq!(named("plug=1", 0), Some(0));
        assert_eq!((named("evse=0", 0), named("evse=1", 0)), (Some(0), None));
        assert_eq!((named("evse=7", 8), named("evse=8", 8)), (Some(7), None));
        assert_eq!((named("evse=", 8), named("evse=-1", 8)), (None, None));
    }
}
