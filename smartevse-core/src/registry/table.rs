//! The facts of all settings.
//!
//! Ranges, defaults, keys and registers: menu specification §2.1; option
//! order: §2.2; writers and roles: §2.5 and decision 37.

use super::meters::{EV_METERS, MAINS_METERS};
use super::{
    Choice, Effect, KeyType, Kind, RoleRule, SettingFacts, SettingId, StorageKey, Unit, Writers,
};
use crate::options::{
    ByteOrder, CableKind, Contact2, DataType, Grid, LockKind, Priority, ReadFunction, RfidMode,
    Role, SensorboxWifi, SwitchKind, Toggle, Wifi,
};

macro_rules! choices {
    ($list:ident: $($option:ident),+) => {
        Kind::Options(&[$(Choice {
            value: $list::$option.raw(),
            text: $list::$option.text(),
        }),+])
    };
}

const MODES: Kind = Kind::Options(&[
    Choice {
        value: 0,
        text: "Normal",
    },
    Choice {
        value: 1,
        text: "Smart",
    },
    Choice {
        value: 2,
        text: "Solar",
    },
]);
const CABLES: Kind = choices!(CableKind: Socket, Fixed);
const LOCKS: Kind = choices!(LockKind: Disabled, Solenoid, Motor);
const ROLES: Kind =
    choices!(Role: Disabled, Master, Node1, Node2, Node3, Node4, Node5, Node6, Node7);
const GRIDS: Kind = choices!(Grid: FourWire, ThreeWire);
const SENSORBOX_WIFI: Kind = choices!(SensorboxWifi: Disabled, Enabled, Portal);
const BYTE_ORDERS: Kind = choices!(
    ByteOrder: LowByteLowWord, LowByteHighWord, HighByteLowWord, HighByteHighWord
);
const DATA_TYPES: Kind = choices!(DataType: Int32, Float32, Int16, Uint16, Uint32);
const FUNCTIONS: Kind = choices!(ReadFunction: Holding, Input);
const CONTACT2: Kind = choices!(Contact2: NotPresent, AlwaysOff, AlwaysOn, SolarOff, Auto);
const SWITCHES: Kind = choices!(
    SwitchKind: Disabled, AccessButton, AccessSwitch, SmartSolarButton, SmartSolarSwitch,
    GridRelay, CustomButton, CustomSwitch
);
const TOGGLE: Kind = choices!(Toggle: Disabled, Enabled);
const READER_MODES: Kind =
    choices!(RfidMode: Disabled, EnableAll, EnableOne, Learn, Delete, DeleteAll, Remote);
const WIFI: Kind = choices!(Wifi: Disabled, Setup, Enabled);
const PRIORITIES: Kind = choices!(Priority: ModbusAddress, FirstConnected, LastConnected);
const ADDRESS: Kind = Kind::number(Unit::Address, 10, 247);
const DIVISOR: Kind = Kind::PowerOfTen { max: 7 };
const TIMER: Kind = Kind::zero_or(Unit::Minutes, 1, 60);

const LCD: Writers = Writers::LCD;
const LCD_BUS: Writers = LCD.union(Writers::BUS);
const LCD_REST: Writers = LCD.union(Writers::REST);
const LCD_REST_BUS: Writers = LCD_BUS.union(Writers::REST);
const LCD_REST_MQTT: Writers = LCD_REST.union(Writers::MQTT);
/// The app server may set MODE only (network specification §14, 25); a button
/// or switch toggles Smart and Solar.
const MODE_WRITERS: Writers = LCD_REST_MQTT
    .union(Writers::BUS)
    .union(Writers::APP)
    .union(Writers::BUTTON);

impl SettingFacts {
    const fn new(id: SettingId, label: &'static str, kind: Kind, default: u16) -> Self {
        Self {
            id,
            label,
            kind,
            default,
            key: None,
            register: None,
            writers: LCD,
            role: RoleRule::Any,
            effect: Effect::AtOnce,
        }
    }

    const fn key(mut self, name: &'static str, kind: KeyType) -> Self {
        self.key = Some(StorageKey { name, kind });
        self
    }

    const fn byte(self, name: &'static str) -> Self {
        self.key(name, KeyType::U8)
    }

    const fn word(self, name: &'static str) -> Self {
        self.key(name, KeyType::U16)
    }

    const fn register(mut self, register: u16) -> Self {
        self.register = Some(register);
        self
    }

    const fn writers(mut self, writers: Writers) -> Self {
        self.writers = writers;
        self
    }

    const fn role(mut self, role: RoleRule) -> Self {
        self.role = role;
        self
    }

    const fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    /// A setting of the group: the nodes take it over from their Master.
    const fn group(self, register: u16) -> Self {
        self.register(register)
            .writers(LCD_BUS)
            .role(RoleRule::NotOnNode)
    }
}

/// Facts of all settings in the order of the menu.
pub static SETTINGS: [SettingFacts; SettingId::COUNT] = [
    SettingFacts::new(SettingId::Mode, "MODE", MODES, 0)
        .byte("Mode")
        .register(0x0200)
        .writers(MODE_WRITERS),
    // I-32: the proximity contact keeps its meaning while a vehicle is connected.
    SettingFacts::new(SettingId::Config, "CONFIG", CABLES, 0)
        .byte("Config")
        .register(0x0100)
        .writers(LCD_BUS)
        .effect(Effect::WhenUnplugged),
    // I-32: a locked cable is released by the actuator that locked it.
    SettingFacts::new(SettingId::Lock, "LOCK", LOCKS, 0)
        .byte("Lock")
        .register(0x0101)
        .writers(LCD_BUS)
        .effect(Effect::WhenUnplugged),
    // Own decision: the regulator does not change during a charge.
    SettingFacts::new(SettingId::PwrShare, "PWR SHARE", ROLES, 0)
        .byte("LoadBl")
        .register(0x0104)
        .writers(LCD_BUS)
        .effect(Effect::WhenNotCharging),
    SettingFacts::new(
        SettingId::MainsMet,
        "MAINS MET",
        Kind::Options(MAINS_METERS),
        0,
    )
    .byte("MainsMeter")
    .group(0x0208),
    SettingFacts::new(SettingId::Grid, "GRID", GRIDS, 0)
        .byte("Grid")
        .group(0x0202),
    SettingFacts::new(SettingId::Sb2Wifi, "SB2 WIFI", SENSORBOX_WIFI, 0)
        .byte("SB2WIFImode")
        .group(0x0203),
    SettingFacts::new(SettingId::MainsAdr, "MAINS ADR", ADDRESS, 10)
        .byte("MainsMAddress")
        .group(0x0209),
    SettingFacts::new(SettingId::EvMeter, "EV METER", Kind::Options(EV_METERS), 0)
        .byte("EVMeter")
        .register(0x0108)
        .writers(LCD_BUS),
    SettingFacts::new(SettingId::EvAdr, "EV ADR", ADDRESS, 12)
        .byte("EVMeterAddress")
        .register(0x0109)
        .writers(LCD_BUS),
    SettingFacts::new(SettingId::EmByteOrder, "BYTE ORD", BYTE_ORDERS, 0)
        .byte("EMEndianness")
        .group(0x020A),
    SettingFacts::new(SettingId::EmDataType, "DATA TYPE", DATA_TYPES, 0)
        .byte("EMDataType")
        .group(0x020B),
    SettingFacts::new(SettingId::EmFunction, "FUNCTION", FUNCTIONS, 4)
        .byte("EMFunction")
        .group(0x020C),
    SettingFacts::new(
        SettingId::EmVolReg,
        "VOL REGI",
        Kind::number(Unit::Register, 0, 65530),
        0,
    )
    .word("EMURegister")
    .group(0x020D),
    SettingFacts::new(SettingId::EmVolDiv, "VOL DIVI", DIVISOR, 0)
        .byte("EMUDivisor")
        .group(0x020E),
    SettingFacts::new(
        SettingId::EmCurReg,
        "CUR REGI",
        Kind::number(Unit::Register, 0, 65530),
        0,
    )
    .word("EMIRegister")
    .group(0x020F),
    SettingFacts::new(SettingId::EmCurDiv, "CUR DIVI", DIVISOR, 0)
        .byte("EMIDivisor")
        .group(0x0210),
    SettingFacts::new(
        SettingId::EmPowReg,
        "POW REGI",
        Kind::number(Unit::Register, 0, 65534),
        0,
    )
    .word("EMPRegister")
    .group(0x0211),
    SettingFacts::new(SettingId::EmPowDiv, "POW DIVI", DIVISOR, 0)
        .byte("EMPDivisor")
        .group(0x0212),
    SettingFacts::new(
        SettingId::EmEneReg,
        "ENE REGI",
        Kind::number(Unit::Register, 0, 65534),
        0,
    )
    .word("EMERegister")
    .group(0x0213),
    SettingFacts::new(SettingId::EmEneDiv, "ENE DIVI", DIVISOR, 0)
        .byte("EMEDivisor")
        .group(0x0214),
    SettingFacts::new(
        SettingId::Mains,
        "MAINS",
        Kind::number(Unit::Amps, 10, 200),
        25,
    )
    .word("MaxMains")
    .group(0x0204),
    SettingFacts::new(SettingId::Min, "MIN", Kind::number(Unit::Amps, 6, 16), 6)
        .word("MinCurrent")
        .register(0x0102)
        .writers(LCD_REST_BUS)
        .role(RoleRule::NotOnNode),
    SettingFacts::new(SettingId::Max, "MAX", Kind::number(Unit::Amps, 6, 80), 16)
        .word("MaxCurrent")
        .register(0x0103)
        .writers(LCD_BUS),
    SettingFacts::new(
        SettingId::Circuit,
        "CIRCUIT",
        Kind::number(Unit::Amps, 10, 160),
        25,
    )
    .word("MaxCircuit")
    .group(0x0201),
    SettingFacts::new(
        SettingId::Start,
        "START",
        Kind::number(Unit::AmpsExport, 0, 48),
        4,
    )
    .word("StartCurrent")
    .group(0x0205)
    .writers(LCD_REST_BUS),
    SettingFacts::new(SettingId::Stop, "STOP", TIMER, 10)
        .word("StopTime")
        .group(0x0206)
        .writers(LCD_REST_BUS),
    SettingFacts::new(
        SettingId::Import,
        "IMPORT",
        Kind::number(Unit::Amps, 0, 48),
        0,
    )
    .word("ImportCurrent")
    .group(0x0207)
    .writers(LCD_REST_BUS),
    // X20: the second contactor does not switch during a charge.
    SettingFacts::new(SettingId::Contact2, "CONTACT 2", CONTACT2, 3)
        .word("EnableC2")
        .writers(LCD_REST_MQTT)
        .effect(Effect::WhenNotCharging),
    SettingFacts::new(SettingId::Switch, "SWITCH", SWITCHES, 0)
        .byte("Switch")
        .register(0x0105)
        .writers(LCD_BUS),
    SettingFacts::new(SettingId::Rcmon, "RCMON", TOGGLE, 0)
        .byte("RCmon")
        .register(0x0106)
        .writers(LCD_BUS),
    SettingFacts::new(SettingId::Rfid, "RFID", READER_MODES, 0)
        .byte("RFIDReader")
        .register(0x0107)
        .writers(LCD_BUS),
    SettingFacts::new(SettingId::Wifi, "WIFI", WIFI, 0).byte("WIFImode"),
    SettingFacts::new(SettingId::Autoupdate, "AUTOUPDAT", TOGGLE, 0).byte("AutoUpdate"),
    SettingFacts::new(SettingId::AppPin, "APP PIN", Kind::Action, 0),
    SettingFacts::new(SettingId::AppServer, "APP SERVR", TOGGLE, 0)
        .key("MQTTSmartServer", KeyType::Bool),
    SettingFacts::new(
        SettingId::MaxTemp,
        "MAX TEMP",
        Kind::number(Unit::Celsius, 40, 75),
        65,
    )
    .word("maxTemp"),
    SettingFacts::new(
        SettingId::Capacity,
        "CAPACITY",
        Kind::zero_or(Unit::Amps, 10, 600),
        0,
    )
    .word("MaxSumMains")
    .writers(LCD_REST_MQTT)
    .role(RoleRule::NotOnNode),
    SettingFacts::new(SettingId::CapStop, "CAP STOP", TIMER, 0)
        .word("MaxSumMainsTime")
        .writers(LCD_REST)
        .role(RoleRule::NotOnNode),
    SettingFacts::new(SettingId::LcdPin, "LCD PIN", Kind::Pin, 0).word("LCDPin"),
    SettingFacts::new(SettingId::Priority, "PRIORITY", PRIORITIES, 0)
        .byte("PrioStrategy")
        .writers(LCD_REST_MQTT)
        .role(RoleRule::MasterOnly),
    SettingFacts::new(
        SettingId::Rotation,
        "ROTATION",
        Kind::zero_or(Unit::Minutes, 30, 1440),
        0,
    )
    .word("RotationIntvl")
    .writers(LCD_REST_MQTT)
    .role(RoleRule::MasterOnly),
    SettingFacts::new(
        SettingId::IdleTmo,
        "IDLE TMO",
        Kind::number(Unit::Seconds, 30, 300),
        60,
    )
    .word("IdleTimeout")
    .writers(LCD_REST_MQTT)
    .role(RoleRule::MasterOnly),
];

const _: () = {
    let mut rows: &[SettingFacts] = &SETTINGS;
    let mut ids = SettingId::ALL;
    while let ([row, more_rows @ ..], [id, more_ids @ ..]) = (rows, ids) {
        assert!(
            row.id as u8 == *id as u8,
            "a row is missing or out of order"
        );
        assert!(row.may_hold(row.default), "a default is not legal");
        rows = more_rows;
        ids = more_ids;
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    /// A row says "only at the LCD, at once, for every role, not stored" until
    /// told otherwise, and each word changes only what it says.
    #[test]
    fn when_a_row_is_written_then_each_word_sets_one_fact() {
        let plain = SettingFacts::new(SettingId::AppPin, "APP PIN", Kind::Action, 0);
        assert_eq!(
            (plain.writers, plain.role, plain.effect),
            (LCD, RoleRule::Any, Effect::AtOnce)
        );
        assert_eq!((plain.key, plain.register), (None, None));
        let group = SettingFacts::new(
            SettingId::Mains,
            "MAINS",
            Kind::number(Unit::Amps, 10, 200),
            25,
        )
        .word("MaxMains")
        .group(0x0203)
        .effect(Effect::AtRestart);
        assert_eq!((group.writers, group.role), (LCD_BUS, RoleRule::NotOnNode));
        assert_eq!(
            (group.register, group.effect),
            (Some(0x0203), Effect::AtRestart)
        );
        let key = group.key.map(|key| (key.name, key.kind));
        assert_eq!(key, Some(("MaxMains", KeyType::U16)));
        let byte = plain
            .byte("Pin")
            .role(RoleRule::MasterOnly)
            .writers(LCD_REST);
        assert_eq!(byte.key.map(|key| key.kind), Some(KeyType::U8));
        assert_eq!((byte.role, byte.writers), (RoleRule::MasterOnly, LCD_REST));
    }
}
