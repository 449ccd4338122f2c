//! One snapshot by class: how many, how large, how far away, and what would go with all of them.

use super::Detached;
use super::classes::Classes;
use super::distances::distances;
use super::dominators::Dominators;
use super::essential::Essential;
use super::groups::Groups;
use super::interfaces::infer;
use super::rows::{Row, Rows};
use super::shallow::shallow_sizes;
use super::special::Special;
use crate::snapshot::{Graph, Node, Sizes};

/// All that is known of each node.
pub struct Measures {
    /// Shallow sizes, storage with its owners.
    pub shallow: Sizes,
    /// Retained sizes.
    pub retained: Vec<u64>,
    /// Distances.
    pub distances: Vec<i32>,
    /// Dominators.
    pub dominators: Dominators,
}

/// A class of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassTotal {
    /// Which class.
    pub row: Row,
    /// How many objects.
    pub count: u64,
    /// The smallest distance of one.
    pub distance: i32,
    /// The sum of their shallow sizes.
    pub shallow_bytes: u64,
    /// What would go if all of them went, where they do not dominate each other.
    pub retained_bytes: u64,
}

impl Measures {
    /// Measures every node.
    #[must_use]
    pub fn of(graph: &Graph) -> Self {
        let special = Special::find(graph.strings());
        let dominators = Dominators::find(graph, &Essential::find(graph, &special));
        let shallow = shallow_sizes(graph, &Detached::find(graph));
        let retained = dominators.retained_sizes(&shallow);
        Self { shallow, retained, distances: distances(graph, &special), dominators }
    }
}

/// All classes, the one that retains most first.
#[must_use]
pub fn summarize(graph: &Graph, measures: &Measures) -> Vec<ClassTotal> {
    let classes = Classes::find(graph, &Detached::find(graph));
    let mut rows = Rows::new(infer(&classes.shapes));
    let row_of = rows.of(&classes.all, &classes.shapes);
    let row = |node: Node| row_of[classes.of[node as usize] as usize];
    let mut totals: Vec<ClassTotal> = rows.finish().into_iter().map(ClassTotal::none).collect();
    for node in graph.nodes() {
        let bytes = measures.shallow.get(node);
        if bytes > 0 {
            totals[row(node)].add(bytes, measures.distances[node as usize]);
        }
    }
    retained_by_class(measures, row, &mut totals);
    totals.retain(|total| total.count > 0);
    totals.sort_by(|a, b| {
        let rank = |total: &ClassTotal| std::cmp::Reverse((total.retained_bytes, total.shallow_bytes));
        rank(a).cmp(&rank(b)).then_with(|| a.row.cmp(&b.row))
    });
    totals
}

impl ClassTotal {
    fn none(row: Row) -> Self {
        Self { row, count: 0, distance: i32::MAX, shallow_bytes: 0, retained_bytes: 0 }
    }

    fn add(&mut self, bytes: u64, distance: i32) {
        self.count += 1;
        self.shallow_bytes += bytes;
        self.distance = self.distance.min(distance);
    }
}

/// Adds up the objects that no object of their class dominates: the others are in those already.
fn retained_by_class(measures: &Measures, row: impl Fn(Node) -> usize, totals: &mut [ClassTotal]) {
    enum Step {
        Enter(Node),
        Leave(usize),
    }
    let dominators = &measures.dominators.of;
    let count = u32::try_from(dominators.len()).unwrap_or(u32::MAX);
    let children = Groups::build(count, || (0..).zip(dominators).skip(1).map(|(node, &above)| (above, node)));
    // How many objects of a class are above the node that the walk is at.
    let mut above = vec![0_u32; totals.len()];
    let mut steps = vec![Step::Enter(Graph::ROOT)];
    while let Some(step) = steps.pop() {
        match step {
            Step::Leave(row) => above[row] -= 1,
            Step::Enter(node) => {
                if measures.shallow.get(node) > 0 {
                    let row = row(node);
                    if above[row] == 0 {
                        totals[row].retained_bytes += measures.retained[node as usize];
                    }
                    above[row] += 1;
                    steps.push(Step::Leave(row));
                }
                steps.extend(children.of(node).iter().map(|&node| Step::Enter(node)));
            }
        }
    }
}
