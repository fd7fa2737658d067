//! The bytes of an age file: a header that wraps the file's key for each recipient, and the content in sealed chunks.
//!
//! The names are those of the specification (age-encryption.org/v1).

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::key::{Identity, Recipient, derive};
use super::{CryptoError, DecryptError};

/// The first line.
const VERSION: &[u8] = b"age-encryption.org/v1\n";

/// The bytes of the file's key, and of the nonce of its content.
const FILE_KEY: usize = 16;

/// The bytes of a tag, which follows all that is sealed.
const TAG: usize = 16;

/// How many bytes of the content are sealed at once.
const CHUNK: usize = 64 * 1024;

/// How many characters a line of a stanza's body has; a shorter one, or an empty one, ends the body.
const COLUMNS: usize = 64;

/// Encrypts a content for one recipient.
pub(super) fn seal(content: &[u8], recipient: &Recipient) -> Result<Vec<u8>, CryptoError> {
    let mut file_key = Zeroizing::new([0; FILE_KEY]);
    rand::fill(file_key.as_mut_slice())?;
    let (share, wrapping_key) = recipient.wrap()?;
    let mut wrapped = file_key.to_vec();
    seal_in_place(&*wrapping_key, [0; 12], &mut wrapped)?;
    let mut file = VERSION.to_vec();
    // The body has 43 characters, so one line of it is short, which ends it.
    let stanza =
        format!("-> X25519 {}\n{}\n---", STANDARD_NO_PAD.encode(share.bytes()), STANDARD_NO_PAD.encode(wrapped));
    file.extend_from_slice(stanza.as_bytes());
    let mac = hmac::sign(&header_key(&*file_key)?, &file);
    file.extend_from_slice(format!(" {}\n", STANDARD_NO_PAD.encode(mac.as_ref())).as_bytes());

    let mut nonce = [0; FILE_KEY];
    rand::fill(&mut nonce)?;
    file.extend_from_slice(&nonce);
    let key = derive(&*file_key, &nonce, b"payload")?;
    let mut rest = content;
    for counter in 0.. {
        let (chunk, after) = rest.split_at(rest.len().min(CHUNK));
        let mut sealed = chunk.to_vec();
        seal_in_place(&*key, chunk_nonce(counter, after.is_empty()), &mut sealed)?;
        file.extend_from_slice(&sealed);
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    Ok(file)
}

/// Decrypts a file with the first private key that fits.
pub(super) fn open(file: &[u8], identities: &[Identity]) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    let header = Header::read(file)?;
    let file_key = identities
        .iter()
        .flat_map(|identity| header.stanzas.iter().map(move |stanza| (identity, stanza)))
        .find_map(|(identity, stanza)| unwrap(identity, stanza))
        .ok_or(DecryptError::OtherKey)?;
    let key = header_key(&file_key).map_err(|_| DecryptError::Damaged)?;
    hmac::verify(&key, header.authenticated, &header.mac).map_err(|_| DecryptError::Damaged)?;

    let (nonce, mut rest) = header.payload.split_at_checked(FILE_KEY).ok_or(DecryptError::Damaged)?;
    let key = derive(&file_key, nonce, b"payload").map_err(|_| DecryptError::Damaged)?;
    let mut content = Zeroizing::new(Vec::new());
    for counter in 0.. {
        let (chunk, after) = rest.split_at(rest.len().min(CHUNK + TAG));
        let opened = open_in_place(&*key, chunk_nonce(counter, after.is_empty()), chunk.to_vec());
        let opened = opened.ok_or(DecryptError::Damaged)?;
        // Only a file without content has a chunk without bytes.
        if opened.is_empty() && counter > 0 {
            return Err(DecryptError::Damaged);
        }
        content.extend_from_slice(&opened);
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    Ok(content)
}

/// A share, and the file's key that is wrapped with it.
struct Stanza {
    share: Recipient,
    wrapped: Vec<u8>,
}

/// The parts of a file.
struct Header<'f> {
    /// Those for keys of the type X25519. Others are skipped, as the specification wants it.
    stanzas: Vec<Stanza>,
    /// The bytes that the code authenticates.
    authenticated: &'f [u8],
    mac: Vec<u8>,
    payload: &'f [u8],
}

impl<'f> Header<'f> {
    fn read(file: &'f [u8]) -> Result<Self, DecryptError> {
        let mut rest = file.strip_prefix(VERSION).ok_or(DecryptError::NotAnAgeFile)?;
        let mut stanzas = Vec::new();
        loop {
            let line = next_line(&mut rest).ok_or(DecryptError::Damaged)?;
            if let Some(mac) = line.strip_prefix("--- ") {
                let authenticated = &file[..file.len() - rest.len() - mac.len() - " \n".len()];
                let mac = STANDARD_NO_PAD.decode(mac).map_err(|_| DecryptError::Damaged)?;
                return Ok(Self { stanzas, authenticated, mac, payload: rest });
            }
            let arguments = line.strip_prefix("-> ").ok_or(DecryptError::Damaged)?;
            let body = body(&mut rest).ok_or(DecryptError::Damaged)?;
            if let Some(arguments) = arguments.strip_prefix("X25519 ") {
                stanzas.push(Stanza::read(arguments, &body).ok_or(DecryptError::Damaged)?);
            }
        }
    }
}

impl Stanza {
    fn read(share: &str, body: &str) -> Option<Self> {
        let share = Recipient::of(&STANDARD_NO_PAD.decode(share).ok()?)?;
        let wrapped = STANDARD_NO_PAD.decode(body).ok()?;
        (wrapped.len() == FILE_KEY + TAG).then_some(Self { share, wrapped })
    }
}

/// The next line without its end, which it must have.
fn next_line<'f>(rest: &mut &'f [u8]) -> Option<&'f str> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let line = std::str::from_utf8(&rest[..end]).ok()?;
    *rest = &rest[end + 1..];
    Some(line)
}

/// The lines of a stanza's body as one.
fn body(rest: &mut &[u8]) -> Option<String> {
    let mut body = String::new();
    loop {
        let line = next_line(rest)?;
        body.push_str(line);
        match line.len() {
            COLUMNS => {}
            0..COLUMNS => return Some(body),
            _ => return None,
        }
    }
}

fn unwrap(identity: &Identity, stanza: &Stanza) -> Option<Zeroizing<Vec<u8>>> {
    let key = identity.unwrap(&stanza.share).ok()?;
    open_in_place(&*key, [0; 12], stanza.wrapped.clone())
}

fn header_key(file_key: &[u8]) -> Result<hmac::Key, CryptoError> {
    derive(file_key, &[], b"header").map(|key| hmac::Key::new(hmac::HMAC_SHA256, key.as_slice()))
}

/// The number of the chunk in eleven bytes, and whether it is the last one.
fn chunk_nonce(counter: u64, last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&counter.to_be_bytes());
    nonce[11] = last.into();
    nonce
}

fn cipher(key: &[u8]) -> Result<LessSafeKey, CryptoError> {
    Ok(LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key)?))
}

fn seal_in_place(key: &[u8], nonce: [u8; 12], bytes: &mut Vec<u8>) -> Result<(), CryptoError> {
    let nonce = Nonce::assume_unique_for_key(nonce);
    Ok(cipher(key)?.seal_in_place_append_tag(nonce, Aad::empty(), bytes)?)
}

/// The opened bytes; `None` if they were sealed with another key or were changed.
fn open_in_place(key: &[u8], nonce: [u8; 12], sealed: Vec<u8>) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(sealed);
    let nonce = Nonce::assume_unique_for_key(nonce);
    let length = cipher(key).ok()?.open_in_place(nonce, Aad::empty(), bytes.as_mut_slice()).ok()?.len();
    bytes.truncate(length);
    Some(bytes)
}
