//! Pure values of the field: periods, quantities, money, ids, Vietnamese text.
//!
//! No input or output, no wire, no database. Every value is checked once, where it is
//! made, and trusted afterwards.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod aggregate;
pub mod date;
pub mod decimal;
pub mod document_number;
pub mod ids;
pub mod invalid;
pub mod money;
pub mod percent;
pub mod period;
pub mod quantity;
pub mod ratio;
pub mod text;
pub mod validity;
pub mod violations;
pub mod words;
pub mod working_days;
