//! Rows of whole numbers, from an array of numbers that arrives in pieces of any size.
//!
//! The array is nine tenths of a snapshot, so this is the loop that parsing takes its time in. Eight bytes are looked at
//! at once: how many digits there are is one subtraction of masks, and what they are worth three multiplications,
//! whatever the number of digits. A branch per digit costs twice as much, because lengths cannot be guessed.

#![expect(clippy::inline_always, reason = "one call per number costs half of what reading the number does")]

use super::error::{ErrorKind, Result, SnapshotError};

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
        }
    }

    /// Hands every complete row to `take`, with the byte at which it starts. True when the array is over; its bracket has
    /// been read then. `base` is the byte at which `bytes` starts.
    pub fn read(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
        base: u64,
        mut take: impl FnMut(&[u64], u64) -> Result<()>,
    ) -> Result<bool> {
        loop {
            if self.expect == Expect::Value && self.filled == 0 {
                match self.fields {
                    3 => quickly::<3>(bytes, at, base, &mut take)?,
                    4 => quickly::<4>(bytes, at, base, &mut take)?,
                    6 => quickly::<6>(bytes, at, base, &mut take)?,
                    7 => quickly::<7>(bytes, at, base, &mut take)?,
                    _ => {}
                }
            }
            let Some(&byte) = bytes.get(*at) else { return Ok(false) };
            if self.slowly(byte, base + *at as u64)? {
                *at += 1;
                if byte == b']' {
                    return Ok(true);
                }
            } else if self.filled == self.fields {
                self.filled = 0;
                take(&self.row[..self.fields], self.row_at)?;
            }
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

/// Rows of `N` numbers, as long as each is followed by a comma, or by a line feed and a comma. Stops in front of the first
/// row that is not like that, or may not be complete.
#[inline]
fn quickly<const N: usize>(
    bytes: &[u8],
    at: &mut usize,
    base: u64,
    take: &mut impl FnMut(&[u64], u64) -> Result<()>,
) -> Result<()> {
    loop {
        let mut row = [0; N];
        let mut end = *at;
        for value in &mut row {
            let Some((number, next)) = number(bytes, end) else { return Ok(()) };
            *value = number;
            end = next;
        }
        take(&row, base + *at as u64)?;
        *at = end;
    }
}

/// A number of up to 15 digits, and where the next one starts.
#[inline(always)]
fn number(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let word = word(bytes, at)?;
    let mut digits = leading_digits(word);
    let mut value = worth(word, digits);
    if digits == 0 || (word & 0xff == u64::from(b'0') && digits > 1) {
        return None;
    }
    if digits == 8 {
        let word = self::word(bytes, at + 8)?;
        let more = leading_digits(word);
        value = value * POWERS.get(more as usize)? + worth(word, more);
        digits += more;
    }
    let end = at + digits as usize;
    match bytes.get(end)? {
        b',' => Some((value, end + 1)),
        b'\n' if bytes.get(end + 1) == Some(&b',') => Some((value, end + 2)),
        _ => None,
    }
}

#[inline(always)]
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()).map(|word| u64::from_le_bytes(*word))
}

const POWERS: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

const EACH: u64 = 0x0101_0101_0101_0101;

/// How many of the eight bytes, from the lowest on, are digits.
#[inline(always)]
fn leading_digits(word: u64) -> u32 {
    let flipped = word ^ (0x30 * EACH);
    // A byte is a digit where it now is below ten: adding 118 then leaves its highest bit clear.
    let others = (((flipped & (0x7f * EACH)) + (0x76 * EACH)) | flipped) & (0x80 * EACH);
    others.trailing_zeros() / 8
}

/// What the lowest `digits` bytes are worth, for up to eight of them.
#[inline(always)]
fn worth(word: u64, digits: u32) -> u64 {
    // The first digit is in the lowest byte. Zeros in front of it change nothing.
    let padded = (word & (0x0f * EACH)).checked_shl(64 - 8 * digits).unwrap_or(0);
    let pairs = (padded.wrapping_mul(2_561) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(6_553_601) >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(42_949_672_960_001) >> 32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All rows of the text behind the bracket, cut into pieces of that size.
    fn read(text: &str, fields: usize, piece: usize) -> Result<Vec<Vec<u64>>> {
        let mut rows = Rows::new(fields);
        let mut found = Vec::new();
        let mut base = 0;
        for bytes in text.as_bytes().chunks(piece) {
            let is_over = rows.read(bytes, &mut 0, base, |row, _| {
                found.push(row.to_vec());
                Ok(())
            })?;
            if is_over {
                return Ok(found);
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

        #[test]
        fn any_bytes_give_rows_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..60), piece in 1_usize..20) {
            let mut rows = Rows::new(2);
            for bytes in bytes.chunks(piece) {
                let mut at = 0;
                let _ = rows.read(bytes, &mut at, 0, |_, _| Ok(()));
                prop_assert!(at <= bytes.len());
            }
        }
    }
}
