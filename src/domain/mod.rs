//! The words of the trade as types: days, periods, instants, money, and the schema of every table.
//!
//! Everything above this module speaks in these types. Nothing here touches a file or a clock.

pub mod day;
mod decimal;
pub mod frame;
mod hex;
pub mod money;
pub mod period;
pub mod placeholders;
pub mod printable;
pub mod reason;
pub mod schema;
pub mod time_format;
pub mod values;
pub mod zone;

pub use day::Day;
pub use hex::hex;
pub use money::Cents;
pub use period::{Month, Quarter};
pub use reason::Reason;
pub use time_format::TimeFormat;
pub use zone::{Micros, Zone};

/// An id, name or other text taken from a source; shared, never changed.
pub type Str = std::sync::Arc<str>;
