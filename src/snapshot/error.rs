//! What can be wrong with a snapshot.

use std::fmt;

/// A snapshot that was refused: what is wrong, and at which byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotError {
    /// Which sort of mistake.
    pub kind: ErrorKind,
    /// Bytes before the place where it shows.
    pub at_byte: u64,
    /// What is wrong, for the reader of the message.
    pub problem: String,
}

/// The sorts of mistakes. Each has a stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The file cannot be read.
    File,
    /// It ends too early.
    Truncated,
    /// Some byte cannot stand there.
    Syntax,
    /// The description of the format lacks something, or is wrong.
    Meta,
    /// There are more or fewer rows than announced.
    Count,
    /// A number points at a node, text or type that does not exist.
    Reference,
    /// Text that is no text.
    Text,
    /// Two nodes have one id, or a section comes twice.
    Duplicate,
    /// Larger than holdover can hold.
    Limit,
    /// It was told to stop.
    Stopped,
}

impl ErrorKind {
    /// The stable code of the mistake.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::File => "HOLDOVER_SNAPSHOT_FILE",
            Self::Truncated => "HOLDOVER_SNAPSHOT_TRUNCATED",
            Self::Syntax => "HOLDOVER_SNAPSHOT_SYNTAX",
            Self::Meta => "HOLDOVER_SNAPSHOT_META",
            Self::Count => "HOLDOVER_SNAPSHOT_COUNT",
            Self::Reference => "HOLDOVER_SNAPSHOT_REFERENCE",
            Self::Text => "HOLDOVER_SNAPSHOT_TEXT",
            Self::Duplicate => "HOLDOVER_SNAPSHOT_DUPLICATE",
            Self::Limit => "HOLDOVER_SNAPSHOT_LIMIT",
            Self::Stopped => "HOLDOVER_SNAPSHOT_STOPPED",
        }
    }
}

impl SnapshotError {
    /// A mistake that shows at that byte.
    pub fn new(kind: ErrorKind, at_byte: u64, problem: impl Into<String>) -> Self {
        Self { kind, at_byte, problem: problem.into() }
    }

    /// A byte that cannot stand there.
    pub(super) fn unexpected(at_byte: u64, found: u8, expected: &str) -> Self {
        let found = match found {
            b' '..=b'~' => format!("'{}'", found as char),
            _ => format!("byte 0x{found:02x}"),
        };
        Self::new(ErrorKind::Syntax, at_byte, format!("expected {expected}, found {found}"))
    }
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, at byte {}", self.problem, self.at_byte)
    }
}

impl std::error::Error for SnapshotError {}

/// What parsing gives.
pub type Result<T> = std::result::Result<T, SnapshotError>;
