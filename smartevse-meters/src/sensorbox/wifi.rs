//! Wi-Fi, clock and portal of a Sensorbox 2 (registers 0x14 to 0x1F).

/// Wi-Fi mode of a Sensorbox, also the option of the SB2 WIFI item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WifiMode {
    /// 0: off.
    Disabled,
    /// 1: joins the known network.
    Enabled,
    /// 2: opens its set-up portal.
    Portal,
    /// A code without meaning.
    Unknown(u8),
}

impl WifiMode {
    /// The mode with this code.
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Disabled,
            1 => Self::Enabled,
            2 => Self::Portal,
            other => Self::Unknown(other),
        }
    }

    /// The code on the bus and in the settings.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Disabled => 0,
            Self::Enabled => 1,
            Self::Portal => 2,
            Self::Unknown(code) => code,
        }
    }
}

/// The clock of a Sensorbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocalTime {
    /// Hour, 0–23.
    pub hour: u8,
    /// Minute, 0–59.
    pub minute: u8,
    /// Day of the month, 1–31.
    pub day: u8,
    /// Month, 1–12.
    pub month: u8,
    /// Year.
    pub year: u16,
    /// Day of the week, 0 = Sunday.
    pub weekday: u8,
}

/// What a Sensorbox 2 tells about its network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wifi {
    /// Its clock; `None` while it is not set or impossible.
    pub local_time: Option<LocalTime>,
    /// Whether the box says that its clock is set.
    pub is_time_set: bool,
    /// Whether it has joined a network.
    pub is_connected: bool,
    /// Whether its set-up portal is open.
    pub is_portal_open: bool,
    /// Its mode.
    pub mode: WifiMode,
    /// IPv4 address.
    pub ip: [u8; 4],
    /// Low four bytes of the MAC address.
    pub mac: [u8; 4],
    /// Password of the portal: 8 printable characters.
    password: Option<[u8; 8]>,
}

/// The part of [`Wifi`] that SB2 WIFI depends on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WifiState {
    /// The mode of the box.
    pub mode: WifiMode,
    /// Whether it has joined a network.
    pub is_connected: bool,
}

impl From<&Wifi> for WifiState {
    fn from(wifi: &Wifi) -> Self {
        Self {
            mode: wifi.mode,
            is_connected: wifi.is_connected,
        }
    }
}

impl Wifi {
    /// Password of the portal, when the box shows one.
    #[must_use]
    pub fn password(&self) -> Option<&str> {
        core::str::from_utf8(self.password.as_ref()?).ok()
    }
}

/// Reads the registers from 0x14 on; `None` when the data are too short.
pub(super) fn decode(data: &[u8]) -> Option<Wifi> {
    let &[flags, mode, hour, minute, day, month, year, weekday] =
        data.get(40..)?.first_chunk::<8>()?;
    let clock = LocalTime {
        hour,
        minute,
        day,
        month: month.saturating_add(1),
        year: u16::from(year).saturating_add(1900),
        weekday,
    };
    let is_time_set = flags & 0x01 != 0;
    Some(Wifi {
        local_time: (is_time_set && is_possible(&clock)).then_some(clock),
        is_time_set,
        is_connected: flags & 0x02 != 0,
        is_portal_open: flags & 0x04 != 0,
        mode: WifiMode::from_code(mode & 0x03),
        ip: *data.get(48..)?.first_chunk()?,
        mac: *data.get(52..)?.first_chunk()?,
        password: password(*data.get(56..)?.first_chunk()?),
    })
}

const fn is_possible(clock: &LocalTime) -> bool {
    clock.hour < 24
        && clock.minute < 60
        && matches!(clock.day, 1..=31)
        && matches!(clock.month, 1..=12)
        && clock.weekday < 7
}

/// The characters come last one first.
fn password(mut bytes: [u8; 8]) -> Option<[u8; 8]> {
    bytes.reverse();
    let printable = bytes.iter().all(|byte| matches!(byte, 0x20..=0x7E));
    printable.then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registers() -> [u8; 64] {
        let mut data = [0; 64];
        data[40..48].copy_from_slice(&[0x03, 0x01, 12, 34, 20, 10, 126, 6]);
        data[48..56].copy_from_slice(&[192, 168, 1, 77, 1, 2, 3, 4]);
        data[56..].copy_from_slice(b"HGFEDCBA");
        data
    }

    /// meters 7: day before month, month from 0, years since 1900
    #[test]
    fn when_the_clock_is_set_then_it_is_read() {
        let wifi = decode(&registers()).unwrap();
        let clock = LocalTime {
            hour: 12,
            minute: 34,
            day: 20,
            month: 11,
            year: 2026,
            weekday: 6,
        };
        assert_eq!(wifi.local_time, Some(clock));
        assert_eq!(wifi.password(), Some("ABCDEFGH"));
        assert_eq!((wifi.mode, wifi.mac), (WifiMode::Enabled, [1, 2, 3, 4]));
        let mut unset = registers();
        unset[40] = 0x02;
        assert_eq!(decode(&unset).unwrap().local_time, None);
        let mut impossible = registers();
        impossible[42] = 24;
        assert_eq!(decode(&impossible).unwrap().local_time, None);
    }

    /// meters 12: a password that cannot be printed is none
    #[test]
    fn when_the_password_is_not_printable_then_there_is_none() {
        for byte in [0x00, 0x1F, 0x7F, 0xFF] {
            let mut data = registers();
            data[60] = byte;
            assert_eq!(decode(&data).unwrap().password(), None);
        }
        assert_eq!(decode(&registers()[..63]), None);
    }
}
