//! A file that gets its name when it is whole.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::failed;
use crate::snapshot::Result;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A file under a name of its own, removed when dropped.
pub struct PartialFile {
    path: PathBuf,
    file: File,
    target: Option<PathBuf>,
}

impl PartialFile {
    /// One beside `target`, whose name it will take.
    pub fn beside(target: &Path) -> Result<Self> {
        // A device or a pipe would be replaced.
        if fs::metadata(target).is_ok_and(|metadata| !metadata.is_file()) {
            let error = std::io::Error::other("it is no ordinary file");
            return Err(failed(&format!("{} cannot be written", target.display()), &error));
        }
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(suffix());
        Self::create(target.with_file_name(name), Some(target.to_owned()))
    }

    /// One in the folder for temporary files, that nobody keeps.
    pub fn without_target() -> Result<Self> {
        Self::create(std::env::temp_dir().join(format!("holdover{}", suffix())), None)
    }

    fn create(path: PathBuf, target: Option<PathBuf>) -> Result<Self> {
        let mut options = OpenOptions::new();
        // Never what is there already: somebody else may have put it there.
        options.write(true).create_new(true);
        // As V8 does: a heap holds secrets.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path);
        let shown = target.as_ref().unwrap_or(&path).display();
        let file = file.map_err(|error| failed(&format!("{shown} cannot be written"), &error))?;
        Ok(Self { path, file, target })
    }

    /// Where it is for now.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| self.failed(&error))
    }

    /// Gives it its name, where it is to have one.
    pub fn keep(self) -> Result<()> {
        match &self.target {
            Some(target) => fs::rename(&self.path, target).map_err(|error| self.failed(&error)),
            None => Ok(()),
        }
    }

    fn failed(&self, error: &std::io::Error) -> crate::snapshot::SnapshotError {
        let shown = self.target.as_ref().unwrap_or(&self.path).display();
        failed(&format!("{shown} cannot be written"), error)
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        // Gone already where it was given its name.
        let _ = fs::remove_file(&self.path);
    }
}

fn suffix() -> String {
    format!(".{}-{}.part", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
