//! Many numbers at once, from text that is nothing but numbers and commas.
//!
//! 64 bytes are looked at together: where the commas are, and whether the grammar holds, is worked out in bit masks. Then
//! what lies between two commas becomes a number: eight bytes are worth three multiplications, whatever the number of
//! digits. A branch for each digit costs more, because lengths cannot be guessed; and with the commas known, no number
//! waits for the end of the one before.

#![expect(clippy::inline_always, reason = "one call per number costs half of what reading the number does")]

use wide::{i16x8, u8x16, u16x8};

const BLOCK: usize = 64;
const WINDOW_BLOCKS: usize = 64;
/// So many bytes are read in one go: text and numbers stay in the fastest cache.
const WINDOW: usize = BLOCK * WINDOW_BLOCKS;
/// At most every second byte is a comma.
const BLOCK_NUMBERS: usize = BLOCK / 2;
/// A number is read with so many bytes from its first one on.
const READ_AHEAD: usize = 8;
/// Four times as many numbers are read of each block, since most have nearly so many or fewer, and the end of a loop that
/// may be anywhere is guessed wrongly, which takes as long as reading several.
const USUAL_QUADS: usize = 4;

type Window = [u8; WINDOW + READ_AHEAD];

/// Room for the numbers of a window.
pub struct Numbers {
    values: Box<[u32; WINDOW_BLOCKS * BLOCK_NUMBERS]>,
    /// How many numbers end before each block.
    before: [u16; WINDOW_BLOCKS],
}

/// Rows of numbers that stand one behind the other.
#[derive(Clone, Copy)]
pub struct Batch<'a> {
    /// Their numbers, row by row.
    pub values: &'a [u32],
    fields: usize,
    /// Text that starts with them, and the byte at which it starts.
    text: &'a [u8],
    text_at: u64,
    before: &'a [u16],
}

impl Batch<'_> {
    /// The byte at which a row starts.
    pub fn row_at(&self, row: usize) -> u64 {
        self.text_at + self.start(row) as u64
    }

    /// How many bytes the rows take.
    pub fn bytes(&self) -> usize {
        self.start(self.values.len() / self.fields)
    }

    /// The rows, each with its byte.
    pub fn rows(&self) -> impl Iterator<Item = (&[u32], u64)> {
        self.values.chunks_exact(self.fields).enumerate().map(|(row, values)| (values, self.row_at(row)))
    }

    fn start(&self, row: usize) -> usize {
        let Some(comma) = (row * self.fields).checked_sub(1) else { return 0 };
        let block = self.before.partition_point(|&before| usize::from(before) <= comma).saturating_sub(1);
        let skipped = self.before.get(block).map_or(0, |&before| usize::from(before));
        let bytes = self.text.iter().enumerate().skip(block * BLOCK);
        let mut commas = bytes.filter(|&(_, &byte)| byte == b',');
        commas.nth(comma - skipped).map_or(0, |(at, _)| at + 1)
    }
}

impl Default for Numbers {
    fn default() -> Self {
        Self { values: Box::new([0; WINDOW_BLOCKS * BLOCK_NUMBERS]), before: [0; WINDOW_BLOCKS] }
    }
}

impl Numbers {
    /// Reads rows of so many numbers from where one starts, each behind a comma and in front of one. There are none where
    /// a number is too long, something else stands between, or too few bytes are there. `text_at` is the byte at which
    /// `text` starts.
    pub fn read<'a>(&'a mut self, text: &'a [u8], text_at: u64, fields: usize) -> Batch<'a> {
        let (count, blocks) = self.fill(text);
        let (values, before) = (&self.values[..count - count % fields], &self.before[..blocks]);
        Batch { values, fields, text, text_at, before }
    }

    /// Reads whole blocks up to the first one that is not sound; returns how many numbers and blocks those are.
    fn fill(&mut self, text: &[u8]) -> (usize, usize) {
        if let Some(window) = text.first_chunk() {
            return self.fill_from(window, WINDOW_BLOCKS);
        }
        if text.len() < BLOCK {
            return (0, 0);
        }
        let mut padded = [0; WINDOW + READ_AHEAD];
        padded[..text.len()].copy_from_slice(text);
        self.fill_from(&padded, text.len() / BLOCK)
    }

    fn fill_from(&mut self, window: &Window, block_count: usize) -> (usize, usize) {
        let (blocks, _) = window.as_chunks::<BLOCK>();
        let mut grammar = Grammar::default();
        let mut runs = Runs::default();
        let (mut count, mut start) = (0, 0);
        for (at, block) in blocks.iter().enumerate().take(block_count) {
            let masks = Masks::of(block);
            let Some(feeds) = grammar.line_feeds(&masks, block) else { return (count, at) };
            self.before[at] = u16::try_from(count).unwrap_or(u16::MAX);
            let Some(room) = self.values[count..].first_chunk_mut() else { return (count, at) };
            let cuts = Cuts { window, block: at, start, commas: masks.commas, feeds };
            if feeds == 0 {
                cuts.read::<false>(room);
            } else {
                cuts.read::<true>(room);
            }
            if runs.exceed_eight(masks.digits) {
                let known = cuts.long_ones(room);
                if known < cuts.count() {
                    return (count + known, at + 1);
                }
            }
            count += cuts.count();
            start = cuts.end();
        }
        (count, block_count)
    }
}

/// What is cut at the commas of a block.
struct Cuts<'a> {
    window: &'a Window,
    block: usize,
    /// Where the first number starts.
    start: usize,
    commas: u64,
    /// Commas that stand behind a line feed.
    feeds: u64,
}

impl Cuts<'_> {
    fn count(&self) -> usize {
        self.commas.count_ones() as usize
    }

    /// Where the number behind the last comma starts.
    fn end(&self) -> usize {
        match self.commas {
            0 => self.start,
            commas => self.block * BLOCK + BLOCK - commas.leading_zeros() as usize,
        }
    }

    /// What the numbers are worth, four at a time; behind the last one there may be anything.
    #[inline(always)]
    fn read<const LINE_FEEDS: bool>(&self, values: &mut [u32; BLOCK_NUMBERS]) {
        let (mut commas, mut start) = (self.commas, self.start);
        // The digits of the next number, at the end of a word of eight bytes that starts with zeros.
        let mut word = |_| {
            let place = commas.trailing_zeros();
            commas &= commas.wrapping_sub(1);
            let comma = self.block * BLOCK + place as usize;
            let mut digits = comma.wrapping_sub(start);
            if LINE_FEEDS {
                digits = digits.wrapping_sub((self.feeds.wrapping_shr(place) & 1) as usize);
            }
            // It is below the size of the window anyway: to say so saves looking.
            let from = start % WINDOW;
            let bytes = self.window[from..from + 8].first_chunk::<8>().copied().unwrap_or_default();
            start = comma + 1;
            (u64::from_le_bytes(bytes) << (digits.wrapping_mul(8).wrapping_neg() % 64)).to_le_bytes()
        };
        let (quads, _) = values.as_chunks_mut::<4>();
        let (usual, more) = quads.split_at_mut(USUAL_QUADS);
        for quad in usual {
            *quad = worth(std::array::from_fn(&mut word));
        }
        for quad in more.iter_mut().take(self.count().div_ceil(4).saturating_sub(USUAL_QUADS)) {
            *quad = worth(std::array::from_fn(&mut word));
        }
    }

    /// Reads numbers of more than eight digits; returns how many numbers there are before the first one that does not fit.
    #[cold]
    #[inline(never)]
    fn long_ones(&self, values: &mut [u32; BLOCK_NUMBERS]) -> usize {
        let (mut commas, mut start) = (self.commas, self.start);
        for (at, value) in values.iter_mut().enumerate() {
            if commas == 0 {
                return at;
            }
            let place = commas.trailing_zeros();
            commas &= commas - 1;
            let comma = self.block * BLOCK + place as usize;
            let end = comma - (self.feeds >> place & 1) as usize;
            if end - start > 8 {
                let Some(long) =
                    std::str::from_utf8(&self.window[start..end]).ok().and_then(|text| text.parse().ok())
                else {
                    return at;
                };
                *value = long;
            }
            start = comma + 1;
        }
        values.len()
    }
}

/// Runs of digits, which may have begun in an earlier block.
#[derive(Default)]
struct Runs {
    /// Where runs of 1, 2, 4 and 8 digits ended in the block before.
    before: [u64; 4],
    /// It ended with more than eight.
    is_long: bool,
}

impl Runs {
    /// Whether one of more than eight digits is in this block, or right in front of it.
    #[inline(always)]
    fn exceed_eight(&mut self, digits: u64) -> bool {
        let mut runs = digits;
        for (before, later) in self.before.iter_mut().zip([1, 2, 4, 1]) {
            let shifted = runs << later | *before >> (64 - later);
            *before = runs;
            runs &= shifted;
        }
        let was_long = std::mem::replace(&mut self.is_long, runs >> 63 == 1);
        was_long || runs != 0
    }
}

/// What four words of digits are worth.
#[inline(always)]
fn worth(words: [[u8; 8]; 4]) -> [u32; 4] {
    const TWO: i16x8 = i16x8::new([100, 1, 100, 1, 100, 1, 100, 1]);
    const FOUR: i16x8 = i16x8::new([10_000, 1, 10_000, 1, 10_000, 1, 10_000, 1]);
    let halves: [u8x16; 2] = bytemuck::cast(words);
    let fours = halves.map(|bytes| {
        // The first of two digits is in the lower byte: ten times it and the other one meet in the higher one.
        let digits: u16x8 = bytemuck::cast(bytes & u8x16::splat(0x0f));
        let pairs: i16x8 = bytemuck::cast((digits * 2_561) >> 8);
        pairs.dot(TWO)
    });
    bytemuck::cast(i16x8::from_i32x8_saturate(bytemuck::cast(fours)).dot(FOUR))
}

/// What stands where in 64 bytes, one bit each.
struct Masks {
    digits: u64,
    zeros: u64,
    commas: u64,
}

impl Masks {
    #[inline(always)]
    fn of(block: &[u8; BLOCK]) -> Self {
        let digit = |bytes: u8x16| {
            let worth = bytes ^ u8x16::splat(b'0');
            worth.cmp_eq(worth.min(u8x16::splat(9)))
        };
        Self {
            digits: mask(block, digit),
            zeros: mask(block, |bytes| bytes.cmp_eq(u8x16::splat(b'0'))),
            commas: mask(block, |bytes| bytes.cmp_eq(u8x16::splat(b','))),
        }
    }
}

#[inline(always)]
fn mask(block: &[u8; BLOCK], is: impl Fn(u8x16) -> u8x16) -> u64 {
    let (parts, _) = block.as_chunks::<16>();
    parts.iter().rev().fold(0, |mask, part| {
        let bits = is(u8x16::new(*part)).move_mask();
        mask << 16 | u64::from(bits.cast_unsigned())
    })
}

/// What the last byte of the block before was, as the lowest bit.
struct Grammar {
    /// No digit.
    other: u64,
    feed: u64,
    /// A zero that starts a number.
    zero: u64,
}

impl Default for Grammar {
    /// Behind a comma.
    fn default() -> Self {
        Self { other: 1, feed: 0, zero: 0 }
    }
}

impl Grammar {
    /// Which commas stand behind a line feed. Nothing where a block is not sound: where there is something else, a comma
    /// follows neither digit nor line feed, a line feed no digit, a digit a line feed, or a number starts with a zero and
    /// goes on.
    #[inline(always)]
    fn line_feeds(&mut self, masks: &Masks, block: &[u8; BLOCK]) -> Option<u64> {
        let Masks { digits, zeros, commas } = *masks;
        let others = !(digits | commas);
        let feeds = if others == 0 { 0 } else { mask(block, |bytes| bytes.cmp_eq(u8x16::splat(b'\n'))) };
        let behind_other = !digits << 1 | self.other;
        let behind_feed = feeds << 1 | self.feed;
        let first_zeros = zeros & behind_other;
        let behind_zero = first_zeros << 1 | self.zero;
        let wrong = (others ^ feeds)
            | ((!digits & behind_other) ^ behind_feed)
            | (behind_feed & !commas)
            | (behind_zero & digits);
        *self = Self { other: !digits >> 63, feed: feeds >> 63, zero: first_zeros >> 63 };
        (wrong == 0).then_some(behind_feed)
    }
}
