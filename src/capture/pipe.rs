//! The pipe, and the thread that reads it.

use std::io::{self, PipeReader, PipeWriter, Read, pipe};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use super::failed;
use super::partial::PartialFile;
use crate::snapshot::{ErrorKind, Graph, Result, SnapshotError, read};

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

/// Reads to the end, whatever happens: where a write of V8's fails, Node leaves its side open for ever (20 to 26).
fn graph(mut from: PipeReader, copy: Option<PartialFile>) -> Result<Graph> {
    let graph = parse(&mut from, copy);
    if graph.is_err() {
        let _ = io::copy(&mut from, &mut io::sink());
    }
    graph
}

fn parse(from: &mut PipeReader, copy: Option<PartialFile>) -> Result<Graph> {
    let Some(copy) = copy else { return read(from, None) };
    let mut tee = Tee { from, copy, failed: None };
    let graph = read(&mut tee, None);
    if let Some(error) = tee.failed {
        return Err(error);
    }
    let graph = graph?;
    tee.copy.keep()?;
    Ok(graph)
}

/// Gives what is read to a file first.
struct Tee<'a> {
    from: &'a mut PipeReader,
    copy: PartialFile,
    failed: Option<SnapshotError>,
}

impl Read for Tee<'_> {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(piece)?;
        self.copy.write(&piece[..count]).map_err(|error| {
            self.failed = Some(error);
            io::ErrorKind::Other
        })?;
        Ok(count)
    }
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
