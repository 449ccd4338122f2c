//! Numbers in groups: two columns instead of a list for each group.

/// Items by group.
pub struct Groups {
    /// Where each group starts, and where the last one ends.
    first: Vec<u32>,
    items: Vec<u32>,
}

impl Groups {
    /// Sorts pairs of group and item, which are asked for twice: to count them and to place them. Within a group the last
    /// one comes first.
    pub fn build<I: Iterator<Item = (u32, u32)>>(groups: u32, pairs: impl Fn() -> I) -> Self {
        let mut first = vec![0_u32; groups as usize + 1];
        pairs().for_each(|(group, _)| first[group as usize] += 1);
        let mut total = 0;
        for count in &mut first {
            total += *count;
            *count = total;
        }
        // Each group is filled from its end, so that its end becomes its start.
        let mut items = vec![0; total as usize];
        pairs().for_each(|(group, item)| {
            let slot = &mut first[group as usize];
            *slot -= 1;
            items[*slot as usize] = item;
        });
        Self { first, items }
    }

    /// The items of a group.
    #[inline]
    pub fn of(&self, group: u32) -> &[u32] {
        &self.items[self.first[group as usize] as usize..self.first[group as usize + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::Groups;

    #[test]
    fn items_are_found_by_their_group() {
        let pairs = [(2, 7), (0, 8), (2, 9)];
        let groups = Groups::build(4, || pairs.into_iter());
        assert_eq!([0, 1, 2, 3].map(|group| groups.of(group)), [&[8][..], &[], &[9, 7], &[]]);
    }
}
