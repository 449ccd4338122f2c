//! Plain objects by their properties: `{id, title}` says more than `Object`.
//!
//! The most frequent lists of properties of a snapshot are its interfaces. A plain object belongs to the one that has most
//! properties of all that it has completely. Lengths are counted in UTF-16, as JavaScript counts them, since a name that
//! grows too long is cut.

use std::collections::HashMap;

use super::hash::FastMap;

/// A list of properties with the name that it gives an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// `{a, b}`.
    pub name: String,
    /// The properties.
    pub properties: Vec<String>,
}

/// The lists of properties of plain objects, each once, in the order in which they first come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shapes {
    /// Names of properties.
    pub names: Vec<String>,
    /// The lists.
    pub shapes: Vec<Shape>,
}

/// A list of properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Indexes of their names, in the order in which the object has them.
    pub properties: Box<[u32]>,
    /// How many objects have it.
    pub count: u64,
}

impl Shapes {
    /// The names of a shape.
    pub fn properties(&self, shape: usize) -> impl Iterator<Item = &str> {
        self.shapes[shape].properties.iter().map(|&name| self.names[name as usize].as_str())
    }
}

/// A name ends before the property with which it would pass this.
const MAX_NAME_UNITS: usize = 120;
const MIN_OBJECTS: u64 = 2;
/// An interface has at least one of so many plain objects.
const PLAIN_OBJECTS_PER_INTERFACE: u64 = 1_000;

/// The interfaces of a snapshot, most frequent first.
#[must_use]
pub fn infer(shapes: &Shapes) -> Vec<Interface> {
    let mut candidates: Vec<(Interface, u64)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (at, shape) in shapes.shapes.iter().enumerate() {
        let Some(interface) = candidate(shapes.properties(at)) else { continue };
        let at = *known.entry(interface.name.clone()).or_insert(candidates.len());
        if at == candidates.len() {
            candidates.push((interface, 0));
        }
        candidates[at].1 += shape.count;
    }
    let plain_objects: u64 = shapes.shapes.iter().map(|shape| shape.count).sum();
    candidates
        .retain(|&(_, count)| count >= MIN_OBJECTS && count * PLAIN_OBJECTS_PER_INTERFACE >= plain_objects);
    candidates.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    candidates.into_iter().map(|(interface, _)| interface).collect()
}

/// The interface that an object with these properties would make; nothing where it has none.
fn candidate<'a>(properties: impl Iterator<Item = &'a str>) -> Option<Interface> {
    let mut name = String::from("{");
    let mut units = 1;
    let mut chosen = Vec::new();
    for property in properties.filter(|property| *property != "__proto__") {
        let shown = quoted(property);
        let shown_units = shown.encode_utf16().count();
        if units > 1 && units + shown_units > MAX_NAME_UNITS {
            break;
        }
        if units > 1 {
            name += ", ";
            units += 2;
        }
        name += &shown;
        units += shown_units;
        chosen.push(property.to_owned());
    }
    name.push('}');
    (!chosen.is_empty()).then_some(Interface { name, properties: chosen })
}

/// A property as it stands in a name: as it is, unless that could be misread.
fn quoted(property: &str) -> String {
    if property.contains([',', '\'', '"', '{', '}']) {
        return serde_json::to_string(property).unwrap_or_else(|_| property.to_owned());
    }
    property.to_owned()
}

/// Interfaces as a tree of their sorted properties, in which an object finds the best one.
pub struct Matcher {
    /// Numbers of properties that occur in interfaces.
    properties: HashMap<String, u32>,
    next: FastMap<(u32, u32), u32>,
    steps: Vec<Step>,
}

/// Where some properties have been found.
#[derive(Default)]
struct Step {
    /// How many properties, and which interface has just these.
    interface: Option<(usize, usize)>,
    /// The largest property that leads on.
    greatest_next: Option<u32>,
}

impl Matcher {
    /// For these interfaces.
    #[must_use]
    pub fn new(interfaces: &[Interface]) -> Self {
        let mut matcher =
            Self { properties: HashMap::new(), next: FastMap::default(), steps: vec![Step::default()] };
        for (index, interface) in interfaces.iter().enumerate() {
            let mut numbers: Vec<u32> =
                interface.properties.iter().map(|property| matcher.number(property)).collect();
            numbers.sort_unstable();
            let last = numbers.iter().fold(0, |step, &number| matcher.step(step, number));
            matcher.steps[last as usize].interface.get_or_insert((numbers.len(), index));
        }
        matcher
    }

    fn number(&mut self, property: &str) -> u32 {
        let next = u32::try_from(self.properties.len()).unwrap_or(u32::MAX);
        *self.properties.entry(property.to_owned()).or_insert(next)
    }

    fn step(&mut self, from: u32, property: u32) -> u32 {
        let made = u32::try_from(self.steps.len()).unwrap_or(u32::MAX);
        let to = *self.next.entry((from, property)).or_insert(made);
        if to == made {
            self.steps.push(Step::default());
        }
        let greatest = &mut self.steps[from as usize].greatest_next;
        *greatest = (*greatest).max(Some(property));
        to
    }

    /// For each shape the index of its interface, the one with most properties, and then the most frequent.
    #[must_use]
    pub fn match_all(&self, shapes: &Shapes) -> Vec<Option<usize>> {
        let numbers: Vec<Option<u32>> =
            shapes.names.iter().map(|name| self.properties.get(name).copied()).collect();
        let of = |shape: &Shape| {
            self.best(shape.properties.iter().filter_map(|&name| numbers[name as usize]).collect())
        };
        shapes.shapes.iter().map(of).collect()
    }

    /// The interface of an object with the properties of these numbers.
    fn best(&self, mut numbers: Vec<u32>) -> Option<usize> {
        numbers.sort_unstable();
        let mut best: Option<(usize, usize)> = None;
        let mut open = vec![0_u32];
        for number in numbers {
            for at in 0..open.len() {
                let Some(&to) = self.next.get(&(open[at], number)) else { continue };
                open.push(to);
                best = better(best, self.steps[to as usize].interface);
            }
            open.retain(|&step| self.steps[step as usize].greatest_next.is_some_and(|next| number < next));
        }
        best.map(|(_, index)| index)
    }
}

fn better(a: Option<(usize, usize)>, b: Option<(usize, usize)>) -> Option<(usize, usize)> {
    let rank = |(count, index): (usize, usize)| (count, std::cmp::Reverse(index));
    match (a, b) {
        (Some(a), Some(b)) => Some(if rank(b) > rank(a) { b } else { a }),
        _ => a.or(b),
    }
}
