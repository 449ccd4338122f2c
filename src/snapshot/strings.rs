//! The array of strings, from pieces of any size, into one text with offsets.

use super::error::{ErrorKind, Result, SnapshotError};

/// All strings of a snapshot, one behind the other.
///
/// V8 writes them lossily (characters beyond 16 bits are cut, long strings are cut at 1,024), so the text is for people
/// and is never exact.
#[derive(Debug, Default)]
pub struct Strings {
    text: String,
    /// Where each ends; the first starts at 0.
    ends: Vec<u32>,
}

impl Strings {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The string of that index; empty where there is none.
    #[must_use]
    pub fn get(&self, index: u32) -> &str {
        let index = index as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends.get(before).copied().unwrap_or(0));
        let end = self.ends.get(index).copied().unwrap_or(start);
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Bytes held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * size_of::<u32>()
    }
}

/// Reads the array of strings from behind its bracket on.
pub struct StringsParser {
    text: Vec<u8>,
    ends: Vec<u32>,
    expect: Expect,
    /// The first half of a surrogate pair that waits for the second.
    high: Option<u16>,
    /// A character of several bytes that is not complete.
    partial: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    /// The first string or the end.
    First,
    /// A string.
    Value,
    /// A comma or the end.
    Comma,
    /// Text, or the quotation mark that ends it.
    Text,
    /// What follows a backslash.
    Escape,
    /// That many hexadecimal digits of a `\u`, whose value so far is the second.
    Hex(u8, u16),
    /// The rest of a character of several bytes.
    Bytes,
}

/// The character for what is no character.
const REPLACEMENT: char = '\u{fffd}';

impl StringsParser {
    /// `room` is the number of bytes that may still come, as far as that is known.
    pub fn new(room: usize) -> Self {
        Self {
            text: Vec::with_capacity(room),
            ends: Vec::new(),
            expect: Expect::First,
            high: None,
            partial: Vec::with_capacity(4),
        }
    }

    /// Reads on; true when the array is over and its bracket has been read.
    pub fn feed(&mut self, bytes: &[u8], at: &mut usize, base: u64) -> Result<bool> {
        loop {
            if self.expect == Expect::Text && self.high.is_none() {
                self.plain(bytes, at);
            }
            let Some(&byte) = bytes.get(*at) else { return Ok(false) };
            let offset = base + *at as u64;
            *at += 1;
            match self.expect {
                Expect::First | Expect::Comma if byte == b']' => return Ok(true),
                _ => self.byte(byte, offset)?,
            }
        }
    }

    /// Copies what needs no look: plain text up to a quotation mark, a backslash or anything else of interest.
    #[inline]
    fn plain(&mut self, bytes: &[u8], at: &mut usize) {
        let start = *at;
        let mut end = start;
        while let Some(word) = bytes.get(end..).and_then(|rest| rest.first_chunk::<8>()) {
            let plain = leading_plain(u64::from_le_bytes(*word));
            end += plain;
            if plain < 8 {
                break;
            }
        }
        while bytes.get(end).is_some_and(|&byte| is_plain(byte)) {
            end += 1;
        }
        self.text.extend_from_slice(&bytes[start..end]);
        *at = end;
    }

    fn byte(&mut self, byte: u8, at: u64) -> Result<()> {
        match self.expect {
            Expect::Text => self.in_text(byte, at)?,
            Expect::Escape => self.escape(byte, at)?,
            Expect::Hex(left, value) => self.hex(left, value, byte, at)?,
            Expect::Bytes => self.bytes(byte, at)?,
            Expect::First | Expect::Value | Expect::Comma if matches!(byte, b' ' | b'\n' | b'\r' | b'\t') => {
            }
            Expect::First | Expect::Value if byte == b'"' => self.expect = Expect::Text,
            Expect::Comma if byte == b',' => self.expect = Expect::Value,
            Expect::Comma => return Err(SnapshotError::unexpected(at, byte, "',' or ']'")),
            Expect::First | Expect::Value => return Err(SnapshotError::unexpected(at, byte, "a string")),
        }
        Ok(())
    }

    fn in_text(&mut self, byte: u8, at: u64) -> Result<()> {
        if byte != b'\\' {
            self.settle();
        }
        match byte {
            b'"' => {
                let end = u32::try_from(self.text.len()).map_err(|_| {
                    SnapshotError::new(ErrorKind::Limit, at, "the strings together are longer than 4 GiB")
                })?;
                self.ends.push(end);
                self.expect = Expect::Comma;
            }
            b'\\' => self.expect = Expect::Escape,
            0..0x20 => return Err(SnapshotError::unexpected(at, byte, "text or '\"'")),
            0x20..0x80 => self.text.push(byte),
            _ => {
                self.expect = Expect::Bytes;
                self.bytes(byte, at)?;
            }
        }
        Ok(())
    }

    fn escape(&mut self, byte: u8, at: u64) -> Result<()> {
        self.expect = Expect::Text;
        let plain = match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                self.expect = Expect::Hex(4, 0);
                return Ok(());
            }
            _ => return Err(SnapshotError::unexpected(at, byte, "one of \"\\/bfnrtu behind a backslash")),
        };
        self.settle();
        self.text.push(plain);
        Ok(())
    }

    fn hex(&mut self, left: u8, value: u16, byte: u8, at: u64) -> Result<()> {
        let Some(digit) = (byte as char).to_digit(16) else {
            return Err(SnapshotError::unexpected(at, byte, "a hexadecimal digit"));
        };
        let value = (value << 4) | u16::try_from(digit).unwrap_or_default();
        self.expect = Expect::Hex(left - 1, value);
        if left == 1 {
            self.expect = Expect::Text;
            self.unit(value);
        }
        Ok(())
    }

    /// One unit of UTF-16: a character, or half of one.
    fn unit(&mut self, unit: u16) {
        if let Some(high) = self.high {
            if let Some(Ok(character)) = char::decode_utf16([high, unit]).next() {
                self.high = None;
                return self.character(character);
            }
            self.settle();
        }
        match char::decode_utf16([unit]).next() {
            Some(Ok(character)) => self.character(character),
            _ if (0xd800..0xdc00).contains(&unit) => self.high = Some(unit),
            _ => self.character(REPLACEMENT),
        }
    }

    /// Half a character whose other half did not come.
    fn settle(&mut self) {
        if self.high.take().is_some() {
            self.character(REPLACEMENT);
        }
    }

    fn character(&mut self, character: char) {
        self.text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// A byte of a character of several bytes. V8 writes none, other tools do.
    fn bytes(&mut self, byte: u8, at: u64) -> Result<()> {
        self.partial.push(byte);
        match std::str::from_utf8(&self.partial) {
            Ok(_) => {
                self.text.append(&mut self.partial);
                self.expect = Expect::Text;
            }
            Err(error) if error.error_len().is_some() => {
                let first = at + 1 - self.partial.len() as u64;
                return Err(SnapshotError::new(ErrorKind::Text, first, "text that is no UTF-8"));
            }
            Err(_) => {}
        }
        Ok(())
    }

    /// The strings, once the array is over.
    pub fn finish(mut self, at: u64) -> Result<Strings> {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
        // Every byte has been looked at, so this never fails.
        let text = String::from_utf8(self.text)
            .map_err(|_| SnapshotError::new(ErrorKind::Text, at, "text that is no UTF-8"))?;
        Ok(Strings { text, ends: self.ends })
    }
}

/// Whether a byte stands for itself.
fn is_plain(byte: u8) -> bool {
    (0x20..0x80).contains(&byte) && byte != b'"' && byte != b'\\'
}

/// How many of the eight bytes, from the lowest on, stand for themselves.
#[inline]
fn leading_plain(word: u64) -> usize {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * EACH;
    // The lowest byte that is zero gets its highest bit set, and none below it.
    let zero = |bytes: u64| bytes.wrapping_sub(EACH) & !bytes & HIGH;
    let below_space = word.wrapping_sub(0x20 * EACH) & !word & HIGH;
    let special = zero(word ^ (0x22 * EACH)) | zero(word ^ (0x5c * EACH)) | below_space | (word & HIGH);
    special.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8], piece: usize) -> Result<Vec<String>> {
        let mut parser = StringsParser::new(0);
        let mut base = 0;
        for bytes in bytes.chunks(piece) {
            if parser.feed(bytes, &mut 0, base)? {
                let strings = parser.finish(base)?;
                let count = u32::try_from(strings.len()).expect("few strings");
                return Ok((0..count).map(|at| strings.get(at).to_owned()).collect());
            }
            base += bytes.len() as u64;
        }
        panic!("the array did not end")
    }

    #[test]
    fn escapes_and_characters_are_read_in_any_pieces() {
        let text = r#" "", "plain text that is long", "a\"\\\/\b\f\n\r\t\u00e9" ,"\ud83d\ude00 é 😀","\ud83dx","\ude00\ud83d"]"#;
        let expected = [
            "",
            "plain text that is long",
            "a\"\\/\u{8}\u{c}\n\r\té",
            "😀 é 😀",
            "\u{fffd}x",
            "\u{fffd}\u{fffd}",
        ];
        for piece in 1..text.len() {
            assert_eq!(read(text.as_bytes(), piece), Ok(expected.map(str::to_owned).to_vec()), "{piece}");
        }
    }

    #[test]
    fn mistakes_are_told_with_their_byte() {
        for (bytes, kind, at) in [
            (&b"1]"[..], ErrorKind::Syntax, 0),
            (b"\"a\",]", ErrorKind::Syntax, 4),
            (b"\"a\" \"b\"]", ErrorKind::Syntax, 4),
            (b"\"a\nb\"]", ErrorKind::Syntax, 2),
            (b"\"a\\x\"]", ErrorKind::Syntax, 3),
            (b"\"a\\u00g0\"]", ErrorKind::Syntax, 6),
            (b"\"a\xff\"]", ErrorKind::Text, 2),
            (b"\"a\xe2\x82\"]", ErrorKind::Text, 2),
            (b"\"\xc3\",\"\xa9\"]", ErrorKind::Text, 1),
        ] {
            for piece in 1..bytes.len() + 9 {
                let error = read(bytes, piece).expect_err("refused");
                assert_eq!((error.kind, error.at_byte), (kind, at), "{bytes:?} {piece}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_serde_writes_is_read(texts in prop::collection::vec(any::<String>(), 0..20), piece in 1_usize..50) {
            let json = serde_json::to_string(&texts).expect("strings are JSON");
            prop_assert_eq!(read(&json.as_bytes()[1..], piece), Ok(texts));
        }
    }
}
