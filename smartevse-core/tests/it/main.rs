//! Integration and property tests of the charging core.

mod prop_settings;
