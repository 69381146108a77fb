//! Random histories of one charger, one biased generator for each numbered
//! invariant (charging specification §11.3).
//!
//! Every poll of every case is judged by all rows of the oracle. A case is a
//! sequence of at least 200 inputs ([`change`]); [`table`] says which moves lead
//! to which invariant, and how many cases must reach it. I-27 and I-28 do not
//! show in polls: cards and access control run beside the charger and are judged
//! by a model of their own ([`cards`]).
//!
//! `SMARTEVSE_CASES` sets the number of cases, `SMARTEVSE_SEED` the seed,
//! `SMARTEVSE_FIRST` the number of the first case.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "test code counts, indexes and panics freely"
)]

mod cards;
mod case;
mod change;
mod moves;
mod rng;
mod run;
mod site;
mod speed;
mod stage;
mod table;
mod tests;
mod world;

macro_rules! profiles {
    ($($test:ident $number:literal),+ $(,)?) => {
        $(
            #[doc = concat!("Invariant ", stringify!($number), ".")]
            #[test]
            fn $test() {
                run::profile($number);
            }
        )+
    };
}

profiles! {
    i01 1, i02 2, i03 3, i04 4, i05 5, i06 6, i07 7, i08 8, i09 9, i10 10, i11 11,
    i12 12, i13 13, i14 14, i15 15, i16 16, i17 17, i18 18, i19 19, i20 20, i21 21,
    i22 22, i23 23, i24 24, i25 25, i26 26, i27 27, i28 28, i29 29, i30 30, i31 31,
    i32 32,
}
