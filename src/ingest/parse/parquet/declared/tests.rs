use std::io::Write as _;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int32Array, RecordBatch, StringArray, StructArray};
use arrow_schema::{DataType, Field, Fields, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::properties::WriterProperties;

use super::*;
use crate::ingest::FileProblem;
use crate::ingest::read::tests::Case;

fn written(columns: Vec<(&str, ArrayRef)>, properties: Option<WriterProperties>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), properties).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[track_caller]
fn refused(bytes: &[u8], expected: &str) {
    match Case::new().read("targets", "t.parquet", bytes) {
        Err(FileProblem::Refused(why)) if why.contains(expected) => {}
        other => panic!("{other:?}"),
    }
}

/// A footer whose schema is a chain of groups: it would be followed by recursion.
#[test]
fn a_schema_without_a_ground_is_refused() {
    let chain = |count: u32, last: u8| {
        let mut footer = vec![0x15, 0x02, 0x19, 0xfc];
        footer.extend([count as u8 | 0x80, (count >> 7) as u8 | 0x80, (count >> 14) as u8]);
        for n in 1..=count {
            footer.extend([0x48, 1, b'a', 0x15, if n == count { last } else { 2 }, 0]);
        }
        footer.push(0);
        let size = (footer.len() as u32).to_le_bytes();
        [&b"PAR1"[..], &footer, &size, b"PAR1"].concat()
    };
    refused(&chain(200_000, 0), "nested too deep");
    // More children than there are elements.
    refused(&chain(3, 0x7e), "schema is damaged");
    let mut field = Field::new("x", DataType::Int32, true);
    let mut array: ArrayRef = Arc::new(Int32Array::from(vec![1]));
    for _ in 0..35 {
        let fields = Fields::from(vec![field]);
        array = Arc::new(StructArray::new(fields.clone(), vec![array], None));
        field = Field::new("x", DataType::Struct(fields), true);
    }
    assert_eq!(Schema::new(vec![field]).fields().len(), 1);
    refused(&written(vec![("x", array)], None), "nested too deep");
    let tail = [&b"PAR1 and then"[..], &u32::MAX.to_le_bytes(), b"PAR1"].concat();
    refused(&tail, "footer is missing");
}

/// Lists within lists in a field that nobody asked for.
#[test]
fn nesting_that_is_left_out_is_not_followed_either() {
    let footer = [&[0x39][..], &[0x19; 400_000]].concat();
    let size = (footer.len() as u32).to_le_bytes();
    refused(&[&b"PAR1"[..], &footer, &size, b"PAR1"].concat(), "nested too deep");
}

/// Two row groups that say that they are in the same place.
#[test]
fn pages_are_read_once() {
    let bytes = written(vec![("a", Arc::new(Int32Array::from(vec![1; 2000])))], None);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file.try_clone().unwrap()).unwrap();
    let once = builder.metadata();
    let times = |n| {
        let groups = once.row_groups().iter().cycle().take(n).cloned().collect();
        rows_at_once(&file, &ParquetMetaData::new(once.file_metadata().clone(), groups), &[0]).unwrap()
    };
    assert!(times(1).is_ok());
    assert!(times(100).unwrap_err().contains("longer together than the file"));
}

#[test]
fn long_texts_are_decoded_a_few_at_once() {
    let long = "x".repeat(4 << 20);
    let texts = StringArray::from(vec![Some(long.as_str()); 20]);
    let plain = WriterProperties::builder().set_dictionary_enabled(false).build();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&written(vec![("a", Arc::new(Int32Array::from(vec![1; 20]))), ("b", Arc::new(texts))], Some(plain)))
        .unwrap();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file.try_clone().unwrap()).unwrap();
    let rows = |columns: &[usize]| rows_at_once(&file, builder.metadata(), columns).unwrap().unwrap();
    assert_eq!(rows(&[1]), 7);
    assert!(rows(&[0]) > 1_000_000 && rows(&[]) > 1_000_000);
}

/// One long text in a dictionary, and hundreds of rows that name it.
#[test]
fn rows_out_of_proportion_are_refused() {
    let long = "x".repeat(1 << 20);
    let column = |text: &str| -> ArrayRef {
        let keys = Int32Array::from(vec![0; 300]);
        Arc::new(DictionaryArray::<Int32Type>::new(keys, Arc::new(StringArray::from(vec![text]))))
    };
    let columns = [("company_id", "c"), ("name", &*long), ("segment", "s"), ("size", "small")];
    let bytes = written(columns.into_iter().map(|(name, text)| (name, column(text))).collect(), None);
    assert!(bytes.len() < 3 << 20);
    match Case::new().read("companies", "t.parquet", &bytes) {
        Err(FileProblem::Refused(why)) => assert!(why.contains("out of all proportion"), "{why}"),
        other => panic!("{:?}", other.map(|read| read.rows_read)),
    }
}

#[test]
fn a_page_must_end_where_it_says() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    // The part that does not shrink makes it large enough to be looked into.
    let noise = |n: u64| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8 ^ (n / 251) as u8;
    packed.write_all(&(0..40_000).map(noise).collect::<Vec<_>>()).unwrap();
    packed.write_all(&vec![0; 160_000]).unwrap();
    let packed = packed.finish().unwrap();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&packed).unwrap();
    let keeps = |unpacked| {
        let page = Page { unpacked, packed: packed.len() as u64, ..Page::default() };
        keeps_to_its_size(&file, 0, &page, Compression::GZIP(Default::default())).unwrap()
    };
    assert!(packed.len() as u64 > HARMLESS, "{}", packed.len());
    assert!(keeps(200_000) && !keeps(199_999) && !keeps(100));
}
