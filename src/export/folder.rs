//! The folder of an export, in which no existing file is overwritten.

use std::io::{ErrorKind, Write};
use std::path::Path;

use super::Error;
use super::configuration::Files;

/// Checks that a folder does not exist or is empty.
pub(super) fn check(folder: &Path) -> Result<(), Error> {
    let unusable = |error| Error::Folder { folder: folder.to_owned(), error };
    match std::fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Error::NotEmpty { folder: folder.to_owned() }),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(unusable(error)),
    }
}

/// Writes the files into a folder that was checked before.
pub(super) fn write(folder: &Path, files: &Files) -> Result<(), Error> {
    let write = || {
        std::fs::create_dir_all(folder)?;
        for (name, text) in files {
            if let Some(parent) = folder.join(name).parent() {
                std::fs::create_dir_all(parent)?;
            }
            // Fails for a file that was created since the check.
            std::fs::File::create_new(folder.join(name))?.write_all(text.as_bytes())?;
        }
        Ok(())
    };
    write().map_err(|error| Error::Folder { folder: folder.to_owned(), error })
}
