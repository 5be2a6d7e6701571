//! Frames: tables in memory with a declared schema. What a mart returns and every export writes.
//!
//! A mart declares its row once with [`rows!`](crate::rows!): the struct, the column names, their types and their
//! one-line descriptions are the same text, so code, exports and `docs/data-model.md` cannot part.

use super::{Cents, Day, Micros, Str};

/// The type of a column, as every export understands it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Text,
    Int,
    Float,
    Money,
    Date,
    Time,
    Bool,
}

/// One column of a frame: its contract name, type and description (with the unit).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnSpec {
    pub name: &'static str,
    pub ty: Type,
    pub doc: &'static str,
}

/// The schema of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameSpec {
    pub name: &'static str,
    /// What one row is.
    pub grain: &'static str,
    /// The columns that identify a row, in order.
    pub key: &'static [&'static str],
    pub columns: &'static [ColumnSpec],
}

impl FrameSpec {
    /// Position of a column, if there is one of that name.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name)
    }
}

/// The values of one column; `None` is null.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    Text(Vec<Option<Str>>),
    Int(Vec<Option<i64>>),
    Float(Vec<Option<f64>>),
    Money(Vec<Option<Cents>>),
    Date(Vec<Option<Day>>),
    Time(Vec<Option<Micros>>),
    Bool(Vec<Option<bool>>),
}

/// One value of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Null,
    Text(&'a str),
    Int(i64),
    Float(f64),
    Money(Cents),
    Date(Day),
    Time(Micros),
    Bool(bool),
}

impl Column {
    pub fn new(ty: Type) -> Column {
        match ty {
            Type::Text => Column::Text(Vec::new()),
            Type::Int => Column::Int(Vec::new()),
            Type::Float => Column::Float(Vec::new()),
            Type::Money => Column::Money(Vec::new()),
            Type::Date => Column::Date(Vec::new()),
            Type::Time => Column::Time(Vec::new()),
            Type::Bool => Column::Bool(Vec::new()),
        }
    }

    pub fn get(&self, row: usize) -> Value<'_> {
        fn of<'a, T: Copy>(cell: Option<T>, wrap: fn(T) -> Value<'a>) -> Value<'a> {
            cell.map_or(Value::Null, wrap)
        }
        match self {
            Column::Text(v) => v[row].as_deref().map_or(Value::Null, Value::Text),
            Column::Int(v) => of(v[row], Value::Int),
            Column::Float(v) => of(v[row], Value::Float),
            Column::Money(v) => of(v[row], Value::Money),
            Column::Date(v) => of(v[row], Value::Date),
            Column::Time(v) => of(v[row], Value::Time),
            Column::Bool(v) => of(v[row], Value::Bool),
        }
    }
}

/// A table in memory: rows under a declared schema, in a total order.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub spec: &'static FrameSpec,
    pub columns: Vec<Column>,
    pub rows: usize,
}

impl Frame {
    /// The frame of typed rows, in their order.
    pub fn of<R: Row>(rows: &[R]) -> Frame {
        let mut columns: Vec<Column> = R::SPEC.columns.iter().map(|c| Column::new(c.ty)).collect();
        for row in rows {
            row.push(&mut columns);
        }
        Frame { spec: R::SPEC, columns, rows: rows.len() }
    }

    pub fn get(&self, row: usize, column: usize) -> Value<'_> {
        self.columns[column].get(row)
    }

    /// The value of a named column; null when there is no such column.
    pub fn value(&self, row: usize, name: &str) -> Value<'_> {
        self.spec.index(name).map_or(Value::Null, |c| self.get(row, c))
    }
}

/// A typed row of a frame; made by [`rows!`](crate::rows!).
pub trait Row {
    const SPEC: &'static FrameSpec;
    fn push(&self, columns: &mut [Column]);
}

/// A Rust type that stands for a column's values, null included.
pub trait Cell {
    const TYPE: Type;
    fn push(&self, column: &mut Column);
}

/// A field's name as a column's name: `r#final` is `final`.
pub const fn plain(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}

macro_rules! cell {
    ($rust:ty, $variant:ident) => {
        impl Cell for $rust {
            const TYPE: Type = Type::$variant;
            fn push(&self, column: &mut Column) {
                if let Column::$variant(values) = column {
                    values.push(Some(self.clone()));
                }
            }
        }
        impl Cell for Option<$rust> {
            const TYPE: Type = Type::$variant;
            fn push(&self, column: &mut Column) {
                if let Column::$variant(values) = column {
                    values.push(self.clone());
                }
            }
        }
    };
}

cell!(Str, Text);
cell!(i64, Int);
cell!(f64, Float);
cell!(Cents, Money);
cell!(Day, Date);
cell!(Micros, Time);
cell!(bool, Bool);

/// Declares a frame's row: `rows! { struct Name = "table", "grain", key(a, b); #[doc] field: Type, … }`.
///
/// Each field needs exactly one doc line, which becomes the column's description.
#[macro_export]
macro_rules! rows {
    (
        $(#[$meta:meta])*
        pub struct $name:ident = $table:literal, $grain:literal, key($($key:ident),*) {
            $( #[doc = $doc:literal] $field:ident : $ty:ty ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $( #[doc = $doc] pub $field: $ty, )*
        }

        impl $crate::domain::frame::Row for $name {
            const SPEC: &'static $crate::domain::frame::FrameSpec = &$crate::domain::frame::FrameSpec {
                name: $table,
                grain: $grain,
                key: &[$(stringify!($key)),*],
                columns: &[
                    $( $crate::domain::frame::ColumnSpec {
                        name: $crate::domain::frame::plain(stringify!($field)),
                        ty: <$ty as $crate::domain::frame::Cell>::TYPE,
                        doc: $doc.trim_ascii(),
                    }, )*
                ],
            };

            fn push(&self, columns: &mut [$crate::domain::frame::Column]) {
                let mut column = columns.iter_mut();
                $(
                    if let Some(column) = column.next() {
                        $crate::domain::frame::Cell::push(&self.$field, column);
                    }
                )*
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    rows! {
        /// A row for this test.
        pub struct Toy = "toy", "toy", key(id) {
            /// the id
            id: Str,
            /// how much (currency)
            amount: Option<Cents>,
        }
    }

    #[test]
    fn rows_become_columns_under_their_schema() {
        let rows = [Toy { id: "a".into(), amount: None }, Toy { id: "b".into(), amount: Some(Cents(5)) }];
        let frame = Frame::of(&rows);
        assert_eq!(frame.spec.columns[1], ColumnSpec { name: "amount", ty: Type::Money, doc: "how much (currency)" });
        assert_eq!(frame.value(0, "amount"), Value::Null);
        assert_eq!(frame.value(1, "amount"), Value::Money(Cents(5)));
        assert_eq!(frame.spec.key, ["id"]);
    }
}
