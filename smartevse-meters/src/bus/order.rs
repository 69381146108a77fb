//! A question that goes on the wire, and the orders among them.

use super::JobError;
use super::schedule::ORDER_WORDS;
use crate::pdu::Request;
use crate::transaction::{Tag, Transaction};

/// A write that is sent once; the newest values win.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) transaction: Transaction,
    words: [u16; ORDER_WORDS],
    len: usize,
    /// Whether these values have not been put on the wire yet.
    pub(super) waiting: bool,
}

impl Order {
    pub(super) fn new(tag: Tag, addr: u8, request: &Request<'_>) -> Result<Self, JobError> {
        let mut words = [0; ORDER_WORDS];
        let values: &[u16] = match request {
            Request::WriteSingle { value, .. } => core::slice::from_ref(value),
            Request::WriteMultiple { values, .. } => values,
            Request::ReadHolding { .. } | Request::ReadInput { .. } => {
                return Err(JobError::WrongFunction);
            }
        };
        let target = words.get_mut(..values.len()).ok_or(JobError::TooLong)?;
        target.copy_from_slice(values);
        Ok(Self {
            transaction: Transaction::of(tag, addr, request),
            words,
            len: values.len(),
            waiting: true,
        })
    }

    pub(super) fn pick(&self) -> Pick {
        Pick {
            source: Source::Order,
            transaction: self.transaction,
        }
    }

    pub(super) fn request(&self) -> Request<'_> {
        self.transaction
            .request()
            .unwrap_or(Request::WriteMultiple {
                register: self.transaction.register(),
                values: self.words.get(..self.len).unwrap_or(&[]),
            })
    }
}

/// Where a question comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    Job,
    Order,
}

/// The next question.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pick {
    pub(super) source: Source,
    pub(super) transaction: Transaction,
}

impl Pick {
    /// Whether it is the job with this tag.
    pub(super) fn is(&self, tag: Tag) -> bool {
        self.source == Source::Job && self.transaction.tag() == tag
    }
}
