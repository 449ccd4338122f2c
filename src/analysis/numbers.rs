//! Numbers and texts as bytes: small numbers take one.

/// Why bytes cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// What is wrong.
    pub problem: &'static str,
    /// At which byte that shows.
    pub at_byte: usize,
}

/// Writes.
#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Seven bits a byte, the lowest first; the eighth says that more follow (LEB128).
    #[inline]
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
            number >>= 7;
        }
        self.0.push(u8::try_from(number).unwrap_or(0));
    }

    /// A text with its length.
    pub fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.raw(text.as_bytes());
    }

    /// Bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// What was written.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads what [`Writer`] wrote, and trusts none of it.
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// From the start.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// A number.
    #[inline]
    pub fn number(&mut self) -> Result<u64, Damage> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.at).ok_or_else(|| self.damage("cut"))?;
            self.at += 1;
            if shift == 63 && byte > 1 {
                break;
            }
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(self.damage("a number that is too large"))
    }

    /// A number of 32 bits.
    pub fn small(&mut self) -> Result<u32, Damage> {
        u32::try_from(self.number()?).map_err(|_| self.damage("a number that is too large"))
    }

    /// An index into so many things.
    pub fn index(&mut self, count: usize) -> Result<u32, Damage> {
        let index = self.small()?;
        if index as usize >= count { Err(self.damage("an index that leads nowhere")) } else { Ok(index) }
    }

    /// How many things follow: each takes a byte at least, so a damaged count makes no large list.
    pub fn count(&mut self) -> Result<usize, Damage> {
        let count = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        if count > self.rest().len() { Err(self.damage("a count of more than follows")) } else { Ok(count) }
    }

    /// A text.
    pub fn text(&mut self) -> Result<String, Damage> {
        let length = self.count()?;
        let text = std::str::from_utf8(&self.rest()[..length]).map_err(|_| self.damage("no text"))?;
        self.at += length;
        Ok(text.to_owned())
    }

    /// Passes over these bytes.
    pub fn expect(&mut self, bytes: &[u8], problem: &'static str) -> Result<(), Damage> {
        if !self.rest().starts_with(bytes) {
            return Err(self.damage(problem));
        }
        self.at += bytes.len();
        Ok(())
    }

    /// Nothing may follow.
    pub fn expect_end(&self) -> Result<(), Damage> {
        if self.rest().is_empty() { Ok(()) } else { Err(self.damage("more than was announced")) }
    }

    /// What follows.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// Damage at this byte.
    #[must_use]
    pub fn damage(&self, problem: &'static str) -> Damage {
        Damage { problem, at_byte: self.at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_size_come_back() {
        let numbers = [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX - 1, u64::MAX];
        let mut writer = Writer::default();
        numbers.into_iter().for_each(|number| writer.number(number));
        let bytes = writer.finish();
        let mut reader = Reader::new(&bytes);
        assert_eq!(numbers.map(|_| reader.number().expect("a number")), numbers);
        assert_eq!(reader.expect_end(), Ok(()));
        assert_eq!(reader.number().map_err(|damage| damage.problem), Err("cut"));
    }

    #[test]
    fn a_number_of_more_than_64_bits_is_damage() {
        assert!(Reader::new(&[0xff; 12]).number().is_err());
        assert!(Reader::new(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2]).number().is_err());
    }

    #[test]
    fn a_count_is_bounded_by_what_follows() {
        assert!(Reader::new(&[200, 1, 7]).count().is_err());
        assert_eq!(Reader::new(&[2, 7, 7]).count(), Ok(2));
    }
}
