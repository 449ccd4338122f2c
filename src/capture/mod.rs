//! A snapshot of this process, read while V8 writes it.
//!
//! ```text
//! V8 on the main thread ─▶ pipe ─▶ reading thread ─▶ Graph
//!                                        └─▶ the file that was asked for
//! ```
//!
//! V8 takes the path of a file. That of the pipe is the one under which a system shows the open files of a process. Where
//! there is no such path, V8 writes a file, which is read afterwards.
//!
//! One process has one capture at a time, over all threads: what V8 builds takes several times the heap's own memory.

mod held;
mod partial;
mod pipe;
mod turn;

use std::path::{Path, PathBuf};

pub use held::Held;

use crate::snapshot::{ErrorKind, Graph, Result, SnapshotError, open};
use partial::PartialFile;
use pipe::Reading;
use turn::Turn;

/// A capture under way: V8 is to write to [`Capture::path`], then comes [`Capture::finish`]. One that is dropped instead
/// leaves neither file nor thread.
pub struct Capture {
    way: Way,
    _turn: Turn,
}

enum Way {
    Pipe(Reading),
    File(PartialFile),
}

impl Capture {
    /// Begins; `file` also keeps the snapshot. Without `by_pipe` it goes by way of a file. Nothing where another capture is
    /// under way.
    ///
    /// # Errors
    ///
    /// When the file cannot be made, or the system gives no thread.
    pub fn begin(file: Option<&Path>, by_pipe: bool) -> Result<Option<Self>> {
        let Some(turn) = Turn::take() else { return Ok(None) };
        let copy = file.map(PartialFile::beside).transpose()?;
        let pipe = by_pipe.then(pipe::Pipe::open).flatten();
        let way = match (pipe, copy) {
            (Some(pipe), copy) => Way::Pipe(pipe.read(copy)?),
            (None, Some(copy)) => Way::File(copy),
            (None, None) => Way::File(PartialFile::without_target()?),
        };
        Ok(Some(Self { way, _turn: turn }))
    }

    /// Where V8 is to write.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        match &self.way {
            Way::Pipe(reading) => reading.path().to_owned(),
            Way::File(partial) => partial.path().to_owned(),
        }
    }

    /// `pipe` or `file`.
    #[must_use]
    pub fn route(&self) -> &'static str {
        match &self.way {
            Way::Pipe(_) => "pipe",
            Way::File(_) => "file",
        }
    }

    /// The snapshot, once V8 is done or has failed.
    ///
    /// # Errors
    ///
    /// When nothing, or no whole snapshot, was written; or not to the file.
    pub fn finish(self) -> Result<Graph> {
        match self.way {
            Way::Pipe(reading) => reading.finish(),
            Way::File(partial) => {
                let graph = open(partial.path())?;
                partial.keep()?;
                Ok(graph)
            }
        }
    }
}

/// What went wrong with a file.
fn failed(what: &str, error: &std::io::Error) -> SnapshotError {
    SnapshotError::new(ErrorKind::File, 0, format!("{what}: {error}"))
}

#[cfg(test)]
mod capture_tests;
