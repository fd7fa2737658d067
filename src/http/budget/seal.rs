//! The name of a credential's files and the key of their content. Both follow from the credential, and neither reveals it.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// The format of the content. Another format has other names and keys, so that two versions of the provider do not meet.
const FORMAT: &[u8] = b"terraform-provider-idv budget 1";

const NAME_LEN: usize = 15;
const KEY_LEN: usize = 32;

/// Whose budget it is: processes with the same vendor, address and credential share it.
pub(in crate::http) struct Owner<'o> {
    /// What is shared, such as `limits`.
    pub(in crate::http) what: &'static str,
    /// The vendor's name.
    pub(in crate::http) vendor: &'static str,
    /// The address that the credential is for.
    pub(in crate::http) url: &'o Url,
    /// The credential.
    pub(in crate::http) credential: &'o Secret,
}

/// The name and the key of a credential's files.
pub(super) struct Seal {
    /// The name.
    pub(super) name: String,
    key: RandomizedNonceKey,
}

impl Seal {
    pub(super) fn new(owner: &Owner<'_>) -> Result<Self, Unspecified> {
        let Owner { what, vendor, url, credential } = owner;
        let secret = Salt::new(HKDF_SHA256, FORMAT).extract(credential.expose().as_bytes());
        let mut derived = Zeroizing::new([0; NAME_LEN + KEY_LEN]);
        // A separator that no part has keeps two owners apart.
        let info = [what.as_bytes(), b"\n", vendor.as_bytes(), b"\n", url.as_str().as_bytes()];
        secret.expand(&info, Length)?.fill(&mut derived[..])?;
        let (name, key) = derived.split_at(NAME_LEN);
        Ok(Self { name: URL_SAFE_NO_PAD.encode(name), key: RandomizedNonceKey::new(&AES_256_GCM, key)? })
    }

    /// The content as it is in the file: a random nonce, and the sealed text.
    pub(super) fn close(&self, text: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let mut sealed = text.to_vec();
        let nonce = self.key.seal_in_place_append_tag(Aad::from(FORMAT), &mut sealed)?;
        Ok([nonce.as_ref().as_slice(), &sealed].concat())
    }

    /// The text; none if it was sealed with another key, was changed, or is only a part.
    pub(super) fn open(&self, content: Vec<u8>) -> Option<Zeroizing<Vec<u8>>> {
        let mut content = Zeroizing::new(content);
        let (nonce, sealed) = content.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let text = self.key.open_in_place(nonce, Aad::from(FORMAT), sealed).ok()?;
        Some(Zeroizing::new(text.to_vec()))
    }
}

/// The length of what is derived.
struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        NAME_LEN + KEY_LEN
    }
}
