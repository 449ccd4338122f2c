//! Which class each node belongs to, by the names of Chrome `DevTools`.

use std::collections::HashMap;

use super::Detached;
use super::hash::FastMap;
use super::interfaces::{Shape, Shapes};
use crate::snapshot::{EdgeKind, Graph, Location, Node, NodeKind, Strings};

/// The classes of a snapshot. Plain objects are sorted by shape, since which interface they belong to may be decided by
/// another snapshot.
#[derive(Debug, Default)]
pub struct Classes {
    /// The class of each node: an index into `all`.
    pub of: Vec<u32>,
    /// The classes.
    pub all: Vec<Class>,
    /// The shapes of plain objects.
    pub shapes: Shapes,
}

/// A class.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Class {
    /// Where its constructor stands, for objects: two classes of one name stay apart.
    pub place: Option<Place>,
    /// How it is called.
    pub name: ClassName,
}

/// Script, line and column, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Id of the script, in that process.
    pub script: u32,
    /// Line, from 0.
    pub line: u32,
    /// Column, from 0.
    pub column: u32,
}

/// The name of a class.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ClassName {
    /// A name.
    Text(String),
    /// That of the interface of a shape.
    Shape(usize),
}

/// What a class is found again by, while nodes are sorted.
type Key = (Option<Place>, Name);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Name {
    /// Index of a string.
    String(u32),
    /// Index of a string behind "Detached ".
    Detached(u32),
    Shape(u32),
    /// The one name of a type of nodes.
    Type(NodeKind),
}

impl Classes {
    /// Sorts all nodes.
    #[must_use]
    pub fn find(graph: &Graph, detached: &Detached) -> Self {
        let mut of = Vec::with_capacity(graph.node_count() as usize);
        let classes = Self::tell(graph, detached, |_, class| of.push(class));
        Self { of, ..classes }
    }

    /// Tells the class of each node, in order, and keeps them not: `of` stays empty.
    #[must_use]
    pub fn tell(graph: &Graph, detached: &Detached, mut told: impl FnMut(Node, u32)) -> Self {
        let mut sorter = Sorter {
            graph,
            classes: Self::default(),
            known: FastMap::default(),
            by_text: HashMap::new(),
            last: None,
            others: FastMap::default(),
            shapes: ShapeTable::default(),
            plain: indexes_of(graph.strings(), "Object"),
        };
        let mut locations = graph.locations().iter().peekable();
        for node in graph.nodes() {
            let location = locations.next_if(|location| location.node == node);
            told(node, sorter.class(node, location, detached.contains(node)));
        }
        sorter.classes.shapes = sorter.shapes.shapes;
        sorter.classes
    }
}

/// Where a text is, which a file may have twice.
fn indexes_of(strings: &Strings, text: &str) -> Vec<u32> {
    let indexes = 0..u32::try_from(strings.len()).unwrap_or(u32::MAX);
    indexes.filter(|&index| strings.get(index) == text).collect()
}

struct Sorter<'a> {
    graph: &'a Graph,
    classes: Classes,
    known: FastMap<Key, u32>,
    by_text: HashMap<Class, u32>,
    /// Objects of one class often lie side by side.
    last: Option<(Key, u32)>,
    /// Classes of the types that have no class of their own, by the name of the type.
    others: FastMap<u32, u32>,
    shapes: ShapeTable,
    /// Names of plain objects.
    plain: Vec<u32>,
}

impl Sorter<'_> {
    fn class(&mut self, node: Node, location: Option<&Location>, is_detached: bool) -> u32 {
        let kind = self.graph.kind(node);
        let index = self.graph.name_index(node);
        let name = match kind {
            NodeKind::Object if self.plain.contains(&index) => {
                Name::Shape(self.shapes.find(self.graph, node))
            }
            NodeKind::Native if is_detached => Name::Detached(index),
            NodeKind::Object | NodeKind::Native => Name::String(index),
            NodeKind::Other => return self.other(node),
            _ => Name::Type(kind),
        };
        let location = location.filter(|_| kind == NodeKind::Object);
        let place = location.map(|at| Place { script: at.script, line: at.line, column: at.column });
        let key = (place, name);
        if let Some((last, class)) = self.last
            && last == key
        {
            return class;
        }
        let class = match self.known.get(&key) {
            Some(&class) => class,
            None => self.add(node, key),
        };
        self.last = Some((key, class));
        class
    }

    fn add(&mut self, node: Node, key: Key) -> u32 {
        let (place, name) = key;
        let name = match name {
            Name::Shape(shape) => ClassName::Shape(shape as usize),
            Name::String(_) => ClassName::Text(tag(self.graph.name(node))),
            Name::Detached(_) => ClassName::Text(tag(&format!("Detached {}", self.graph.name(node)))),
            Name::Type(kind) => ClassName::Text(type_class(kind, self.graph.type_name(node))),
        };
        let class = self.numbered(Class { place, name });
        self.known.insert(key, class);
        class
    }

    fn other(&mut self, node: Node) -> u32 {
        let kind = self.graph.raw_kind(node);
        if let Some(&class) = self.others.get(&kind) {
            return class;
        }
        let name = ClassName::Text(format!("({})", self.graph.type_name(node)));
        let class = self.numbered(Class { place: None, name });
        self.others.insert(kind, class);
        class
    }

    /// Names that are the same text are one class, also where the file has the text twice.
    fn numbered(&mut self, class: Class) -> u32 {
        let next = u32::try_from(self.classes.all.len()).unwrap_or(u32::MAX);
        let number = *self.by_text.entry(class.clone()).or_insert(next);
        if number == next {
            self.classes.all.push(class);
        }
        number
    }
}

/// The class of all nodes of a type.
fn type_class(kind: NodeKind, type_name: &str) -> String {
    match kind {
        NodeKind::Hidden => "(system)".to_owned(),
        NodeKind::Code => "(compiled code)".to_owned(),
        NodeKind::Closure => "Function".to_owned(),
        NodeKind::RegExp => "RegExp".to_owned(),
        _ => format!("({type_name})"),
    }
}

/// An element of a document without its attributes: `<div id="a">` is a `<div>`.
fn tag(name: &str) -> String {
    let skipped = if name.starts_with("Detached <") { 10 } else { 0 };
    if skipped == 0 && !name.starts_with('<') {
        return name.to_owned();
    }
    match name[skipped..].find(' ') {
        Some(space) => format!("{}>", &name[..skipped + space]),
        None => name.to_owned(),
    }
}

/// Finds the shape of a plain object.
#[derive(Default)]
struct ShapeTable {
    shapes: Shapes,
    known: FastMap<Box<[u32]>, u32>,
    /// Numbers of names, by index of the string.
    numbers: FastMap<u32, u32>,
    by_text: HashMap<String, u32>,
    properties: Vec<u32>,
}

impl ShapeTable {
    fn find(&mut self, graph: &Graph, node: Node) -> u32 {
        let mut properties = std::mem::take(&mut self.properties);
        properties.clear();
        for edge in graph.edges(node) {
            if graph.edge_kind(edge) == EdgeKind::Property {
                properties.push(self.number(graph, graph.edge_name_or_number(edge)));
            }
        }
        let shape = self.shape(&properties);
        self.properties = properties;
        self.shapes.shapes[shape as usize].count += 1;
        shape
    }

    fn shape(&mut self, properties: &[u32]) -> u32 {
        if let Some(&shape) = self.known.get(properties) {
            return shape;
        }
        let shape = u32::try_from(self.shapes.shapes.len()).unwrap_or(u32::MAX);
        self.shapes.shapes.push(Shape { properties: properties.into(), count: 0 });
        self.known.insert(properties.into(), shape);
        shape
    }

    fn number(&mut self, graph: &Graph, index: u32) -> u32 {
        if let Some(&number) = self.numbers.get(&index) {
            return number;
        }
        let text = graph.strings().get(index);
        let next = u32::try_from(self.shapes.names.len()).unwrap_or(u32::MAX);
        let number = *self.by_text.entry(text.to_owned()).or_insert(next);
        if number == next {
            self.shapes.names.push(text.to_owned());
        }
        self.numbers.insert(index, number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::tag;

    #[test]
    fn an_element_is_called_without_its_attributes() {
        for (name, class) in [
            ("<div id=\"a\">", "<div>"),
            ("<div>", "<div>"),
            ("Detached <div id=\"a\">", "Detached <div>"),
            ("Detached <div>", "Detached <div>"),
            ("Job a", "Job a"),
            ("< a", "<>"),
        ] {
            assert_eq!(tag(name), class);
        }
    }
}
