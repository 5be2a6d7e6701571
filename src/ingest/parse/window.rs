//! The part of a file that is in memory: grows while a record does not fit, never past what a record may hold.

use std::io::{self, Read};

/// Bytes read at once: few enough to stay in the processor's cache until they are parsed.
pub const BLOCK: usize = 1 << 18;

/// A sliding window over a stream of bytes.
pub struct Window {
    bytes: Box<dyn Read>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    eof: bool,
    block: usize,
}

impl Window {
    /// `block` bytes are read at once; results do not depend on it.
    pub fn new(bytes: Box<dyn Read>, block: usize) -> Window {
        Window { bytes, buffer: Vec::new(), start: 0, end: 0, eof: false, block: block.max(1) }
    }

    /// The bytes that were read and not yet consumed.
    pub fn data(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Nothing follows [`Window::data`].
    pub fn at_end(&self) -> bool {
        self.eof
    }

    /// Gives the first `n` bytes up.
    pub fn consume(&mut self, n: usize) {
        self.start = (self.start + n).min(self.end);
    }

    /// Reads on until a block is full; what takes more than half of it gets twice its room, so that a long record is
    /// looked at a few times only.
    pub fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let until = self.block.max(self.end * 2);
        if self.buffer.len() < until {
            self.buffer.resize(until, 0);
        }
        while self.end < until && !self.eof {
            match self.bytes.read(&mut self.buffer[self.end..until]) {
                Ok(0) => self.eof = true,
                Ok(n) => self.end += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
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
