//! Just enough of Thrift's compact protocol to look at what a Parquet file declares. Every read is checked: `None`
//! means that the bytes are no such thing.

/// Structures and lists within each other; Parquet has a handful.
const MAX_DEPTH: usize = 16;

pub const LIST: u8 = 9;
pub const STRUCT: u8 = 12;

/// A place in encoded bytes.
pub struct Thrift<'b> {
    pub rest: &'b [u8],
    depth: usize,
}

impl<'b> Thrift<'b> {
    pub fn new(bytes: &'b [u8]) -> Thrift<'b> {
        Thrift { rest: bytes, depth: 0 }
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut n = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            n |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(n);
            }
        }
        None
    }

    /// A whole number.
    pub fn int(&mut self) -> Option<i64> {
        let n = self.varint()?;
        Some((n >> 1) as i64 ^ -((n & 1) as i64))
    }

    /// The length of a list, and the type of its elements.
    pub fn list(&mut self) -> Option<(u64, u8)> {
        let head = self.byte()?;
        let length = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
        // Every element takes a byte at least.
        (length <= self.rest.len() as u64).then_some((length, head & 15))
    }

    /// One level down, followed by recursion.
    fn deeper(&mut self) -> Option<()> {
        self.depth += 1;
        (self.depth <= MAX_DEPTH).then_some(())
    }

    /// Goes through a structure: `take` gets each field's number and type, and says whether it read the value.
    pub fn fields(&mut self, take: &mut dyn FnMut(&mut Thrift<'b>, i64, u8) -> Option<bool>) -> Option<()> {
        self.deeper()?;
        let mut id = 0;
        loop {
            let head = self.byte()?;
            if head == 0 {
                self.depth -= 1;
                return Some(());
            }
            id = if head >> 4 == 0 { self.int()? } else { id + i64::from(head >> 4) };
            if !take(self, id, head & 15)? {
                self.skip(head & 15, false)?;
            }
        }
    }

    /// Leaves a value out. Of a field, a truth value is in its type; in a list it takes a byte.
    fn skip(&mut self, ty: u8, in_list: bool) -> Option<()> {
        match ty {
            1 | 2 if !in_list => {}
            1..=3 => drop(self.byte()?),
            4..=6 => drop(self.varint()?),
            7 => self.rest = self.rest.get(8..)?,
            8 => {
                let length = usize::try_from(self.varint()?).ok()?;
                self.rest = self.rest.get(length..)?;
            }
            LIST | 10 => {
                self.deeper()?;
                let (length, of) = self.list()?;
                for _ in 0..length {
                    self.skip(of, true)?;
                }
                self.depth -= 1;
            }
            STRUCT => self.fields(&mut |_, _, _| Some(false))?,
            _ => return None,
        }
        Some(())
    }
}
