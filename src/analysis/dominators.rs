//! Dominators: who must go for a node to go.
//!
//! Semi-NCA (Georgiadis, "Linear-time algorithms for dominators and related problems", 2005), which is simpler and in
//! practice faster than Lengauer and Tarjan's. Everything below works on the numbers in which a depth-first search from the
//! root meets the nodes; a node's dominator has a smaller number than the node.

use super::essential::Essential;
use super::groups::Groups;
use crate::snapshot::{Graph, Node, Sizes};

/// The dominator tree.
pub struct Dominators {
    /// The immediate dominator of each node; the root is its own.
    pub of: Vec<Node>,
    /// All nodes, each behind its dominator.
    pub order: Vec<Node>,
}

const UNSEEN: u32 = u32::MAX;

impl Dominators {
    /// Finds them. What nothing essential leads to hangs on the root.
    #[must_use]
    pub fn find(graph: &Graph, essential: &Essential) -> Self {
        let retainers = retainers(graph, essential);
        let search = Search::run(graph, essential, &retainers);
        let numbers = immediate(&search, &retainers);
        let mut of = vec![Graph::ROOT; graph.node_count() as usize];
        for (&node, &dominator) in search.order.iter().zip(&numbers) {
            of[node as usize] = search.order[dominator as usize];
        }
        Self { of, order: search.order }
    }

    /// What would be freed if each node went: its own size and that of all it dominates.
    #[must_use]
    pub fn retained_sizes(&self, shallow: &Sizes) -> Vec<u64> {
        let nodes = 0..u32::try_from(self.of.len()).unwrap_or(u32::MAX);
        let mut retained: Vec<u64> = nodes.map(|node| shallow.get(node)).collect();
        for &node in self.order.iter().skip(1).rev() {
            let dominator = self.of[node as usize] as usize;
            retained[dominator] = retained[dominator].saturating_add(retained[node as usize]);
        }
        retained
    }
}

/// Essential edges backwards: for each node those that lead to it.
fn retainers(graph: &Graph, essential: &Essential) -> Groups {
    Groups::build(graph.node_count(), || {
        graph.nodes().flat_map(|node| {
            let edges = graph.edges(node).filter(|&edge| essential.contains(edge));
            edges.map(move |edge| (graph.to(edge), node))
        })
    })
}

/// A depth-first search from the root.
struct Search {
    /// The number of each node.
    number: Vec<u32>,
    /// The node of each number.
    order: Vec<Node>,
    /// The number of the node from which each number was reached.
    parent: Vec<u32>,
    /// From this number on, nodes hang on the root only because nothing else leads to them but each other.
    first_in_ring: u32,
}

impl Search {
    fn run(graph: &Graph, essential: &Essential, retainers: &Groups) -> Self {
        let count = graph.node_count();
        let mut search = Self {
            number: vec![UNSEEN; count as usize],
            order: Vec::with_capacity(count as usize),
            parent: Vec::with_capacity(count as usize),
            first_in_ring: count,
        };
        search.from(graph, essential, Graph::ROOT);
        for node in graph.nodes() {
            if search.number[node as usize] == UNSEEN && retainers.of(node).is_empty() {
                search.from(graph, essential, node);
            }
        }
        search.first_in_ring = search.count();
        for node in graph.nodes() {
            if search.number[node as usize] == UNSEEN {
                search.enter(node, 0);
            }
        }
        search
    }

    fn count(&self) -> u32 {
        u32::try_from(self.order.len()).unwrap_or(u32::MAX)
    }

    fn enter(&mut self, node: Node, parent: u32) {
        self.number[node as usize] = self.count();
        self.order.push(node);
        self.parent.push(parent);
    }

    fn from(&mut self, graph: &Graph, essential: &Essential, start: Node) {
        self.enter(start, 0);
        let mut path = vec![graph.edges(start)];
        let mut at = vec![self.number[start as usize]];
        while let (Some(edges), Some(&number)) = (path.last_mut(), at.last()) {
            let unseen =
                |&edge: &u32| essential.contains(edge) && self.number[graph.to(edge) as usize] == UNSEEN;
            if let Some(edge) = edges.find(unseen) {
                let node = graph.to(edge);
                self.enter(node, number);
                path.push(graph.edges(node));
                at.push(self.number[node as usize]);
            } else {
                path.pop();
                at.pop();
            }
        }
    }
}

/// The number of the immediate dominator of each number.
fn immediate(search: &Search, retainers: &Groups) -> Vec<u32> {
    let mut forest = Forest { ancestor: search.parent.clone(), least: (0..search.count()).collect() };
    let mut semi = forest.least.clone();
    let mut path = Vec::new();
    for at in (1..search.count()).rev() {
        let node = search.order[at as usize];
        let known = retainers.of(node).iter().map(|&from| search.number[from as usize]);
        let least = known.map(|from| forest.least(from, at + 1, &mut path)).min();
        // The root leads to what nothing else leads to.
        let least = least.filter(|_| at < search.first_in_ring).unwrap_or(0);
        semi[at as usize] = least;
        forest.least[at as usize] = least;
    }
    let mut dominator = search.parent.clone();
    for at in 1..search.count() as usize {
        while dominator[at] > semi[at] {
            dominator[at] = dominator[dominator[at] as usize];
        }
    }
    dominator
}

/// The part of the search tree whose numbers have been dealt with, with shortened paths.
struct Forest {
    ancestor: Vec<u32>,
    /// The least semidominator between a node and its ancestor.
    least: Vec<u32>,
}

impl Forest {
    /// The least semidominator on the path upwards, among numbers from `linked` on; of one below, the number itself.
    fn least(&mut self, from: u32, linked: u32, path: &mut Vec<u32>) -> u32 {
        let mut top = from;
        while self.ancestor[top as usize] >= linked {
            path.push(top);
            top = self.ancestor[top as usize];
        }
        let ancestor = self.ancestor[top as usize];
        let mut least = self.least[top as usize];
        while let Some(at) = path.pop() {
            least = least.min(self.least[at as usize]);
            self.least[at as usize] = least;
            self.ancestor[at as usize] = ancestor;
        }
        least
    }
}
