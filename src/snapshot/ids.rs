//! Which ids have been seen, to tell when one comes twice.

use std::collections::HashSet;

const PAGE_WORDS: usize = PAGE_IDS as usize / 64;
const PAGE_IDS: u32 = 32_768;

/// Pages that may always be made; beyond that there must be [`IDS_PER_PAGE`] ids for each.
const FREE_PAGES: usize = 1_024;

/// A page takes 4 KiB: so many ids make it cheaper than a set of single ones.
const IDS_PER_PAGE: usize = 128;

type Page = Box<[u64; PAGE_WORDS]>;

/// A set of ids, made for ids that are mostly close together.
///
/// They are: V8 counts them up, two by two. Node 20 hashes a few of them, and a hostile file may spread all of them; those
/// that would each need a page of its own are kept one by one.
#[derive(Default)]
pub struct Ids {
    pages: Vec<Option<Page>>,
    page_count: usize,
    scattered: HashSet<u32>,
    count: usize,
}

impl Ids {
    /// Adds an id; false where it is there already.
    #[inline]
    pub fn insert(&mut self, id: u32) -> bool {
        self.count += 1;
        let slot = (id / PAGE_IDS) as usize;
        if let Some(Some(page)) = self.pages.get_mut(slot) {
            let bit = id % PAGE_IDS;
            let word = &mut page[(bit / 64) as usize];
            let mask = 1 << (bit % 64);
            let is_new = *word & mask == 0;
            *word |= mask;
            return is_new && (self.scattered.is_empty() || !self.scattered.contains(&id));
        }
        if self.page_count >= FREE_PAGES + self.count / IDS_PER_PAGE {
            return self.scattered.insert(id);
        }
        if self.pages.len() <= slot {
            self.pages.resize_with(slot + 1, || None);
        }
        self.pages[slot] = Some(Box::new([0; PAGE_WORDS]));
        self.page_count += 1;
        self.count -= 1;
        self.insert(id)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_is_new_once(ids in prop::collection::vec(prop_oneof![0_u32..500, any::<u32>()], 0..3_000)) {
            let (mut ids_seen, mut known) = (Ids::default(), HashSet::new());
            for id in ids {
                prop_assert_eq!(ids_seen.insert(id), known.insert(id));
            }
        }
    }

    #[test]
    fn scattered_ids_take_no_page_each() {
        let mut ids = Ids::default();
        for n in 0..60_000 {
            assert!(ids.insert(n * 65_537));
        }
        assert!(ids.page_count <= FREE_PAGES + 60_000 / IDS_PER_PAGE + 1);
        for n in 0..60_000 {
            assert!(!ids.insert(n * 65_537));
        }
    }
}
