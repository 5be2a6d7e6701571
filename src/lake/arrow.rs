//! The Arrow schema of a lake table: what Parquet files hold and what chunks of rows look like.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

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

/// The table's columns in order, all nullable; the field id of column n (from 1) is n.
pub fn arrow_schema(table: &LakeTable) -> SchemaRef {
    let fields: Vec<Field> = table
        .columns
        .iter()
        .enumerate()
        .map(|(n, (name, ty))| {
            let id = (parquet::arrow::PARQUET_FIELD_ID_META_KEY.to_string(), (n + 1).to_string());
            Field::new(*name, data_type(*ty), true).with_metadata(std::collections::HashMap::from([id]))
        })
        .collect();
    Arc::new(Schema::new(fields))
}
