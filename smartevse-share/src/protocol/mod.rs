//! The conversation of a group: registers, the node's side, the master's side.
//!
//! Plain structs and register words; no frames, no port and no clock. A
//! [`Node`] answers reads and judges writes; what the host has to do comes as
//! [`Effects`]. A [`Master`] says which [`Transaction`] to send next and turns
//! the answers into one [`NodeReport`] for each node. The frames are the work
//! of a Modbus codec, the currents the work of a scheduler.
//!
//! ```
//! use smartevse_share::protocol::{Effect, Image, LinkError, Master, Node, Orders, Written};
//! use smartevse_types::{DeciAmps, Instant};
//!
//! let now = Instant::from_secs(1);
//! let (mut master, image) = (Master::new(now), Image::default());
//! let mut node = Node::new(2, now).unwrap();
//!
//! // A new master asks every address once; here only Node 1 answers.
//! let poll = master.next(now).unwrap();
//! let mut words = [0; 12];
//! node.read(&image, poll.start, &mut words, now)?;
//! master.answer(poll.tag, Ok(&words), now);
//! assert!(master.report(1).is_online());
//!
//! // Then the orders go out. They are levels: the newest ones hold.
//! master.set_orders(Orders { version: 1, issued: now, ..Orders::default() });
//! let broadcast = loop {
//!     let next = master.next(now).unwrap();
//!     if next.is_broadcast() {
//!         break next;
//!     }
//!     master.answer(next.tag, Err(LinkError::Timeout), now);
//! };
//! assert_eq!((broadcast.unit, broadcast.start, broadcast.count), (9, 0x0020, 8));
//! let heard: Written = node.write(&image, broadcast.start, broadcast.words(), true, now)?;
//! assert_eq!(heard.effects.iter().next(), Some(Effect::Share(DeciAmps::ZERO)));
//! master.sent(broadcast.tag, now);
//! assert_eq!(master.orders_sent().version, 1);
//! # Ok::<(), smartevse_share::protocol::Refusal>(())
//! ```
//!
//! # What a master may count on
//!
//! | Question | Answer |
//! |---|---|
//! | What may node i draw at most now? | [`Master::exposure`]: every set-point that it may have heard, 5 s for the vehicle, 20 s for a lost node (power share 6.2, 9.2) |
//! | Which orders have left the wire? | [`Master::orders_sent`]; a confirmation that never comes frees nothing |
//! | Does everybody answer after a start? | [`Master::is_settled`]; until then nothing is granted and nothing raised |
//!
//! # What a node promises
//!
//! A write never puts it into C and never takes it out (I-19): a grant is a
//! fact for the host that counts only while the node asks, for at most 4 s.
//! Without a broadcast its share is 0 after 11 s, at the latest at 12 s (I-15).

mod blocks;
mod cadence;
mod effect;
mod exposure;
mod link;
mod master;
mod node;
mod orders;
mod registers;
mod setting;
mod state;
mod transaction;
mod update;

pub use blocks::{Code, Currents, NodeConfig, NodeStatus, SystemConfig};
pub use effect::{Effect, Effects, Grant};
pub use exposure::{LOST_HOLD, VEHICLE_LAG};
pub use link::{NodeReport, Presence};
pub use master::{BROADCAST_PERIOD, GROUP, Master, NODES, ROUND};
pub use node::{COMM_TIMEOUT, GRANT_LIFETIME, Image, Node, Refusal, Written};
pub use orders::{Answer, ORDERS_MAX_AGE, Orders, SentOrders};
pub use registers::{Block, Direction, REGISTERS, Register, Scale};
pub use setting::{SETTINGS, SettingId, SettingRow};
pub use state::{ErrorBits, NodeState};
pub use transaction::{
    BROADCAST_UNIT, Importance, LinkError, MAX_WORDS, Operation, Tag, Transaction,
};
