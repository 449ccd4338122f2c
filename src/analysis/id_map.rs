//! Values by id, for ids that are mostly close together: no sorting, one look for each.

use super::hash::FastMap;

const PAGE_IDS: u32 = 2_048;

/// Pages that may always be made; beyond that there must be [`IDS_PER_PAGE`] ids for each.
const FREE_PAGES: usize = 256;

/// Fewer would cost less one by one.
const IDS_PER_PAGE: usize = 256;

type Page<V> = Box<[Option<V>]>;

/// A map from V8's ids.
///
/// V8 numbers objects 1, 3, 5 and what the embedder makes 2, 4, 6, so odd and even ids have pages of their own. Node 20
/// hashes a few ids; those that would need a page each are kept one by one.
pub struct IdMap<V> {
    pages: [Vec<Option<Page<V>>>; 2],
    page_count: usize,
    scattered: FastMap<u32, V>,
    count: usize,
}

impl<V: Copy> Default for IdMap<V> {
    fn default() -> Self {
        Self { pages: [Vec::new(), Vec::new()], page_count: 0, scattered: FastMap::default(), count: 0 }
    }
}

impl<V: Copy> IdMap<V> {
    /// Sets the value of an id that has none.
    pub fn insert(&mut self, id: u32, value: V) {
        self.count += 1;
        let (half, page, slot) = place(id);
        let pages = &mut self.pages[half];
        if let Some(Some(page)) = pages.get_mut(page) {
            page[slot] = Some(value);
            return;
        }
        if self.page_count >= FREE_PAGES + self.count / IDS_PER_PAGE {
            self.scattered.insert(id, value);
            return;
        }
        if pages.len() <= page {
            pages.resize_with(page + 1, || None);
        }
        let mut made = vec![None; PAGE_IDS as usize].into_boxed_slice();
        made[slot] = Some(value);
        pages[page] = Some(made);
        self.page_count += 1;
    }

    /// Takes the value of an id out.
    #[inline]
    pub fn take(&mut self, id: u32) -> Option<V> {
        let (half, page, slot) = place(id);
        let paged =
            self.pages[half].get_mut(page).and_then(Option::as_mut).and_then(|page| page[slot].take());
        paged.or_else(|| if self.scattered.is_empty() { None } else { self.scattered.remove(&id) })
    }

    /// All ids with their values, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (u32, V)> {
        let paged = self.pages.iter().enumerate().flat_map(|(half, pages)| {
            pages.iter().enumerate().filter_map(|(at, page)| Some((at, page.as_ref()?))).flat_map(
                move |(page, values)| {
                    values
                        .iter()
                        .enumerate()
                        .filter_map(move |(slot, value)| Some((id_at(half, page, slot), (*value)?)))
                },
            )
        });
        paged.chain(self.scattered.iter().map(|(&id, &value)| (id, value)))
    }
}

#[inline]
fn place(id: u32) -> (usize, usize, usize) {
    let number = id / 2;
    ((id % 2) as usize, (number / PAGE_IDS) as usize, (number % PAGE_IDS) as usize)
}

fn id_at(half: usize, page: usize, slot: usize) -> u32 {
    u32::try_from((page * PAGE_IDS as usize + slot) * 2 + half).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        // Ids all over the place make hundreds of pages, which this build walks slowly.
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn it_is_a_map(
            ids in prop::collection::btree_set(prop_oneof![0_u32..9_000, any::<u32>()], 0..2_000),
            taken in prop::collection::vec(0_u32..9_000, 0..200),
        ) {
            let (mut map, mut known) = (IdMap::default(), BTreeMap::new());
            for (value, id) in ids.into_iter().enumerate() {
                map.insert(id, value);
                known.insert(id, value);
            }
            for id in taken {
                prop_assert_eq!(map.take(id), known.remove(&id));
            }
            prop_assert_eq!(map.iter().collect::<BTreeMap<_, _>>(), known);
        }
    }
}
