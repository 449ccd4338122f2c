//! The pipe, and the thread that reads it.

use std::io::{PipeReader, PipeWriter, pipe};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use super::failed;
use super::partial::PartialFile;
use crate::snapshot::{ErrorKind, Graph, Result, SnapshotError, read, read_copying};

/// Where systems show the open files of a process.
const FOLDERS: [&str; 2] = ["/proc/self/fd", "/dev/fd"];

/// A pipe that can be opened by a path.
pub struct Pipe {
    reader: PipeReader,
    writer: PipeWriter,
    path: PathBuf,
}

/// A pipe that is being read.
pub struct Reading {
    /// Keeps the path open. The thread reads until this is gone and whoever opened the path has closed it.
    writer: PipeWriter,
    path: PathBuf,
    thread: JoinHandle<Result<Graph>>,
}

impl Pipe {
    /// Nothing where the system gives none, or no path to it.
    pub fn open() -> Option<Self> {
        Self::open_in(&FOLDERS)
    }

    /// Tries each folder: one may be missing (no `/proc`), or closed to this process.
    pub(super) fn open_in(folders: &[&str]) -> Option<Self> {
        let (reader, writer) = pipe().ok()?;
        let path = folders.iter().find_map(|folder| path_of(folder, &writer))?;
        Some(Self { reader, writer, path })
    }

    /// Starts reading. Bytes also go to `copy`, which gets its name when they are a whole snapshot.
    pub fn read(self, copy: Option<PartialFile>) -> Result<Reading> {
        let Self { reader, writer, path } = self;
        let thread = thread::Builder::new()
            .name("holdover-capture".to_owned())
            .spawn(move || graph(reader, copy))
            .map_err(|error| failed("no thread to read the snapshot", &error))?;
        Ok(Reading { writer, path, thread })
    }
}

impl Reading {
    /// Where V8 is to write.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits for the thread.
    pub fn finish(self) -> Result<Graph> {
        drop(self.writer);
        self.thread.join().unwrap_or_else(|_| {
            let problem = "holdover itself failed while it read the snapshot";
            Err(SnapshotError::new(ErrorKind::File, 0, problem))
        })
    }
}

/// Whatever fails here closes the pipe, so that V8's next write fails and it stops.
fn graph(from: PipeReader, copy: Option<PartialFile>) -> Result<Graph> {
    let Some(mut copy) = copy else { return read(from, None) };
    let graph = read_copying(from, None, |bytes| copy.write(bytes))?;
    copy.keep()?;
    Ok(graph)
}

/// The path by which the pipe can be opened for writing, as V8 will.
#[cfg(unix)]
fn path_of(folder: &str, writer: &PipeWriter) -> Option<PathBuf> {
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::FileTypeExt;

    let path = Path::new(folder).join(writer.as_raw_fd().to_string());
    let same = std::fs::OpenOptions::new().write(true).open(&path).ok()?;
    same.metadata().ok()?.file_type().is_fifo().then_some(path)
}

#[cfg(not(unix))]
fn path_of(_folder: &str, _writer: &PipeWriter) -> Option<PathBuf> {
    None
}
