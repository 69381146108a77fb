//! The generator itself.

use crate::case::{Case, INPUTS};
use crate::change::Time;
use crate::table::{Draw, PROFILES};

#[test]
fn when_listed_then_the_profiles_run_from_1_to_32() {
    for (index, profile) in PROFILES.iter().enumerate() {
        assert_eq!(usize::from(profile.number), index + 1);
        assert!(profile.reached >= 40);
    }
}

/// The same seed gives the same case, another number another case.
#[test]
fn when_a_case_is_made_again_then_it_is_the_same() {
    let profile = PROFILES[5];
    let draw = Draw::new(&profile);
    let steps = |index| {
        let mut case = Case::new(&profile);
        case.fill(&draw, 7, index);
        case.steps
    };
    assert_eq!(steps(3), steps(3));
    assert_ne!(steps(3), steps(4));
    let polled = steps(3)
        .iter()
        .filter(|step| step.time != Time::With)
        .count();
    assert!(polled >= INPUTS as usize);
}
