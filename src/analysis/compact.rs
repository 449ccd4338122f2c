//! The objects of a snapshot in about three bytes each, for a worker that keeps one of job 100 until job 1,000.
//!
//! An object is its id, its class and its size. Ids are sorted and stored as distances, classes are numbered by how
//! frequent they are, sizes are mostly a few words: each fits into one byte more often than not. Plain objects keep their
//! shape, so that a later snapshot can name them. Nothing is lost that a comparison asks for.

use super::Detached;
use super::classes::{Class, ClassName, Classes, Place};
use super::interfaces::{Shape, Shapes};
pub use super::numbers::Damage;
use super::numbers::{Reader, Writer};
use super::shallow::shallow_sizes;
use crate::snapshot::{Graph, Node, Sizes};

/// Of the form below. A reader of another version refuses.
const VERSION: u64 = 1;
const MAGIC: &[u8] = b"holdover objects";
/// Sizes are whole words but for those of outside memory.
const WORD: u64 = 8;

/// The objects of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compact {
    count: u32,
    /// Of each object: distance of its id, class, size.
    rows: Vec<u8>,
    classes: Vec<Class>,
    shapes: Shapes,
}

/// What is known of an object: it has a size, else it is storage of another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Object {
    /// V8's id.
    pub id: u32,
    /// Index of its class.
    pub class: u32,
    /// Shallow size.
    pub bytes: u64,
}

impl Compact {
    /// Keeps the objects of a snapshot.
    #[must_use]
    pub fn of(graph: &Graph) -> Self {
        let detached = Detached::find(graph);
        let sizes = shallow_sizes(graph, &detached);
        let found = Classes::find(graph, &detached);
        let (numbers, classes) = by_frequency(&found, &sizes);
        let objects = sorted_objects(graph, &sizes);
        let mut rows = Writer::default();
        let mut last = 0;
        for &(id, node) in &objects {
            rows.number(u64::from(id - last));
            rows.number(u64::from(numbers[found.of[node as usize] as usize]));
            rows.number(packed_size(sizes.get(node)));
            last = id;
        }
        let count = u32::try_from(objects.len()).unwrap_or(u32::MAX);
        let mut rows = rows.finish();
        rows.shrink_to_fit();
        Self { count, rows, classes, shapes: found.shapes }
    }

    /// The objects, by id.
    pub fn objects(&self) -> impl Iterator<Item = Object> {
        let mut rows = Reader::new(&self.rows);
        let mut id = 0_u32;
        // Written by `of` or checked by `from_bytes`: rows end where objects end.
        (0..self.count).map_while(move |_| {
            let object = row(&mut rows, id).ok()?;
            id = object.id;
            Some(object)
        })
    }

    /// The classes of the objects.
    #[must_use]
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// The shapes of plain objects.
    #[must_use]
    pub fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    /// How many objects there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.count
    }

    /// Memory that it takes, as near as counts: rows, and the names of classes and properties.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let text = |class: &Class| match &class.name {
            ClassName::Text(text) => text.len(),
            ClassName::Shape(_) => 0,
        };
        let classes = self.classes.iter().map(|class| size_of::<Class>() + text(class)).sum::<usize>();
        let Shapes { names, shapes } = &self.shapes;
        let names = names.iter().map(|name| size_of::<String>() + name.len()).sum::<usize>();
        let shapes =
            shapes.iter().map(|shape| size_of::<Shape>() + size_of_val(&*shape.properties)).sum::<usize>();
        self.rows.len() + classes + names + shapes
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All of it as bytes, to be kept elsewhere.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Writer::default();
        bytes.raw(MAGIC);
        bytes.number(VERSION);
        write_shapes(&mut bytes, &self.shapes);
        bytes.number(self.classes.len() as u64);
        for class in &self.classes {
            write_class(&mut bytes, class);
        }
        bytes.number(u64::from(self.count));
        bytes.raw(&self.rows);
        bytes.finish()
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// When it is something else, of another version, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Damage> {
        let mut reader = Reader::new(bytes);
        reader.expect(MAGIC, "these are no objects of a snapshot")?;
        if reader.number()? != VERSION {
            return Err(reader.damage("written by another version of holdover"));
        }
        let shapes = read_shapes(&mut reader)?;
        let class_count = reader.count()?;
        let classes: Vec<Class> =
            (0..class_count).map(|_| read_class(&mut reader, &shapes)).collect::<Result<_, _>>()?;
        let count = reader.count()?;
        let rows = reader.rest();
        let mut id = 0;
        for at in 0..count {
            let object = row(&mut reader, id)?;
            if object.class as usize >= classes.len() || at > 0 && object.id == id {
                return Err(reader.damage("an object of no class, or one that is there twice"));
            }
            id = object.id;
        }
        reader.expect_end()?;
        Ok(Self { count: u32::try_from(count).unwrap_or(u32::MAX), rows: rows.to_vec(), classes, shapes })
    }
}

/// Ids and nodes of all that has a size, by id.
#[must_use]
pub fn sorted_objects(graph: &Graph, sizes: &Sizes) -> Vec<(u32, Node)> {
    let nodes = graph.nodes().filter(|&node| sizes.get(node) > 0);
    let mut objects: Vec<(u32, Node)> = nodes.map(|node| (graph.id(node), node)).collect();
    objects.sort_unstable();
    objects
}

/// The number of each class, and the classes in their order: those with most objects first, those without left out.
fn by_frequency(found: &Classes, sizes: &Sizes) -> (Vec<u32>, Vec<Class>) {
    let mut counts = vec![0_u64; found.all.len()];
    for (node, &class) in (0..).zip(&found.of) {
        counts[class as usize] += u64::from(sizes.get(node) > 0);
    }
    let mut order: Vec<usize> = (0..counts.len()).filter(|&class| counts[class] > 0).collect();
    order.sort_by_key(|&class| std::cmp::Reverse(counts[class]));
    let mut numbers = vec![0; counts.len()];
    for (number, &class) in (0..).zip(&order) {
        numbers[class] = number;
    }
    (numbers, order.into_iter().map(|class| found.all[class].clone()).collect())
}

/// Whole words lose their low bits, others are marked.
fn packed_size(bytes: u64) -> u64 {
    if bytes.is_multiple_of(WORD) { bytes / WORD * 2 } else { bytes.saturating_mul(2) | 1 }
}

fn unpacked_size(packed: u64) -> u64 {
    if packed.is_multiple_of(2) { (packed / 2).saturating_mul(WORD) } else { packed / 2 }
}

fn row(rows: &mut Reader<'_>, last_id: u32) -> Result<Object, Damage> {
    let id = u32::try_from(rows.number()?).ok().and_then(|distance| last_id.checked_add(distance));
    let (class, bytes) = (u32::try_from(rows.number()?).ok(), unpacked_size(rows.number()?));
    match (id, class) {
        (Some(id), Some(class)) if bytes > 0 => Ok(Object { id, class, bytes }),
        _ => Err(rows.damage("a number that is too large")),
    }
}

fn write_shapes(bytes: &mut Writer, shapes: &Shapes) {
    bytes.number(shapes.names.len() as u64);
    shapes.names.iter().for_each(|name| bytes.text(name));
    bytes.number(shapes.shapes.len() as u64);
    for shape in &shapes.shapes {
        bytes.number(shape.count);
        bytes.number(shape.properties.len() as u64);
        shape.properties.iter().for_each(|&name| bytes.number(u64::from(name)));
    }
}

fn read_shapes(bytes: &mut Reader<'_>) -> Result<Shapes, Damage> {
    let name_count = bytes.count()?;
    let names: Vec<String> = (0..name_count).map(|_| bytes.text()).collect::<Result<_, _>>()?;
    let shape_count = bytes.count()?;
    let shape = |_| {
        let (count, properties) = (bytes.number()?, bytes.count()?);
        let properties = (0..properties).map(|_| bytes.index(names.len())).collect::<Result<_, _>>()?;
        Ok(Shape { properties, count })
    };
    let shapes = (0..shape_count).map(shape).collect::<Result<_, _>>()?;
    Ok(Shapes { names, shapes })
}

fn write_class(bytes: &mut Writer, class: &Class) {
    let place = class.place;
    let is_shape = matches!(class.name, ClassName::Shape(_));
    bytes.number(u64::from(place.is_some()) << 1 | u64::from(is_shape));
    if let Some(Place { script, line, column }) = place {
        for number in [script, line, column] {
            bytes.number(u64::from(number));
        }
    }
    match &class.name {
        ClassName::Text(text) => bytes.text(text),
        ClassName::Shape(shape) => bytes.number(*shape as u64),
    }
}

fn read_class(bytes: &mut Reader<'_>, shapes: &Shapes) -> Result<Class, Damage> {
    let flags = bytes.index(4)?;
    let place = if flags & 2 == 0 {
        None
    } else {
        Some(Place { script: bytes.small()?, line: bytes.small()?, column: bytes.small()? })
    };
    let name = if flags & 1 == 0 {
        ClassName::Text(bytes.text()?)
    } else {
        ClassName::Shape(bytes.index(shapes.shapes.len())? as usize)
    };
    Ok(Class { place, name })
}
