//! Properties of the protocol: any words, any order, any silence.

use proptest::collection::vec;
use proptest::prelude::*;
use smartevse_share::protocol::{
    Code, Currents, Effect, Grant, Image, LinkError, Master, Node, NodeConfig, NodeState,
    NodeStatus, Orders, SystemConfig, Tag,
};
use smartevse_types::{Access, DeciAmps, Duration, Instant};

const T0: Instant = Instant::from_secs(100);

/// One access to a node.
#[derive(Clone, Debug)]
enum Step {
    Write(u16, Vec<u16>, bool),
    Read(u16, usize),
    Wait(u64),
    State(u16),
}

fn address() -> impl Strategy<Value = u16> {
    prop_oneof![
        0_u16..0x10,
        0x1E_u16..0x2D,
        0xFE_u16..0x10C,
        0x1FE_u16..0x218,
        any::<u16>(),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let word = prop_oneof![0_u16..16, 0_u16..900, any::<u16>()];
    prop_oneof![
        4 => (address(), vec(word.clone(), 1..23), any::<bool>())
            .prop_map(|(start, words, all)| Step::Write(start, words, all)),
        2 => vec(prop_oneof![0_u16..810], 8..12).prop_map(|words| Step::Write(0x20, words, true)),
        1 => (address(), 0_usize..130).prop_map(|(start, count)| Step::Read(start, count)),
        2 => (0_u64..14_000).prop_map(Step::Wait),
        2 => (0_u16..17).prop_map(Step::State),
    ]
}

fn image(state: NodeState) -> Image {
    let status = NodeStatus {
        state,
        access: Code::Known(Access::On),
        ..NodeStatus::default()
    };
    Image {
        status,
        ..Image::default()
    }
}

/// What a node has to keep to, whatever comes.
struct Watch {
    node: Node,
    now: Instant,
    image: Image,
    /// The last broadcast that was taken.
    heard: Instant,
}

impl Watch {
    fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Write(start, words, all) => self.write(*start, words, *all)?,
            Step::Read(start, count) => {
                let mut values = [0; 130];
                let wanted = values.get_mut(..*count).unwrap_or_default();
                let _ = self.node.read(&self.image, *start, wanted, self.now);
            }
            Step::Wait(millis) => {
                self.now += Duration::from_millis(*millis);
                self.node.poll(&self.image, self.now);
            }
            Step::State(word) => {
                self.image = image(NodeState::from_word(*word));
                self.node.poll(&self.image, self.now);
            }
        }
        let silence = self.now.since(self.heard);
        if silence > Duration::from_secs(12) {
            prop_assert_eq!(self.node.share(self.now), DeciAmps::ZERO, "I-15");
        }
        let asked = self.image.status.state.asks();
        let grant = self.node.grant(self.now);
        prop_assert!(grant.is_none() || grant == asked, "I-19: nobody asked");
        Ok(())
    }

    fn write(&mut self, start: u16, words: &[u16], all: bool) -> Result<(), TestCaseError> {
        let before = self.node;
        let is_currents = all && start == 0x20 && Currents::decode(words).is_some();
        let result = self.node.write(&self.image, start, words, all, self.now);
        let Ok(written) = result else {
            prop_assert_eq!(
                self.node.share(self.now),
                before.share(self.now),
                "refused is refused"
            );
            return Ok(());
        };
        prop_assert!(usize::from(written.accepted) <= words.len());
        if is_currents {
            self.heard = self.now;
            prop_assert!(self.node.share(self.now) <= Currents::MOST);
        } else {
            prop_assert!(
                self.node.share(self.now) <= before.share(self.now),
                "I-20: only a broadcast raises"
            );
        }
        for effect in written.effects.iter() {
            let asked = self.image.status.state.asks();
            if let Effect::Granted(grant) = effect {
                prop_assert_eq!(Some(grant), asked, "I-19");
                prop_assert!(!all);
                let code = if grant == Grant::B { 5 } else { 7 };
                prop_assert!(start == 0 && words.first() == Some(&code));
            }
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 5 } else { 2000 }))]

    /// I-15, I-17, I-19, I-20: any accesses in any order.
    #[test]
    fn any_accesses_keep_the_node_safe(steps in vec(step(), 1..60)) {
        let mut watch = Watch {
            node: Node::new(4, T0).unwrap(),
            now: T0,
            image: image(NodeState::A),
            heard: T0,
        };
        for step in &steps {
            watch.take(step)?;
        }
    }

    /// Power share 4: every decoder takes any words and reads back what it wrote.
    #[test]
    fn any_words_decode(words in vec(any::<u16>(), 0..30)) {
        if let Some(status) = NodeStatus::decode(&words) {
            prop_assert_eq!(NodeStatus::decode(&status.encode()), Some(status));
        }
        if let Some(currents) = Currents::decode(&words) {
            let (again, count) = currents.encode();
            prop_assert_eq!(&again[..count], words.as_slice());
        }
        if let Ok(words) = words.get(..10).unwrap_or(&[]).try_into() {
            prop_assert_eq!(NodeConfig { words }.words, words);
        }
        if let Ok(words) = words.get(..22).unwrap_or(&[]).try_into() {
            prop_assert_eq!(SystemConfig { words }.words, words);
        }
    }

    /// Power share 4.5, 9.3: whatever a node answers, the master writes the
    /// state only to grant, and no set-point between 0 and 6 A.
    #[test]
    fn any_answers_keep_the_master_safe(
        answers in vec(prop_oneof![
            3 => vec(any::<u16>(), 12).prop_map(Ok),
            1 => vec(0_u16..16, 12).prop_map(Ok),
            1 => vec(any::<u16>(), 0..14).prop_map(Ok),
            1 => Just(Err(LinkError::Timeout)),
            1 => any::<u8>().prop_map(|code| Err(LinkError::Exception(code))),
        ], 1..80),
        set_points in proptest::array::uniform8(-100_i32..2000),
        grants in any::<bool>(),
    ) {
        use smartevse_share::protocol::Answer;
        let mut master = Master::new(Instant::ZERO);
        let mut now = T0;
        for answer in &answers {
            now += Duration::from_millis(300);
            let answers = [if grants { Answer::GrantC } else { Answer::Wait }; 8];
            let set_points = set_points.map(DeciAmps::from_deci);
            let orders = Orders { version: 1, issued: now, set_points, answers, ..Orders::default() };
            master.set_orders(orders);
            let Some(next) = master.next(now) else { continue };
            let words = next.words();
            if next.start == 0x20 {
                prop_assert!(words[..8].iter().all(|word| *word == 0 || (60..=800).contains(word)));
            } else if next.start == 0 && !words.is_empty() {
                prop_assert!(grants && (words[0] == 5 || words[0] == 7) && words.len() == 2);
            }
            master.sent(next.tag, now);
            master.answer(next.tag, answer.as_deref().map_err(|error| *error), now);
            master.answer(Tag::from_number(0xFFFF), Ok(&[2; 12]), now);
            prop_assert!((1..8).all(|index| master.exposure(index, now).as_deci() <= 1600));
        }
    }

    /// I-16: a node that was charging and falls silent keeps its current
    /// reserved for 20 s after the last broadcast that gave it some.
    #[test]
    fn a_silent_node_stays_reserved(silence_at in 0_u64..4000, deci in 60_i32..800) {
        let mut master = Master::new(Instant::ZERO);
        let share = DeciAmps::from_deci(deci);
        let charging = NodeStatus { state: NodeState::C, set_point: share, ..NodeStatus::default() };
        let (mut now, mut powered) = (T0, T0);
        for _ in 0..1000 {
            now += Duration::from_millis(50);
            let set_points = [share; 8];
            master.set_orders(Orders { version: 1, issued: now, set_points, ..Orders::default() });
            let Some(next) = master.next(now) else { continue };
            if next.start == 0x20 && next.words()[1] > 0 {
                powered = now;
            }
            master.sent(next.tag, now);
            let heard = next.unit == 2 && now < T0 + Duration::from_millis(5000 + silence_at);
            let words = charging.encode();
            let answer = if heard { Ok(words.as_slice()) } else { Err(LinkError::Timeout) };
            master.answer(next.tag, answer, now);
            if master.report(1).at.is_some() && now < powered + Duration::from_secs(20) {
                prop_assert_eq!(master.exposure(1, now), share);
            }
        }
        prop_assert_eq!(master.exposure(1, now), DeciAmps::ZERO);
    }
}
