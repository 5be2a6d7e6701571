//! The Arrow schema of a lake table: what Parquet files hold and what chunks of rows look like.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::PARQUET_FIELD_ID_META_KEY;

use crate::domain::schema::{LakeTable, LakeType};

/// Text is Utf8, instants are microseconds in UTC, money is Decimal128(18,2), days are Date32.
pub fn data_type(ty: LakeType) -> DataType {
    match ty {
        LakeType::Text => DataType::Utf8,
        LakeType::Int => DataType::Int64,
        LakeType::Float => DataType::Float64,
        LakeType::Money => DataType::Decimal128(18, 2),
        LakeType::Date => DataType::Date32,
        LakeType::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    }
}

/// The type's name in the catalog.
pub(super) fn ducklake_type(ty: LakeType) -> &'static str {
    match ty {
        LakeType::Text => "varchar",
        LakeType::Int => "int64",
        LakeType::Float => "float64",
        LakeType::Money => "decimal(18,2)",
        LakeType::Date => "date",
        LakeType::Time => "timestamptz",
    }
}

/// The columns' ids, in the table's order: they name a column in the catalog and in every file, for ever.
///
/// The day column is 1, the others follow from 2 in their order (from 1 in tables without a day). So a column that
/// a later version appends to a source or roll-up takes a new id, although events carry their day last.
pub(super) fn column_ids(table: &LakeTable) -> Vec<i32> {
    let mut next = if table.day.is_some() { 2 } else { 1 };
    let id = |(name, _): &(&str, LakeType)| {
        if table.day == Some(name) {
            return 1;
        }
        next += 1;
        next - 1
    };
    table.columns.iter().map(id).collect()
}

/// The table's columns in order, all nullable, each with its field id.
pub fn arrow_schema(table: &LakeTable) -> SchemaRef {
    let field = |((name, ty), id): (&(&'static str, LakeType), i32)| {
        let metadata = HashMap::from([(PARQUET_FIELD_ID_META_KEY.to_string(), id.to_string())]);
        Field::new(*name, data_type(*ty), true).with_metadata(metadata)
    };
    Arc::new(Schema::new(table.columns.iter().zip(column_ids(table)).map(field).collect::<Vec<_>>()))
}
