use proptest::prelude::*;

use crate::config::{Mode, VisitorIds};
use crate::ingest::personal::Personal;
use crate::ingest::read::tests::Case;

/// Texts that a cell of shop clicks may hold, good and bad.
const CELLS: &[&str] = &[
    "",
    "e1",
    " e1 ",
    "2026-07-01T09:30:00Z",
    "2026-07-01 09:30:00.25",
    "2026-07-01 25:30:00",
    "2026-07-02T23:59:59+08:00 ",
    "\0\0\0\0\0\0\0\0\0\0 09:30:00",
    "1999-01-01T00:00:00Z",
    "2027-07-01T00:00:00Z",
    "Search",
    "n/a",
    "王",
    "\u{3000}\u{a0}",
    "\"q\"",
    "\"a,\"\"b\"\n\"",
    "x\"y",
    "(long)",
];

fn line() -> impl Strategy<Value = Vec<u8>> {
    let good = vec![0usize, 1, 3, 3, 4, 4, 10, 12];
    let cell = prop_oneof![5 => prop::sample::select(good), 1 => 0..CELLS.len()];
    // Mostly as many cells as the header has; sometimes a byte that is no character.
    (prop_oneof![20 => Just(7), 1 => 5usize..9], prop::collection::vec(cell, 9), prop::bool::weighted(0.02)).prop_map(
        |(width, cells, foreign)| {
            let mut cells: Vec<&str> = cells[..width].iter().map(|n| CELLS[*n]).collect();
            // So that many lines are good.
            cells.iter_mut().take(3).zip(["e1", "2026-07-01T09:30:00Z", "c1"]).for_each(|(cell, usual)| {
                if cell.len() < 3 {
                    *cell = usual;
                }
            });
            let mut line = cells.join(",").replace("(long)", &"x".repeat(129)).into_bytes();
            line.extend(foreign.then_some(0xff));
            line.push(b'\n');
            line
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Record by record, as a table that is delivered whole is read, the same comes out: rows, refusals, their order.
    #[test]
    fn columns_give_what_records_give(
        lines in prop::collection::vec(line(), 0..40),
        chunk_rows in prop::sample::select(vec![1usize, 3, 1000]),
        block in prop::sample::select(vec![7usize, 64, 1 << 16]),
        visitors in prop::sample::select(vec![VisitorIds::Plain, VisitorIds::Hash, VisitorIds::Drop]),
        nulls in prop::bool::ANY,
    ) {
        let header = b"event_id,ts,company_id,visitor_id,click_source,page,excluded\n";
        let text = [&header[..], &lines.concat()].concat();
        let mut case = Case::new();
        (case.block, case.chunk_rows, case.personal) = (block, chunk_rows, Personal::with_key(visitors, [7; 32]));
        if nulls {
            case.config.null_values = vec!["n/a".to_string(), "王".to_string()];
            case.config.constants = [("click_source".to_string(), "ads".to_string())].into();
        }
        let by_column = case.read("shop_clicks", "c.csv", &text).unwrap();
        case.config.mode = Mode::Full;
        prop_assert_eq!(&by_column, &case.read("shop_clicks", "c.csv", &text).unwrap());
    }
}
