//! Why a record of a source is refused: the words of the quarantine.

/// Why a record is refused; the words of the contract, §2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
// A whole word: of a result that is a reason or a value no byte is copied by itself.
#[repr(u64)]
pub enum Reason {
    Missing,
    BadTime,
    BadDate,
    BadNumber,
    BadPeriod,
    IdTooLong,
    TimeRange,
    NumberRange,
    UnknownWord,
    Parse,
    Encoding,
    ReservedWord,
    EndBeforeStart,
    IdConflict,
    FileRefused,
    /// Its id was erased; the record is not kept.
    Erased,
}

impl Reason {
    /// Every reason, in the contract's order.
    pub const ALL: [Reason; 16] = [
        Reason::Missing,
        Reason::BadTime,
        Reason::BadDate,
        Reason::BadNumber,
        Reason::BadPeriod,
        Reason::IdTooLong,
        Reason::TimeRange,
        Reason::NumberRange,
        Reason::UnknownWord,
        Reason::Parse,
        Reason::Encoding,
        Reason::ReservedWord,
        Reason::EndBeforeStart,
        Reason::IdConflict,
        Reason::FileRefused,
        Reason::Erased,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Reason::Missing => "missing",
            Reason::BadTime => "bad_time",
            Reason::BadDate => "bad_date",
            Reason::BadNumber => "bad_number",
            Reason::BadPeriod => "bad_period",
            Reason::IdTooLong => "id_too_long",
            Reason::TimeRange => "time_range",
            Reason::NumberRange => "number_range",
            Reason::UnknownWord => "unknown_word",
            Reason::Parse => "parse",
            Reason::Encoding => "encoding",
            Reason::ReservedWord => "reserved_word",
            Reason::EndBeforeStart => "end_before_start",
            Reason::IdConflict => "id_conflict",
            Reason::FileRefused => "file_refused",
            Reason::Erased => "erased",
        }
    }
}
