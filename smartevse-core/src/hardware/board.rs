//! The board as a whole.

use smartevse_types::Instant;

use crate::io::{HardwareFaults, Inputs, Outputs};

/// Samples all inputs and drives all outputs of one charger.
///
/// Both calls return at once and are made at every poll, first `sample`, then
/// `drive`. Before the first `drive` every pin has its safe level
/// ([`Outputs::SAFE`]).
pub trait Board {
    /// Writes every input.
    ///
    /// Nothing of the former content survives, with one exception: the flags
    /// in `inputs.hardware` stay and those of parts that could not be sampled
    /// are added. A part that fails leaves "not known", never an old value.
    fn sample(&mut self, now: Instant, inputs: &mut Inputs);

    /// Drives every output, opening contactors first.
    ///
    /// A part that refuses does not keep the others from being driven; it is
    /// reported, and the caller puts the report into the next
    /// `inputs.hardware`.
    #[must_use = "the report belongs into the next inputs"]
    fn drive(&mut self, outputs: &Outputs) -> HardwareFaults;
}

impl<B: Board + ?Sized> Board for &mut B {
    fn sample(&mut self, now: Instant, inputs: &mut Inputs) {
        B::sample(self, now, inputs);
    }

    fn drive(&mut self, outputs: &Outputs) -> HardwareFaults {
        B::drive(self, outputs)
    }
}
