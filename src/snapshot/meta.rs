//! The first section of a snapshot: which fields a row has, what its types are called, how many rows there are.
//!
//! Fields are found by their names, since their number and order differ: Node 20 and 22 have `trace_node_id` and
//! `detachedness`, Node 24 and 26 only the latter, and Node 24 has one entry more in `node_types` than in `node_fields`.

use serde_json::Value;

use super::error::{ErrorKind, Result, SnapshotError};
use super::kinds::{EdgeKind, NodeKind};
use super::rows::MAX_FIELDS;

/// What the section `snapshot` says.
#[derive(Debug)]
pub struct Meta {
    /// Nodes announced.
    pub node_count: u32,
    /// Edges announced.
    pub edge_count: u32,
    /// Bytes outside the heap that V8 reports as one sum.
    pub extra_native_bytes: u64,
    /// Fields of a node.
    pub node: NodeFields,
    /// What the numbers of the field `type` of a node mean.
    pub node_types: Vec<NodeKind>,
    /// Names of types of nodes, in the same order.
    pub node_type_names: Vec<String>,
    /// Fields of an edge.
    pub edge: EdgeFields,
    /// What the numbers of the field `type` of an edge mean.
    pub edge_types: Vec<EdgeKind>,
    /// Fields of a location; none where there are no locations.
    pub location: Option<LocationFields>,
}

/// Where a row of a node has what.
#[derive(Debug)]
pub struct NodeFields {
    /// Numbers in a row.
    pub count: usize,
    /// The type.
    pub kind: usize,
    /// The index of the name.
    pub name: usize,
    /// The id.
    pub id: usize,
    /// The size.
    pub self_size: usize,
    /// The number of edges.
    pub edge_count: usize,
    /// Whether it is attached to the document, or what of the embedder takes its place.
    pub detachedness: Option<usize>,
}

/// Where a row of an edge has what.
#[derive(Debug)]
pub struct EdgeFields {
    /// Numbers in a row.
    pub count: usize,
    /// The type.
    pub kind: usize,
    /// The index of the name, or a number.
    pub name: usize,
    /// Where it leads.
    pub to_node: usize,
}

/// Where a row of a location has what.
#[derive(Debug)]
pub struct LocationFields {
    /// Numbers in a row.
    pub count: usize,
    /// Which node.
    pub node: usize,
    /// Which script.
    pub script: usize,
    /// Which line, from 0.
    pub line: usize,
    /// Which column, from 0.
    pub column: usize,
}

impl Meta {
    /// Reads the section, which starts at that byte.
    pub fn parse(text: &[u8], at: u64) -> Result<Self> {
        let section: Value = serde_json::from_slice(text).map_err(|error| {
            SnapshotError::new(ErrorKind::Meta, at, format!("'snapshot' cannot be read: {error}"))
        })?;
        let reader = Reader { at };
        let meta = &section["meta"];
        let fields = reader.names(&meta["node_fields"], "node_fields")?;
        let node = NodeFields {
            count: reader.width(&fields, "node_fields")?,
            kind: reader.position(&fields, "node_fields", "type")?,
            name: reader.position(&fields, "node_fields", "name")?,
            id: reader.position(&fields, "node_fields", "id")?,
            self_size: reader.position(&fields, "node_fields", "self_size")?,
            edge_count: reader.position(&fields, "node_fields", "edge_count")?,
            detachedness: fields.iter().position(|field| field == "detachedness"),
        };
        let fields = reader.names(&meta["edge_fields"], "edge_fields")?;
        let edge = EdgeFields {
            count: reader.width(&fields, "edge_fields")?,
            kind: reader.position(&fields, "edge_fields", "type")?,
            name: reader.position(&fields, "edge_fields", "name_or_index")?,
            to_node: reader.position(&fields, "edge_fields", "to_node")?,
        };
        let node_type_names = reader.names(&meta["node_types"][node.kind], "node_types")?;
        let edge_type_names = reader.names(&meta["edge_types"][edge.kind], "edge_types")?;
        Ok(Self {
            node_count: reader.count(&section["node_count"], "node_count")?,
            edge_count: reader.count(&section["edge_count"], "edge_count")?,
            extra_native_bytes: section["extra_native_bytes"].as_u64().unwrap_or(0),
            node_types: node_type_names.iter().map(|name| NodeKind::named(name)).collect(),
            edge_types: edge_type_names.iter().map(|name| EdgeKind::named(name)).collect(),
            location: reader.location(&meta["location_fields"])?,
            node,
            node_type_names,
            edge,
        })
    }
}

/// Reads one thing or the other, and knows where it would be wrong.
struct Reader {
    at: u64,
}

impl Reader {
    fn wrong(&self, problem: String) -> SnapshotError {
        SnapshotError::new(ErrorKind::Meta, self.at, problem)
    }

    fn names(&self, list: &Value, what: &str) -> Result<Vec<String>> {
        let names = list.as_array().map(|list| list.iter().map(|name| name.as_str().map(str::to_owned)));
        let names = names.and_then(Iterator::collect::<Option<Vec<_>>>).filter(|names| names.len() <= 256);
        names.ok_or_else(|| self.wrong(format!("'{what}' of 'meta' is no list of at most 256 names")))
    }

    fn width(&self, fields: &[String], what: &str) -> Result<usize> {
        if fields.len() <= MAX_FIELDS {
            return Ok(fields.len());
        }
        Err(self.wrong(format!("'{what}' has {} names; at most {MAX_FIELDS} are read", fields.len())))
    }

    fn position(&self, fields: &[String], what: &str, name: &str) -> Result<usize> {
        let position = fields.iter().position(|field| field == name);
        position.ok_or_else(|| self.wrong(format!("'{what}' of 'meta' has no '{name}'")))
    }

    /// V8 writes the number of edges as a floating point number.
    fn count(&self, value: &Value, what: &str) -> Result<u32> {
        let number = value.as_f64().filter(|number| number.fract() == 0.0 && *number >= 0.0);
        let number = number.ok_or_else(|| self.wrong(format!("'{what}' is no whole number of 0 or more")))?;
        if number > f64::from(u32::MAX - 1) {
            let problem = format!("'{what}' is {number}; at most {} can be held", u32::MAX - 1);
            return Err(SnapshotError::new(ErrorKind::Limit, self.at, problem));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole and in range, see above"
        )]
        Ok(number as u32)
    }

    fn location(&self, list: &Value) -> Result<Option<LocationFields>> {
        if list.is_null() {
            return Ok(None);
        }
        let fields = self.names(list, "location_fields")?;
        Ok(Some(LocationFields {
            count: self.width(&fields, "location_fields")?,
            node: self.position(&fields, "location_fields", "object_index")?,
            script: self.position(&fields, "location_fields", "script_id")?,
            line: self.position(&fields, "location_fields", "line")?,
            column: self.position(&fields, "location_fields", "column")?,
        }))
    }
}
