//! Text in another encoding -> UTF-8, in a stream.
//!
//! ```text
//! GB18030   a , CD F5 0D 0A b , 81 0D 0A        81 begins a character that does not follow
//! UTF-8     a , 王    CR LF b , FF CR LF        FF is no UTF-8: the record's own check finds it there
//! ```
//!
//! So a malformed sequence spoils its record and no other, a character that is cut off at the file's end too. Plain
//! UTF-8, the default, does not pass through here.

use std::borrow::Cow;
use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::FileProblem;
use crate::config::TextEncoding;

/// Stands for a malformed sequence: a byte that is in no UTF-8.
const MALFORMED: u8 = 0xFF;
/// Bytes decoded at once.
const INPUT: usize = 64 << 10;
/// Room for what they become: at most three bytes for one, and a mark.
const OUTPUT: usize = 3 * INPUT + 16;
/// Bytes looked at for zeros between the letters of UTF-16.
const LOOKED_AT: usize = 512;

/// How the text that begins with `start` is to be decoded; `None` when it is UTF-8 as it stands.
///
/// # Errors
/// Refused when a byte order mark, or zeros in every other byte, contradict what the source says.
pub fn choose(
    source: &str,
    setting: Option<&TextEncoding>,
    start: &[u8],
) -> Result<Option<&'static Encoding>, FileProblem> {
    let refused = |why: String| Err(FileProblem::Refused(why));
    if start.starts_with(b"\xff\xfe\0\0") || start.starts_with(b"\0\0\xfe\xff") {
        return refused("the file is UTF-32, which is not supported: export it as UTF-8".to_string());
    }
    let mark = Encoding::for_bom(start).map(|(encoding, _)| encoding);
    let shown = mark.or_else(|| by_zeros(start));
    let told = shown.map_or("", Encoding::name).to_lowercase();
    let how = if mark.is_some() { "by its byte order mark" } else { "by the zero bytes in it" };
    let Some(setting) = setting.filter(|s| s.encoding != UTF_8) else {
        return match shown {
            None => Ok(None),
            Some(encoding) if encoding == UTF_8 => Ok(None),
            Some(_) => refused(format!(
                "the file is {told} {how}, expected utf-8: set `encoding = \"utf-16\"` under [sources.{source}], or export \
                 it as UTF-8"
            )),
        };
    };
    let by_mark = setting.encoding == UTF_16LE && setting.label != "utf-16le";
    match shown {
        Some(encoding) if by_mark && mark.is_some() && encoding != UTF_8 => Ok(Some(encoding)),
        Some(encoding) if encoding != setting.encoding => refused(format!(
            "the file is {told} {how}, but sources.{source}.encoding says \"{}\": correct the setting, or export the file \
             as it says",
            setting.label
        )),
        _ => Ok(Some(setting.encoding)),
    }
}

/// UTF-16 without a mark: zeros in the same half of at least a quarter of all pairs, and few in the other half, where
/// letters as 一 (U+4E00) have one.
fn by_zeros(start: &[u8]) -> Option<&'static Encoding> {
    let pairs = start[..start.len().min(LOOKED_AT)].chunks_exact(2);
    let (mut all, mut first, mut second) = (0, 0, 0);
    for pair in pairs {
        all += 1;
        first += usize::from(pair[0] == 0);
        second += usize::from(pair[1] == 0);
    }
    let (many, few) = (first.max(second), first.min(second));
    if many == 0 || many * 4 < all || few * 4 > many {
        return None;
    }
    Some(if second > first { UTF_16LE } else { UTF_16BE })
}

/// The first bytes as UTF-8, to tell the format by.
pub fn head<'s>(start: &'s [u8], encoding: Option<&'static Encoding>) -> Cow<'s, [u8]> {
    match encoding.map(|e| e.decode_without_bom_handling(start).0) {
        None => Cow::Borrowed(start),
        Some(text) => Cow::Owned(text.into_owned().into_bytes()),
    }
}

/// Gives the bytes of a stream as UTF-8; a byte order mark is given as that of UTF-8.
pub struct Decoded {
    bytes: Box<dyn Read>,
    decoder: Decoder,
    input: Vec<u8>,
    /// What of the input is not decoded yet.
    rest: (usize, usize),
    /// The stream has ended.
    eof: bool,
    /// The decoder has given all.
    done: bool,
    output: Vec<u8>,
    /// What of the output is not handed on yet.
    ready: (usize, usize),
}

impl Decoded {
    pub fn new(bytes: Box<dyn Read>, encoding: &'static Encoding) -> Decoded {
        Decoded {
            bytes,
            decoder: encoding.new_decoder_without_bom_handling(),
            input: vec![0; INPUT],
            rest: (0, 0),
            eof: false,
            done: false,
            output: vec![0; OUTPUT],
            ready: (0, 0),
        }
    }

    /// Decodes until something is ready or all is done.
    fn decode(&mut self) -> io::Result<()> {
        let (mut from, mut to) = self.rest;
        let mut written = 0;
        while written == 0 && !self.done {
            if from == to && !self.eof {
                (from, to) = (0, self.bytes.read(&mut self.input)?);
                self.eof = to == 0;
            }
            let room = &mut self.output[..OUTPUT - 1];
            let (result, read, made) =
                self.decoder.decode_to_utf8_without_replacement(&self.input[from..to], room, self.eof);
            (from, written) = (from + read, made);
            match result {
                DecoderResult::InputEmpty => self.done = self.eof,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => {
                    self.output[written] = MALFORMED;
                    written += 1;
                }
            }
            self.rest = (from, to);
        }
        self.ready = (0, written);
        Ok(())
    }
}

impl Read for Decoded {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.ready.0 == self.ready.1 {
            self.decode()?;
        }
        let (from, to) = self.ready;
        let n = out.len().min(to - from);
        out[..n].copy_from_slice(&self.output[from..from + n]);
        self.ready.0 += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests;
