//! The codecs of the records that storage holds.

use smartevse_core::access::AccessControl;
use smartevse_core::card::Uid;
use smartevse_core::cards::{CARD_CAPACITY, CardList};
use smartevse_core::charger::BootRecord;
use smartevse_core::records::access::AccessRecord;
use smartevse_core::records::cards::{
    CARDS_PER_PART, Directory, IMAGE_BYTES, emit_part, export_image, import_image, list_sum,
    parse_part, part_of,
};
use smartevse_core::records::energy::EnergyRecord;
use smartevse_core::records::settings::{UnknownValues, number_of};
use smartevse_core::records::upstream::Import;
use smartevse_core::records::{
    Frame, Key, LARGEST_FRAME, LARGEST_PAYLOAD, crc32, crc32_more, settings,
};
use smartevse_core::registry::SettingId;
use smartevse_core::settings::Settings;
use smartevse_types::Access;

use crate::{consume, opaque};

/// Calls what has logic in it.
pub fn exercise() {
    frames();
    keys();
    small();
    settings_record();
    cards();
    image();
    slots();
    upstream();
}

/// Memory that may hold anything.
fn bytes<const N: usize>() -> [u8; N] {
    opaque([0; N])
}

/// Gives a part of some bytes that nobody knows the length of.
fn some(bytes: &[u8]) -> &[u8] {
    bytes.get(..opaque(bytes.len())).unwrap_or(&[])
}

/// Gives room of a length that nobody knows.
fn room(bytes: &mut [u8]) -> &mut [u8] {
    let length = opaque(bytes.len());
    bytes.get_mut(..length).unwrap_or_default()
}

/// A frame of any content.
fn frame(payload: &[u8; LARGEST_PAYLOAD]) -> Frame<'_> {
    Frame {
        key: opaque(Key::SETTINGS),
        version: opaque(1),
        payload: some(payload),
    }
}

fn frames() {
    let (stored, payload) = (bytes::<LARGEST_FRAME>(), bytes());
    consume(Frame::parse(some(&stored)).map(|frame| frame.payload));
    consume(Frame::length(some(&stored)));
    let mut out = bytes::<LARGEST_FRAME>();
    let frame = opaque(frame(&payload));
    consume(frame.emit(room(&mut out)));
    consume((out, frame.expect(opaque(Key::ACCESS), opaque(1))));
    consume((crc32(some(&stored)), crc32_more(opaque(1), some(&stored))));
}

fn keys() {
    consume(Key::new(opaque(1)).map(Key::number));
    consume(Key::card_part(opaque(1), opaque(true)));
}

fn small() {
    let (mut out, payload) = (bytes::<LARGEST_FRAME>(), bytes());
    consume(opaque(AccessRecord::default()).emit(room(&mut out)));
    consume(AccessRecord::parse(&frame(&payload)));
    consume(opaque(EnergyRecord::default()).emit(room(&mut out)));
    consume(EnergyRecord::parse(&frame(&payload)));
    consume(opaque(BootRecord::default()).emit(room(&mut out)));
    consume(BootRecord::parse(&frame(&payload)));
    consume(out);
}

fn settings_record() {
    let (mut out, payload) = (bytes::<LARGEST_FRAME>(), bytes());
    let unknown = opaque(UnknownValues::EMPTY);
    unknown.iter().for_each(consume);
    consume((unknown.lost(), number_of(opaque(SettingId::Mode))));
    let values = opaque(Settings::default());
    consume(settings::emit(&values, &unknown, room(&mut out)));
    consume(out);
    consume(settings::parse(&frame(&payload)));
}

fn cards() {
    let (mut out, payload) = (bytes::<LARGEST_FRAME>(), bytes());
    let list = opaque(CardList::EMPTY);
    consume((part_of(&list, opaque(1)), list_sum(&list)));
    let part = opaque([None; CARDS_PER_PART]);
    let key = opaque(Key::CARDS);
    consume(emit_part(key, &part, room(&mut out)));
    consume(parse_part(key, &frame(&payload)));
    let mut directory = opaque(Directory::default());
    directory.swap(opaque(1));
    let directory = opaque(directory);
    consume((
        directory.is_second(opaque(1)),
        directory.emit(room(&mut out)),
    ));
    consume(Directory::parse(&frame(&payload)));
    consume(out);
}

fn image() {
    let mut image = bytes::<IMAGE_BYTES>();
    consume(import_image(some(&image)));
    consume(export_image(&opaque(CardList::EMPTY), &mut image));
    consume(image);
}

fn slots() {
    let slots: [Option<Uid>; CARD_CAPACITY] = opaque([None; CARD_CAPACITY]);
    let list = opaque(CardList::from_slots(slots));
    consume(*list.slots());
    let access = opaque(AccessControl::new(opaque(Access::Off), list));
    consume(access.card_in_use());
}

fn upstream() {
    let mut import = opaque(Import::new());
    consume(import.line(opaque("Config,data,u8,1")));
    consume(opaque(import).finish());
}
