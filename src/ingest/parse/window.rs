//! The part of a file that is in memory: grows while a record does not fit, never past what a record may hold.

use std::io::{self, Read};

/// Bytes read at once: few enough to stay in the processor's cache until they are parsed.
pub const BLOCK: usize = 1 << 18;

/// A sliding window over a stream of bytes.
pub struct Window {
    bytes: Box<dyn Read>,
    buffer: Vec<u8>,
    start: usize,
    eof: bool,
    block: usize,
}

impl Window {
    /// `block` bytes are read at once; results do not depend on it.
    pub fn new(bytes: Box<dyn Read>, block: usize) -> Window {
        Window { bytes, buffer: Vec::new(), start: 0, eof: false, block: block.max(1) }
    }

    /// The bytes that were read and not yet consumed.
    pub fn data(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Nothing follows [`Window::data`].
    pub fn at_end(&self) -> bool {
        self.eof
    }

    /// Gives the first `n` bytes up.
    pub fn consume(&mut self, n: usize) {
        self.start = (self.start + n).min(self.buffer.len());
    }

    /// Reads on until a block is full; what takes more than half of it gets twice its room, so that a long record is
    /// looked at a few times only.
    pub fn fill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let more = self.block.max(self.buffer.len() * 2) - self.buffer.len();
        if !self.eof {
            self.buffer.reserve_exact(more);
            self.eof = self.bytes.by_ref().take(more as u64).read_to_end(&mut self.buffer)? < more;
        }
        Ok(())
    }

    /// Reads the beginning and drops a byte order mark of UTF-8.
    pub fn skip_mark(&mut self) -> io::Result<()> {
        while self.data().len() < 3 && !self.eof {
            self.fill()?;
        }
        if self.data().starts_with(b"\xef\xbb\xbf") {
            self.consume(3);
        }
        Ok(())
    }
}
