//! A snapshot as JavaScript names it: the path of a file, or one that is held.

use std::path::Path;
use std::sync::Arc;

use napi::bindgen_prelude::{Either, External, Result};

use super::convert;
use crate::capture::Held;
use crate::snapshot::{Graph, Progress, open_with};

/// As it comes.
pub type Named<'a> = Either<String, &'a External<Held>>;

/// The same for another thread.
pub enum Source {
    /// A file that is read when it is needed.
    File(String),
    /// A graph that is there.
    Held(Arc<Graph>),
}

impl Source {
    /// What JavaScript named.
    ///
    /// # Errors
    ///
    /// When it was closed.
    pub fn of(named: Named<'_>) -> Result<Self> {
        match named {
            Either::A(file) => Ok(Self::File(file)),
            Either::B(held) => held.graph().map(Self::Held).ok_or_else(convert::closed_snapshot),
        }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::File(file) => file,
            Self::Held(_) => convert::THIS_PROCESS,
        }
    }

    /// Where there is something to read.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(file) => Some(Path::new(file)),
            Self::Held(_) => None,
        }
    }

    /// The graph, read now where it is a file.
    ///
    /// # Errors
    ///
    /// When that cannot be read, or is no snapshot.
    pub fn graph(&self, progress: &Progress) -> Result<Arc<Graph>> {
        match self {
            Self::Held(graph) => Ok(Arc::clone(graph)),
            Self::File(file) => open_with(Path::new(file), progress)
                .map(Arc::new)
                .map_err(|error| convert::snapshot_error(file, &error)),
        }
    }
}
