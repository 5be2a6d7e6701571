//! Export formats: one file each.

pub mod csv;
pub mod frame;
pub mod value;
