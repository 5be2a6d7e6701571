//! Some thousand records that are split but not read yet, so that columns can be read one after the other.

use super::split::each_end;

/// Records of a block, at most, and bytes from which it is full: few enough to stay in the processor's cache.
const RECORDS: usize = 1024;
const BYTES: usize = 128 << 10;

/// Records of one width, each whole and without quotes to be taken out.
pub struct Block {
    /// The records, each with a line end after it: so no character is made of the ends of two.
    bytes: Vec<u8>,
    records: Vec<At>,
    /// Start and end in `bytes` of every field, record after record.
    fields: Vec<(u32, u32)>,
    width: usize,
}

#[derive(Clone, Copy)]
struct At {
    line: u64,
    start: u32,
    end: u32,
}

impl Block {
    /// For records of `width` fields, at least one.
    pub fn new(width: usize) -> Block {
        let width = width.max(1);
        let (bytes, records) = (Vec::with_capacity(BYTES), Vec::with_capacity(RECORDS));
        Block { bytes, records, fields: Vec::with_capacity(BYTES.min(RECORDS * width)), width }
    }

    /// Takes a record whose fields, `width` many, are these ranges of its bytes. It has less than 4 GiB.
    pub fn push(&mut self, line: u64, bytes: &[u8], fields: impl Iterator<Item = (usize, usize)>) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.records.push(At { line, start: start as u32, end: self.bytes.len() as u32 });
        self.bytes.push(b'\n');
        self.fields.extend(fields.map(|(from, to)| ((start + from) as u32, (start + to) as u32)));
    }

    /// Takes lines, the first of which has the number `first`: whole ones with `width` fields, until one has not or the
    /// block is full, which it is with `room` records at the latest. There is no quote and no CR in the text. Returns
    /// how many bytes and lines were taken; empty lines, which are no records, are among them.
    pub fn take_lines(&mut self, text: &[u8], delimiter: u8, first: u64, room: usize) -> (usize, u64) {
        let base = self.bytes.len();
        let text = &text[..text.len().min(BYTES.saturating_sub(base))];
        let (room, width) = (RECORDS.min(room), self.width);
        let (mut taken, mut lines, mut start, mut fields) = (0, 0, 0, 0);
        each_end(text, delimiter, |at| {
            self.fields.push(((base + start) as u32, (base + at) as u32));
            (start, fields) = (at + 1, fields + 1);
            if text[at] != b'\n' {
                return true;
            }
            if at == taken {
                self.fields.pop();
            } else if fields == width {
                self.records.push(At { line: first + lines, start: (base + taken) as u32, end: (base + at) as u32 });
            } else {
                return false;
            }
            (taken, lines, fields) = (start, lines + 1, 0);
            self.records.len() < room
        });
        self.fields.truncate(self.records.len() * self.width);
        self.bytes.extend_from_slice(&text[..taken]);
        (taken, lines)
    }

    /// Whether it is to be read before it takes another record; `room` is how many are wanted at most.
    pub fn is_full(&self, room: usize) -> bool {
        self.records.len() >= RECORDS.min(room) || self.bytes.len() >= BYTES
    }

    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.records.clear();
        self.fields.clear();
    }

    /// The records as text; `None` when one of them is no UTF-8.
    pub fn texts(&self) -> Option<Texts<'_>> {
        std::str::from_utf8(&self.bytes).ok().map(|text| Texts { text, block: self })
    }

    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Line and bytes of a record, and the ranges of its fields in them.
    pub fn record(&self, n: usize) -> (u64, &[u8], impl Iterator<Item = (usize, usize)>) {
        let At { line, start, end } = self.records[n];
        let fields = &self.fields[n * self.width..][..self.width];
        let ranges = fields.iter().map(move |(from, to)| ((from - start) as usize, (to - start) as usize));
        (line, &self.bytes[start as usize..end as usize], ranges)
    }
}

/// A block's records as text.
#[derive(Clone, Copy)]
pub struct Texts<'b> {
    text: &'b str,
    block: &'b Block,
}

impl<'b> Texts<'b> {
    pub fn len(self) -> usize {
        self.block.records.len()
    }

    /// The texts of the fields at a position, from the first record to the last.
    pub fn column(self, position: usize) -> impl Iterator<Item = &'b str> {
        let records = self.block.fields.chunks_exact(self.block.width);
        records.map(move |fields| fields.get(position).map_or("", |field| self.text_of(*field)))
    }

    /// The text of a record's field at a position.
    pub fn cell(self, record: usize, position: usize) -> &'b str {
        let field = self.block.fields.get(record * self.block.width + position);
        field.map_or("", |field| self.text_of(*field))
    }

    #[inline]
    fn text_of(self, (from, to): (u32, u32)) -> &'b str {
        self.text.get(from as usize..to as usize).unwrap_or_default()
    }

    /// The line of each record and its bytes.
    pub fn lines(self) -> impl Iterator<Item = (u64, usize)> + 'b {
        self.block.records.iter().map(|at| (at.line, (at.end - at.start) as usize))
    }
}
