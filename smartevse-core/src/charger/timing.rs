//! Times of the charging control (charging specification §16).

use smartevse_types::{Duration, Seconds};

/// The beat at which the charging control wants to be called.
pub const POLL_PERIOD: Duration = Duration::from_millis(10);

/// The pilot is not judged this long after its switch or its pulse width changed.
pub const PILOT_BLANK: Duration = Duration::from_millis(50);

/// A forbidden pilot level is tolerated this long while energy flows.
pub const UNFIT_MAX: Duration = Duration::from_millis(100);

/// A forbidden pilot level is tolerated this long while no energy flows (own
/// decision: the generator may settle after a vehicle was plugged in).
pub const INVALID_MAX: Duration = Duration::from_secs(1);

/// The same before anything valid was seen since the start: the pilot may
/// need longer to be sampled for the first time.
pub const INVALID_AT_START: Duration = Duration::from_secs(3);

/// Nobody watched for this long: the supervision was late.
pub const LATE_POLL: Duration = Duration::from_millis(100);

/// A vehicle must ask this long before the contactor closes.
pub const C_DEBOUNCE: Duration = Duration::from_millis(500);

/// A vehicle is there, or gone, when the pilot says so this long.
pub const PRESENCE: Duration = Duration::from_millis(300);

/// Longest time in C1.
pub const C1_GRACE: Duration = Duration::from_secs(6);

/// Isolation of the pilot on entering B1 and after a reset.
pub const PILOT_ISOLATION: Duration = Duration::from_secs(5);

/// Restart delay on entering B1.
pub const DELAY_AFTER_B1: Duration = Duration::from_secs(3);

/// Restart delay on entering C1.
pub const DELAY_AFTER_C1: Duration = Duration::from_secs(15);

/// Restart delay after a shortage, unless planning names another.
pub const DELAY_SHORTAGE: Duration = Duration::from_secs(60);

/// Restart delay after a pilot fault.
pub const DELAY_PILOT_FAULT: Duration = Duration::from_secs(60);

/// The pilot must be valid this long to end a pilot fault.
pub const PILOT_RECOVERY: Duration = Duration::from_secs(60);

/// Pilot faults in one plug-in period after which only unplugging helps.
pub const PILOT_FAULTS_MAX: u8 = 3;

/// A vehicle may rest this long in B before the wake-up pulse.
pub const ACTIVATION_WAIT: Duration = Duration::from_secs(30);

/// Length of the wake-up pulse.
pub const ACTIVATION_PULSE: Duration = Duration::from_secs(4);

/// A pause this long in B1 earns one more wake-up pulse.
pub const LONG_PAUSE: Duration = Duration::from_minutes(5);

/// The main contactor stays open this long after the vehicle opened it.
pub const MIN_OPEN_EV: Duration = Duration::from_secs(2);

/// The main contactor stays open this long after the charger opened it.
pub const MIN_OPEN_EVSE: Duration = Duration::from_secs(10);

/// Time between the two contactors.
pub const CONTACTOR_GAP: Duration = Duration::from_millis(100);

/// A contactor must follow its command within this time.
pub const CONTACTOR_FEEDBACK: Duration = Duration::from_millis(500);

/// Wait before the one retry of a contactor that did not close, and before
/// the one retry of a failed residual-current test.
pub const RETRY_AFTER: Duration = Duration::from_secs(60);

/// Window in which the closings are counted, and length of the lock-out.
pub const FLAPPING_WINDOW: Duration = Duration::from_minutes(5);

/// Contactors must be open this long before the cable is unlocked.
pub const UNLOCK_GUARD: Duration = Duration::from_millis(500);

/// Length of a lock pulse.
pub const LOCK_PULSE: Duration = Duration::from_millis(600);

/// Time from pulse to pulse while the lock is not in position.
pub const LOCK_RETRY: Duration = Duration::from_secs(5);

/// Time from pulse to pulse after the retries have been used up.
pub const LOCK_RETRY_SLOW: Duration = Duration::from_secs(60);

/// Pulses before the lock counts as failed.
pub const LOCK_PULSES: u8 = 5;

/// The lock may leave its position this long while energy flows.
pub const LOCK_LOST: Duration = Duration::from_secs(1);

/// Residual current must last this long to count.
pub const RESIDUAL_CONFIRM: Duration = Duration::from_millis(5);

/// The input must be normal this long before a local reset.
pub const RESIDUAL_NORMAL: Duration = Duration::from_secs(1);

/// Longest time that the monitor may take to react to its test, and to calm
/// down after it.
pub const RESIDUAL_TEST: Duration = Duration::from_secs(1);

/// A passed test is good for this long.
pub const RESIDUAL_TEST_VALID: Duration = Duration::from_secs(24 * 3_600);

/// Distance of two samples of the temperature.
pub const TEMPERATURE_SAMPLE: Duration = Duration::from_secs(1);

/// The module must be cool this long to end TEMP_HIGH.
pub const COOL_FOR: Duration = Duration::from_secs(10);

/// A sensor may be implausible this long.
pub const SENSOR_BAD: Duration = Duration::from_secs(10);

/// A sensor must be plausible this long to end SENSOR_FAULT.
pub const SENSOR_GOOD: Duration = Duration::from_secs(60);

/// The coding of a cable must be unchanged this long (stands for the median
/// of five samples).
pub const CODING_STABLE: Duration = Duration::from_millis(50);

/// The switch must be unchanged this long.
pub const SWITCH_DEBOUNCE: Duration = Duration::from_millis(120);

/// Isolation of the pilot before the modem listens (decision 47).
pub const MODEM_REQUEST: Duration = Duration::from_secs(1);

/// The modem may wait this long for the vehicle.
pub const MODEM_TIMEOUT: Duration = Duration::from_secs(60);

/// Isolation of the pilot after the modem has finished.
pub const MODEM_DONE: Duration = Duration::from_secs(5);

/// A refused vehicle waits this long for its next try.
pub const MODEM_DENIED: Duration = Duration::from_secs(60);

/// 12 V for this long: the next vehicle talks to the modem again.
pub const MODEM_FORGET: Duration = Duration::from_secs(3);

/// Local resets of a residual-current trip that one hour may hold.
pub const RESIDUAL_RESET_WINDOW: Duration = Duration::from_minutes(60);

/// Longest random start delay after a power return.
pub const START_DELAY_MAX: Seconds = Seconds::from_secs(30);

/// A master must answer within this time.
pub const HANDSHAKE: Duration = Duration::from_secs(30);
