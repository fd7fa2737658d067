//! The command `decrypt`: reads a secret that was encrypted for a `secret_recipient`. Needs neither a vendor nor Terraform.

use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::secret::age::{self, DecryptError, Identity, IdentityFileError};

/// How much is read of either input, in bytes. A secret has fewer than a thousand.
const MOST: u64 = 16 * 1024 * 1024;

/// What to decrypt, and with which key.
#[derive(Clone, Debug)]
pub struct Options {
    /// The file with the private key.
    pub identity: PathBuf,
    /// The file with the encrypted text; standard input without one.
    pub file: Option<PathBuf>,
}

/// Why nothing was decrypted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("`{}` cannot be read: {error}. Check the name: it should be {what}.", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What it should be.
        what: &'static str,
        /// The error of the operating system.
        error: io::Error,
    },
    /// Standard input cannot be read.
    #[error("standard input cannot be read: {0}. Name a file with the encrypted text in its place.")]
    Input(io::Error),
    /// Nothing comes from standard input.
    #[error(
        "there is no encrypted text. Pass it to standard input, such as \
         `terraform output -raw NAME | terraform-provider-idv decrypt --identity FILE`, or name a file."
    )]
    Nothing,
    /// The file of the private key cannot be used.
    #[error("`{}` is no file of private keys: {error}.", file.display())]
    Identity {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        error: IdentityFileError,
    },
    /// The encrypted text is not for this key, or is none.
    #[error("the text cannot be decrypted: {error}. {}", advice(*error, identity))]
    Decrypt {
        /// The file of the private key.
        identity: PathBuf,
        /// What is wrong.
        error: DecryptError,
    },
    /// The secret cannot be written.
    #[error("the secret cannot be written: {0}")]
    Output(io::Error),
}

fn advice(error: DecryptError, identity: &Path) -> String {
    match error {
        DecryptError::NotAnAgeFile | DecryptError::Damaged => {
            "Pass the value of `encrypted_secret` as it is, such as `terraform output -raw NAME` prints it.".to_owned()
        }
        DecryptError::OtherKey => format!(
            "`age-keygen -y {}` prints the public key that fits. Compare it with `secret_recipient` of the resource.",
            identity.display()
        ),
    }
}

/// Decrypts the text and writes the secret to standard output, without anything before or after it. Only a terminal gets a line
/// break at the end, because its prompt follows.
pub fn run(options: &Options) -> Result<(), Error> {
    let mut secret = decrypt(options, io::stdin().lock())?;
    let mut out = io::stdout().lock();
    if out.is_terminal() {
        secret.push(b'\n');
    }
    out.write_all(&secret).and_then(|()| out.flush()).map_err(Error::Output)
}

fn decrypt(options: &Options, input: impl Read) -> Result<Zeroizing<Vec<u8>>, Error> {
    let Options { identity, file } = options;
    let keys = read(identity, "the file of the private key")?;
    let keys = Identity::parse_file(&keys).map_err(|error| Error::Identity { file: identity.clone(), error })?;
    let encrypted = match file {
        Some(file) => read(file, "the file of the encrypted text")?,
        None => all(input).map_err(Error::Input)?,
    };
    if encrypted.trim_ascii().is_empty() {
        return Err(Error::Nothing);
    }
    age::decrypt(&encrypted, &keys).map_err(|error| Error::Decrypt { identity: identity.clone(), error })
}

fn read(file: &Path, what: &'static str) -> Result<Zeroizing<Vec<u8>>, Error> {
    let bytes = std::fs::File::open(file).and_then(all);
    bytes.map_err(|error| Error::File { file: file.to_owned(), what, error })
}

fn all(input: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    input.take(MOST).read_to_end(&mut bytes)?;
    Ok(bytes)
}
