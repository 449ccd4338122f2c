//! Rows of whole numbers, from an array of numbers that arrives in pieces of any size.
//!
//! The array is nine tenths of a snapshot. Where it is as V8 writes it, many rows are read at once; around the ends of the
//! pieces, and where there is something else, byte by byte.

use super::error::{ErrorKind, Result, SnapshotError};
use super::numbers::{Batch, Numbers};

/// More fields than any row has had.
pub const MAX_FIELDS: usize = 32;

/// More digits may not fit into 64 bits.
const MAX_DIGITS: u32 = 19;

/// Reads rows of one length.
pub struct Rows {
    fields: usize,
    filled: usize,
    row: [u64; MAX_FIELDS],
    row_at: u64,
    expect: Expect,
    value: u64,
    digits: u32,
    numbers: Numbers,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    /// The first number or the end.
    First,
    /// A number.
    Value,
    /// More digits, or the end of the number.
    Digit,
    /// A comma or the end.
    Comma,
}

impl Rows {
    /// For rows of that many numbers, from behind the opening bracket on.
    pub fn new(fields: usize) -> Self {
        Self {
            fields: fields.clamp(1, MAX_FIELDS),
            filled: 0,
            row: [0; MAX_FIELDS],
            row_at: 0,
            expect: Expect::First,
            value: 0,
            digits: 0,
            numbers: Numbers::default(),
        }
    }

    /// Hands every complete row on. True when the array is over; its bracket has
    /// been read then. `base` is the byte at which `bytes` starts.
    pub fn read(&mut self, bytes: &[u8], at: &mut usize, base: u64, sink: &mut impl Sink) -> Result<bool> {
        loop {
            if self.expect == Expect::Value && self.filled == 0 {
                self.quickly(bytes, at, base, sink)?;
            }
            let Some(&byte) = bytes.get(*at) else { return Ok(false) };
            if self.slowly(byte, base + *at as u64)? {
                *at += 1;
                if byte == b']' {
                    return Ok(true);
                }
            } else if self.filled == self.fields {
                self.filled = 0;
                sink.row(&self.row[..self.fields], self.row_at)?;
            }
        }
    }

    /// Many rows at once, as long as they are as V8 writes them.
    fn quickly(&mut self, bytes: &[u8], at: &mut usize, base: u64, sink: &mut impl Sink) -> Result<()> {
        loop {
            let text = bytes.get(*at..).unwrap_or_default();
            let batch = self.numbers.read(text, base + *at as u64, self.fields);
            if batch.values.is_empty() {
                return Ok(());
            }
            if !sink.rows(batch)? {
                for (values, row_at) in batch.rows() {
                    let row = &mut self.row[..self.fields];
                    row.iter_mut().zip(values).for_each(|(field, &value)| *field = u64::from(value));
                    sink.row(row, row_at)?;
                }
            }
            *at += batch.bytes();
        }
    }

    /// One byte; false where it belongs to what follows a number that ends before it.
    fn slowly(&mut self, byte: u8, at: u64) -> Result<bool> {
        match (self.expect, byte) {
            (Expect::Digit, b'0'..=b'9') => self.digit(byte, at)?,
            (Expect::Digit, _) => {
                self.row[self.filled % MAX_FIELDS] = self.value;
                self.filled += 1;
                self.expect = Expect::Comma;
                return Ok(false);
            }
            (Expect::Comma, b']') if self.filled != 0 => {
                let problem = format!("the last row has {} of {} numbers", self.filled, self.fields);
                return Err(SnapshotError::new(ErrorKind::Count, at, problem));
            }
            (_, b' ' | b'\n' | b'\r' | b'\t') | (Expect::First | Expect::Comma, b']') => {}
            (Expect::First | Expect::Value, b'0'..=b'9') => {
                if self.filled == 0 {
                    self.row_at = at;
                }
                (self.value, self.digits) = (0, 0);
                self.expect = Expect::Digit;
                self.digit(byte, at)?;
            }
            (Expect::Comma, b',') => self.expect = Expect::Value,
            (Expect::Comma, _) => return Err(SnapshotError::unexpected(at, byte, "',' or ']'")),
            _ => return Err(SnapshotError::unexpected(at, byte, "a whole number of 0 or more")),
        }
        Ok(true)
    }

    fn digit(&mut self, byte: u8, at: u64) -> Result<()> {
        if self.digits == 1 && self.value == 0 {
            return Err(SnapshotError::new(ErrorKind::Syntax, at, "a number starts with 0 and goes on"));
        }
        if self.digits == MAX_DIGITS {
            let problem = format!("a number has more than {MAX_DIGITS} digits");
            return Err(SnapshotError::new(ErrorKind::Limit, at, problem));
        }
        self.value = self.value * 10 + u64::from(byte - b'0');
        self.digits += 1;
        Ok(())
    }
}

/// Takes rows.
pub trait Sink {
    /// Takes a row, which starts at that byte.
    fn row(&mut self, row: &[u64], at: u64) -> Result<()>;

    /// Takes many rows at once. False where nothing has been taken, since one of them may be wrong or they are not like
    /// those that this is quick with: each is handed over alone then.
    fn rows(&mut self, _batch: Batch<'_>) -> Result<bool> {
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Collected(Vec<Vec<u64>>, Vec<u64>);

    impl Sink for Collected {
        fn row(&mut self, row: &[u64], at: u64) -> Result<()> {
            self.0.push(row.to_vec());
            self.1.push(at);
            Ok(())
        }
    }

    /// All rows of the text behind the bracket, cut into pieces of that size.
    fn read(text: &str, fields: usize, piece: usize) -> Result<Vec<Vec<u64>>> {
        read_with_starts(text, fields, piece).map(|(rows, _)| rows)
    }

    fn read_with_starts(text: &str, fields: usize, piece: usize) -> Result<(Vec<Vec<u64>>, Vec<u64>)> {
        let mut rows = Rows::new(fields);
        let mut found = Collected(Vec::new(), Vec::new());
        let mut base = 0;
        for bytes in text.as_bytes().chunks(piece) {
            if rows.read(bytes, &mut 0, base, &mut found)? {
                return Ok((found.0, found.1));
            }
            base += bytes.len() as u64;
        }
        panic!("the array did not end")
    }

    #[test]
    fn rows_of_all_layouts_are_read() {
        for text in ["1,2,3,44,55,66]", "1,2,3\n,44,55,66\n]", " 1 , 2,\t3,44,\r\n55,66 ]"] {
            for piece in 1..text.len() {
                assert_eq!(read(text, 3, piece), Ok(vec![vec![1, 2, 3], vec![44, 55, 66]]), "{text} {piece}");
            }
        }
        assert_eq!(read("]", 3, 1), Ok(vec![]));
        assert_eq!(read("\n]", 3, 9), Ok(vec![]));
    }

    #[test]
    fn mistakes_are_told_with_their_byte() {
        for (text, kind, at) in [
            ("1,,2]", ErrorKind::Syntax, 2),
            (",1]", ErrorKind::Syntax, 0),
            ("1,-2]", ErrorKind::Syntax, 2),
            ("1,2.5]", ErrorKind::Syntax, 3),
            ("1,2e3]", ErrorKind::Syntax, 3),
            ("1,[2]]", ErrorKind::Syntax, 2),
            ("1,\"2\"]", ErrorKind::Syntax, 2),
            ("1,02]", ErrorKind::Syntax, 3),
            ("1,2,]", ErrorKind::Syntax, 4),
            ("1 2]", ErrorKind::Syntax, 2),
            ("1,2,3]", ErrorKind::Count, 5),
            ("1,123456789012345678901234]", ErrorKind::Limit, 21),
        ] {
            for piece in 1..text.len() + 9 {
                let error = read(text, 2, piece).expect_err(text);
                assert_eq!((error.kind, error.at_byte), (kind, at), "{text} {piece}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            rows in prop::collection::vec(prop::array::uniform3(0_u64..(1 << 60)), 1..40),
            small in prop::collection::vec(prop::array::uniform3(0_u64..20_000), 1..40),
            feeds in any::<bool>(),
            piece in 1_usize..200,
        ) {
            for rows in [rows, small] {
                let lines: Vec<String> =
                    rows.iter().map(|row| row.map(|value| value.to_string()).join(",")).collect();
                let text = lines.join(if feeds { "\n," } else { "," }) + "]";
                let expected: Vec<Vec<u64>> = rows.iter().map(|row| row.to_vec()).collect();
                prop_assert_eq!(read(&text, 3, piece), Ok(expected));
            }
        }

        /// Byte by byte, nothing is read quickly.
        #[test]
        fn text_in_one_piece_reads_as_byte_by_byte(
            fields in 2_usize..9,
            numbers in prop::collection::vec(prop_oneof![0_u64..10, 0_u64..100_000, 0_u64..(1 << 34)], 200..900),
            feeds in any::<bool>(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(b"0123456789,,\n -.]x".to_vec())), 0..3),
        ) {
            let lines: Vec<String> = numbers
                .chunks_exact(fields)
                .map(|row| row.iter().map(u64::to_string).collect::<Vec<_>>().join(","))
                .collect();
            let mut text = (lines.join(if feeds { "\n," } else { "," }) + "]").into_bytes();
            for (at, byte) in changes {
                let at = at.index(text.len() - 1);
                text[at] = byte;
            }
            let text = String::from_utf8(text).expect("ASCII");
            prop_assert_eq!(read_with_starts(&text, fields, text.len()), read_with_starts(&text, fields, 1));
        }

        #[test]
        fn any_bytes_give_rows_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..60), piece in 1_usize..20) {
            let mut rows = Rows::new(2);
            for bytes in bytes.chunks(piece) {
                let mut at = 0;
                let _ = rows.read(bytes, &mut at, 0, &mut Collected(Vec::new(), Vec::new()));
                prop_assert!(at <= bytes.len());
            }
        }
    }
}
