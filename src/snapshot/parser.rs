//! The file as a whole: an object whose sections come one after the other.
//!
//! Bytes are pushed in, in pieces of any size. Nothing is kept of them but what belongs to the graph, so memory is the
//! graph's, not the file's. Sections that nobody needs are skipped by counting brackets.

use super::batches::{EdgeRows, LocationRows, NodeRows};
use super::columns::Columns;
use super::error::{ErrorKind, Result, SnapshotError};
use super::graph::Graph;
use super::meta::Meta;
use super::rows::Rows;
use super::strings::{Strings, StringsParser};

/// The description of the format takes 2 KB; a file in which it is larger than this is something else.
const MAX_META_BYTES: usize = 1 << 20;
/// Names of sections are shorter.
const MAX_KEY_BYTES: usize = 64;

/// Takes a snapshot in pieces.
pub struct Parser {
    bytes: Option<u64>,
    /// Bytes of the pieces before this one.
    base: u64,
    state: State,
    columns: Option<Columns>,
    nodes_at: Option<u64>,
    edges_at: Option<u64>,
    locations_at: Option<u64>,
    strings: Option<Strings>,
    failed: Option<SnapshotError>,
}

enum State {
    Start,
    /// The name of a section, or the end where no comma came before.
    Key {
        may_end: bool,
    },
    InKey(Vec<u8>),
    Colon(Section),
    Value(Section),
    Meta {
        text: Vec<u8>,
        at: u64,
        nesting: Nesting,
    },
    Rows(Section, Box<Rows>),
    Strings(StringsParser),
    Skip(Nesting),
    /// A number or a word that is not read.
    Scalar,
    Comma,
    End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Snapshot,
    Nodes,
    Edges,
    Locations,
    Strings,
    Other,
}

impl Parser {
    /// `bytes` is the size of the file where it is known; it saves memory and is not taken for true.
    #[must_use]
    pub fn new(bytes: Option<u64>) -> Self {
        Self {
            bytes,
            base: 0,
            state: State::Start,
            columns: None,
            nodes_at: None,
            edges_at: None,
            locations_at: None,
            strings: None,
            failed: None,
        }
    }

    /// Takes the next piece.
    ///
    /// # Errors
    ///
    /// What is wrong with the snapshot; the same again for every later piece.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<()> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let mut at = 0;
        while at < bytes.len() {
            if let Err(error) = self.step(bytes, &mut at) {
                self.failed = Some(error.clone());
                return Err(error);
            }
        }
        self.base += bytes.len() as u64;
        Ok(())
    }

    /// The graph, when all pieces have come.
    ///
    /// # Errors
    ///
    /// When the snapshot is not complete, or names strings that it does not have.
    pub fn finish(self) -> Result<Graph> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let end = self.base;
        if !matches!(self.state, State::End) {
            let problem = format!("the snapshot ends in {}", self.state.place());
            return Err(SnapshotError::new(ErrorKind::Truncated, end, problem));
        }
        let missing = |name: &str| SnapshotError::new(ErrorKind::Count, end, format!("there is no '{name}'"));
        let columns =
            self.columns.ok_or_else(|| SnapshotError { kind: ErrorKind::Meta, ..missing("snapshot") })?;
        self.nodes_at.ok_or_else(|| missing("nodes"))?;
        self.edges_at.ok_or_else(|| missing("edges"))?;
        columns.finish(self.strings.ok_or_else(|| missing("strings"))?, end)
    }

    /// Reads as much as one state takes.
    fn step(&mut self, bytes: &[u8], at: &mut usize) -> Result<()> {
        match &mut self.state {
            State::Rows(..) => {
                // Moved out and back, so that the columns can be filled from it.
                let state = std::mem::replace(&mut self.state, State::Comma);
                let State::Rows(section, mut rows) = state else { return Ok(()) };
                if !self.rows(section, &mut rows, bytes, at)? {
                    self.state = State::Rows(section, rows);
                }
            }
            State::Strings(parser) => {
                if parser.feed(bytes, at, self.base)? {
                    let state = std::mem::replace(&mut self.state, State::Comma);
                    if let State::Strings(parser) = state {
                        self.strings = Some(parser.finish(self.base + *at as u64)?);
                    }
                }
            }
            State::Meta { text, at: meta_at, nesting } => {
                let start = *at;
                let is_over = nesting.skip(bytes, at);
                text.extend_from_slice(&bytes[start..*at]);
                if text.len() > MAX_META_BYTES {
                    let problem = format!("'snapshot' is longer than {MAX_META_BYTES} bytes");
                    return Err(SnapshotError::new(ErrorKind::Limit, *meta_at, problem));
                }
                if is_over {
                    self.columns = Some(Columns::new(Meta::parse(text, *meta_at)?, self.bytes));
                    self.state = State::Comma;
                }
            }
            State::Skip(nesting) => {
                if nesting.skip(bytes, at) {
                    self.state = State::Comma;
                }
            }
            _ => {
                self.punctuation(bytes[*at], self.base + *at as u64)?;
                *at += 1;
            }
        }
        Ok(())
    }

    /// True when the array is over.
    fn rows(&mut self, section: Section, rows: &mut Rows, bytes: &[u8], at: &mut usize) -> Result<bool> {
        let Some(columns) = &mut self.columns else { return Ok(true) };
        let base = self.base;
        let is_over = match section {
            Section::Nodes => rows.read(bytes, at, base, &mut NodeRows(columns))?,
            Section::Edges => rows.read(bytes, at, base, &mut EdgeRows(columns))?,
            _ => rows.read(bytes, at, base, &mut LocationRows(columns))?,
        };
        let end = base + *at as u64;
        match section {
            Section::Nodes if is_over => columns.nodes_end(end)?,
            Section::Edges if is_over => columns.edges_end(end)?,
            _ => {}
        }
        Ok(is_over)
    }

    /// One byte between the sections.
    fn punctuation(&mut self, byte: u8, at: u64) -> Result<()> {
        if let State::InKey(name) = &mut self.state {
            match byte {
                b'"' => self.state = State::Colon(Section::named(name)),
                _ if name.len() == MAX_KEY_BYTES => {
                    return Err(SnapshotError::new(
                        ErrorKind::Limit,
                        at,
                        "the name of a section is too long",
                    ));
                }
                _ => name.push(byte),
            }
            return Ok(());
        }
        if matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
            return Ok(());
        }
        self.state = match (&self.state, byte) {
            (State::Start, b'{') => State::Key { may_end: true },
            (State::Start, _) => return Err(SnapshotError::unexpected(at, byte, "'{' of a heap snapshot")),
            (State::Key { .. }, b'"') => State::InKey(Vec::new()),
            (State::Key { may_end: true } | State::Comma | State::Scalar, b'}') => State::End,
            (State::Key { .. }, _) => {
                return Err(SnapshotError::unexpected(at, byte, "the name of a section"));
            }
            (State::Colon(section), b':') => State::Value(*section),
            (State::Colon(_), _) => return Err(SnapshotError::unexpected(at, byte, "':'")),
            (State::Value(section), _) => self.section(*section, byte, at)?,
            (State::Scalar, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'.' | b'+' | b'-') => return Ok(()),
            (State::Comma | State::Scalar, b',') => State::Key { may_end: false },
            (State::Comma | State::Scalar, _) => {
                return Err(SnapshotError::unexpected(at, byte, "',' or '}'"));
            }
            _ => return Err(SnapshotError::unexpected(at, byte, "nothing behind the snapshot")),
        };
        Ok(())
    }

    /// A section starts with that byte.
    fn section(&mut self, section: Section, byte: u8, at: u64) -> Result<State> {
        if section == Section::Other {
            return match byte {
                b'[' | b'{' => Ok(State::Skip(Nesting::within_value())),
                b'"' => Ok(State::Skip(Nesting::within_text())),
                b'0'..=b'9' | b'-' | b'n' | b't' | b'f' => Ok(State::Scalar),
                _ => Err(SnapshotError::unexpected(at, byte, "a value")),
            };
        }
        let opening = if section == Section::Snapshot { b'{' } else { b'[' };
        if byte != opening {
            return Err(SnapshotError::unexpected(at, byte, &format!("'{}'", opening as char)));
        }
        if section == Section::Snapshot {
            return match &self.columns {
                Some(_) => Err(twice(at)),
                None => Ok(State::Meta { text: vec![byte], at, nesting: Nesting::within_value() }),
            };
        }
        let Some(columns) = &self.columns else {
            let problem = "'snapshot', which describes what follows, must come first";
            return Err(SnapshotError::new(ErrorKind::Meta, at, problem));
        };
        if section == Section::Strings {
            if self.strings.is_some() {
                return Err(twice(at));
            }
            let room = self.bytes.map_or(0, |bytes| bytes.saturating_sub(at));
            return Ok(State::Strings(StringsParser::new(usize::try_from(room).unwrap_or(0))));
        }
        let meta = columns.meta();
        let (seen, fields) = match section {
            Section::Nodes => (&mut self.nodes_at, meta.node.count),
            Section::Edges => (&mut self.edges_at, meta.edge.count),
            _ => match &meta.location {
                Some(location) => (&mut self.locations_at, location.count),
                None => return Ok(State::Skip(Nesting::within_value())),
            },
        };
        if seen.replace(at).is_some() {
            return Err(twice(at));
        }
        Ok(State::Rows(section, Box::new(Rows::new(fields))))
    }
}

fn twice(at: u64) -> SnapshotError {
    SnapshotError::new(ErrorKind::Duplicate, at, "a section comes twice")
}

impl State {
    /// Where a file that ends here ends.
    fn place(&self) -> &'static str {
        match self {
            Self::Start => "nothing: it is empty",
            Self::Rows(Section::Nodes, _) => "'nodes'",
            Self::Rows(Section::Edges, _) => "'edges'",
            Self::Rows(..) => "'locations'",
            Self::Strings(_) => "'strings'",
            Self::Meta { .. } => "'snapshot'",
            Self::Skip(_) => "a section",
            _ => "the middle",
        }
    }
}

impl Section {
    fn named(name: &[u8]) -> Self {
        match name {
            b"snapshot" => Self::Snapshot,
            b"nodes" => Self::Nodes,
            b"edges" => Self::Edges,
            b"locations" => Self::Locations,
            b"strings" => Self::Strings,
            _ => Self::Other,
        }
    }
}

/// Where a value ends that is not read: its brackets are counted, so that no depth of nesting needs a stack.
struct Nesting {
    depth: u64,
    in_text: bool,
    is_escaped: bool,
}

impl Nesting {
    /// Behind the opening bracket of a value.
    fn within_value() -> Self {
        Self { depth: 1, in_text: false, is_escaped: false }
    }

    /// Behind the quotation mark of a text.
    fn within_text() -> Self {
        Self { depth: 0, in_text: true, is_escaped: false }
    }

    /// Reads on; true when the value is over.
    fn skip(&mut self, bytes: &[u8], at: &mut usize) -> bool {
        while let Some(&byte) = bytes.get(*at) {
            *at += 1;
            if self.in_text {
                match byte {
                    _ if self.is_escaped => self.is_escaped = false,
                    b'\\' => self.is_escaped = true,
                    b'"' => self.in_text = false,
                    _ => continue,
                }
            } else {
                match byte {
                    b'"' => self.in_text = true,
                    b'[' | b'{' => self.depth += 1,
                    b']' | b'}' => self.depth -= 1,
                    _ => continue,
                }
            }
            if self.depth == 0 && !self.in_text {
                return true;
            }
        }
        false
    }
}
