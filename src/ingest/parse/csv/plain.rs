//! Lines without a quote or a CR, many at once: what most files are made of.

use memchr::{memchr, memchr_iter};

use super::Records;
use crate::ingest::parse::block::Block;

impl Records {
    /// Moves plain records to a block, the next ones: whole lines without a quote that LF ends, of as many fields as the
    /// header has. Returns whether there were any, or empty lines; if not, the next record is to be read by itself.
    pub fn take_plain(&mut self, block: &mut Block, room: usize) -> bool {
        let last = std::mem::take(&mut self.last);
        self.advance(last);
        let (quote, cr) = self.plain_until();
        let plain = &self.window.data()[..quote.min(cr)];
        let (bytes, lines) = block.take_lines(plain, self.delimiter, self.lines_before + 1, room);
        self.advance(bytes);
        self.lines_before += lines;
        bytes > 0
    }

    /// Reads over up to `most` lines of the window, all of which LF ends.
    pub(super) fn skip_lines(&mut self, most: u64) {
        let (_, cr) = self.plain_until();
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let ends = memchr_iter(b'\n', &self.window.data()[..cr]).take(most).enumerate().last();
        if let Some((n, at)) = ends {
            self.advance(at + 1);
            self.lines_before += n as u64 + 1;
        }
    }

    /// The bytes of the window before a quote, and before a CR.
    fn plain_until(&mut self) -> (usize, usize) {
        let data = self.window.data();
        let quote = *self.quote.get_or_insert_with(|| memchr(b'"', data).unwrap_or(data.len()));
        let cr = *self.cr.get_or_insert_with(|| memchr(b'\r', data).unwrap_or(data.len()));
        (quote, cr)
    }
}
