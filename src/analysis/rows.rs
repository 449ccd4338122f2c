//! Rows of a table of classes: one for each place and name, shared by the classes of several snapshots.

use std::collections::HashMap;

use super::classes::{Class, ClassName, Place};
use super::interfaces::{Interface, Matcher, Shapes};

/// Finds the row of a class. Plain objects are named by one list of interfaces, whichever snapshot they are from.
pub struct Rows {
    interfaces: Vec<Interface>,
    matcher: Matcher,
    known: HashMap<Row, usize>,
    all: Vec<Row>,
}

/// What a row is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    /// The name of the class.
    pub name: String,
    /// Where its constructor stands, where that is known.
    pub place: Option<Place>,
}

impl Rows {
    /// For plain objects of these interfaces.
    #[must_use]
    pub fn new(interfaces: Vec<Interface>) -> Self {
        let matcher = Matcher::new(&interfaces);
        Self { interfaces, matcher, known: HashMap::new(), all: Vec::new() }
    }

    /// The row of each class.
    pub fn of(&mut self, classes: &[Class], shapes: &Shapes) -> Vec<usize> {
        let matches = self.matcher.match_all(shapes);
        classes.iter().map(|class| self.row(class, &matches)).collect()
    }

    fn row(&mut self, class: &Class, matches: &[Option<usize>]) -> usize {
        let name = match &class.name {
            ClassName::Text(text) => text,
            ClassName::Shape(shape) => match matches[*shape] {
                Some(interface) => &self.interfaces[interface].name,
                None => "Object",
            },
        };
        let row = Row { name: name.to_owned(), place: class.place };
        let at = *self.known.entry(row.clone()).or_insert(self.all.len());
        if at == self.all.len() {
            self.all.push(row);
        }
        at
    }

    /// All rows.
    #[must_use]
    pub fn finish(self) -> Vec<Row> {
        self.all
    }
}
