//! The vendor's encryption, as in its five published helper libraries.
//!
//! ECDH between the caller's private key and the service's public key. The AES-256 key is the X coordinate of the shared point,
//! without a hash. AES-256-GCM has a nonce of 16 bytes and no associated data. On the wire: standard base64 of nonce, ciphertext
//! and tag. The vendor's page calls this "ECDSA", but nothing is signed.
//!
//! Knows no HTTP and no Terraform.

use aes_gcm::aead::Aead;
use aes_gcm::aead::Generate;
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, KeyInit, Nonce};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use k256::elliptic_curve::consts::U16;
use k256::elliptic_curve::ecdh::diffie_hellman;
use k256::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use k256::elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytesSize, PublicKey, SecretKey};

/// The length of the nonce, which precedes every ciphertext.
const NONCE: usize = 16;

/// The SEC1 tag of an uncompressed point, which the vendor omits.
const UNCOMPRESSED: u8 = 4;

/// The curve of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    /// The default, and the curve of every key that the vendor has published.
    Secp256k1,
    /// P-256, if the deployment is configured for it.
    Prime256v1,
}

/// The names of the curves in the configuration of a deployment.
pub(super) const CURVES: &[&str] = &["secp256k1", "prime256v1"];

/// Why a key cannot be used, as the end of a sentence. Never contains the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeyError {
    /// Not base64.
    #[error("it is not standard base64")]
    NotBase64,
    /// The wrong number of bytes.
    #[error("it has {0} bytes, and a key has {1}")]
    Length(usize, &'static str),
    /// Zero, or beyond the order of the curve.
    #[error("it is not a number in the range of {0}")]
    OutOfRange(&'static str),
    /// A point on neither curve, or not on the configured one.
    #[error("it is not a point on {0}")]
    NotOnCurve(&'static str),
}

/// Why a response cannot be decrypted, as the end of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum OpenError {
    /// Not base64 of enough bytes.
    #[error("it is not base64 of an encrypted value")]
    NotEncrypted,
    /// The tag does not match.
    #[error("it was not encrypted for this key pair")]
    WrongKey,
    /// Decrypted, but not UTF-8.
    #[error("it is not UTF-8 when decrypted")]
    NotText,
}

impl Curve {
    /// The curve of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "secp256k1" => Some(Self::Secp256k1),
            "prime256v1" => Some(Self::Prime256v1),
            _ => None,
        }
    }

    /// The curve of a public key: its 64 bytes satisfy the equation of one curve only. No helper library detects it.
    pub(super) fn of(public_key: &str) -> Result<Self, KeyError> {
        let point = point(public_key)?;
        let on = |curve: &Self| match curve {
            Self::Secp256k1 => k256::PublicKey::from_sec1_bytes(&point).is_ok(),
            Self::Prime256v1 => p256::PublicKey::from_sec1_bytes(&point).is_ok(),
        };
        [Self::Secp256k1, Self::Prime256v1].into_iter().find(on).ok_or(KeyError::NotOnCurve("secp256k1 or prime256v1"))
    }

    /// The curve's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Secp256k1 => CURVES[0],
            Self::Prime256v1 => CURVES[1],
        }
    }
}

/// A private key, which is a number that both curves can use.
#[derive(Clone)]
pub(super) struct PrivateKey(zeroize::Zeroizing<[u8; 32]>);

impl PrivateKey {
    /// Generates a key that is valid on both curves: P-256 has the smaller order.
    pub(super) fn generate() -> Self {
        Self(zeroize::Zeroizing::new(p256::SecretKey::generate().to_bytes().into()))
    }

    /// Parses base64 of a big-endian number of 1 to 33 bytes: some helpers drop leading zeros, one adds a zero.
    pub(super) fn parse(text: &str) -> Result<Self, KeyError> {
        let bytes = zeroize::Zeroizing::new(BASE64_STANDARD.decode(text.trim()).map_err(|_| KeyError::NotBase64)?);
        let significant = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
        if significant.is_empty() || significant.len() > 32 || bytes.len() > 33 {
            return Err(KeyError::Length(bytes.len(), "1 to 32 (33 with a leading zero)"));
        }
        let mut key = zeroize::Zeroizing::new([0; 32]);
        key[32 - significant.len()..].copy_from_slice(significant);
        Ok(Self(key))
    }

    /// The public key on a curve, as it is sent: base64 of X and Y.
    pub(super) fn public_key(&self, curve: Curve) -> Result<String, KeyError> {
        match curve {
            Curve::Secp256k1 => public_key::<k256::Secp256k1>(self, curve),
            Curve::Prime256v1 => public_key::<p256::NistP256>(self, curve),
        }
    }

    /// The channel to the holder of a public key.
    pub(super) fn channel(&self, curve: Curve, peer: &str) -> Result<Channel, KeyError> {
        let point = point(peer)?;
        let shared = match curve {
            Curve::Secp256k1 => shared_x::<k256::Secp256k1>(self, &point, curve),
            Curve::Prime256v1 => shared_x::<p256::NistP256>(self, &point, curve),
        }?;
        // An X coordinate has the 32 bytes of an AES-256 key on both curves, its leading zeros kept.
        let cipher = AesGcm::new_from_slice(&shared).map_err(|_| KeyError::Length(shared.len(), "32"))?;
        Ok(Channel(cipher))
    }
}

/// Parses a public key from the wire into the SEC1 encoding of its point.
fn point(public_key: &str) -> Result<Vec<u8>, KeyError> {
    let mut point = vec![UNCOMPRESSED];
    BASE64_STANDARD.decode_vec(public_key.trim(), &mut point).map_err(|_| KeyError::NotBase64)?;
    if point.len() == 65 { Ok(point) } else { Err(KeyError::Length(point.len() - 1, "64")) }
}

fn secret<C: CurveArithmetic>(private: &PrivateKey, curve: Curve) -> Result<SecretKey<C>, KeyError> {
    SecretKey::<C>::from_slice(private.0.as_slice()).map_err(|_| KeyError::OutOfRange(curve.name()))
}

fn public_key<C>(private: &PrivateKey, curve: Curve) -> Result<String, KeyError>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let point = secret::<C>(private, curve)?.public_key().to_sec1_point(false);
    Ok(BASE64_STANDARD.encode(&point.as_bytes()[1..]))
}

fn shared_x<C>(private: &PrivateKey, peer: &[u8], curve: Curve) -> Result<zeroize::Zeroizing<Vec<u8>>, KeyError>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let peer = PublicKey::<C>::from_sec1_bytes(peer).map_err(|_| KeyError::NotOnCurve(curve.name()))?;
    let private = secret::<C>(private, curve)?;
    let shared = diffie_hellman(private.to_nonzero_scalar(), peer.as_affine());
    Ok(zeroize::Zeroizing::new(shared.raw_secret_bytes().to_vec()))
}

/// The agreed key, which encrypts and decrypts.
pub(super) struct Channel(AesGcm<Aes256, U16>);

impl Channel {
    /// Encrypts text for the wire. Fails only for more text than AES-GCM takes, which is 64 GiB.
    pub(super) fn seal(&self, plain: &str) -> Option<String> {
        self.seal_with(Nonce::generate(), plain)
    }

    /// Decrypts text from the wire.
    pub(super) fn open(&self, wire: &str) -> Result<String, OpenError> {
        let bytes = BASE64_STANDARD.decode(wire).map_err(|_| OpenError::NotEncrypted)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE).ok_or(OpenError::NotEncrypted)?;
        let nonce = Nonce::try_from(nonce).map_err(|_| OpenError::NotEncrypted)?;
        let plain = self.0.decrypt(&nonce, sealed).map_err(|_| OpenError::WrongKey)?;
        String::from_utf8(plain).map_err(|_| OpenError::NotText)
    }

    fn seal_with(&self, nonce: Nonce<U16>, plain: &str) -> Option<String> {
        let sealed = self.0.encrypt(&nonce, plain.as_bytes()).ok()?;
        Some(BASE64_STANDARD.encode([nonce.as_slice(), &sealed].concat()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = r#"{"ts":1700000000,"appid":"terraform","uuid":"00000000-0000-4000-8000-000000000001"}"#;

    /// A test vector that the vendor's Node helper decrypts: both key pairs, and the wire form with the nonce 00 01 .. 0f.
    struct Vector {
        curve: Curve,
        client_private: &'static str,
        client_public: &'static str,
        server_private: &'static str,
        server_public: &'static str,
        wire: &'static str,
    }

    const VECTORS: [Vector; 3] = [
        Vector {
            curve: Curve::Secp256k1,
            client_private: "NxcAkLMNySu55B5bsCB1xxHP7sLYNAHyzKIBT5V1RZA=",
            client_public: "IqzvDV80tx56uWXNCnprd1XlLFNIPNKWryn/2B51reW9e5epUpLhj80SQslHCAMhfBXrSfHYmqy9ggVXIarRnA==",
            server_private: "pHH6ML+P8I6b6ljIddiu2jl7e4/fUsbFgZfP60m4i0U=",
            server_public: "0GRXY8TLp5Ou7Ai4Q8AXbw0BypZRkf3RzNMS4+1RvV3696uAED0yclqjvY9SfYay8zoDbB63T81XWcbdSR1LsA==",
            wire: "AAECAwQFBgcICQoLDA0OD4rc/lZHlrAYXISfL7UhiptmYm5Il7vDvmVYQWpPbfvPQi/M0iA4ymuBDhZBax0CvBK3tTuwpsc1K2HCZ239g4HKJAobYXeQY7SfIpNxyhqgt8TUBMk7M20E0AOh5Gz8yceD0w==",
        },
        // A private key of 31 bytes: its leading zero was dropped.
        Vector {
            curve: Curve::Secp256k1,
            client_private: "9KcpK9i03+Kz/t1R5iXSmN4+cl2uWD0gRQqLkcKSPA==",
            client_public: "pQdj/wHLF+oVj480/0L+qMQOku+2ntMc60x42gum6YeQrKguL9huT5yHEhubl6EFa1RpT+BfYh0pIg/4QUj7BQ==",
            server_private: "pHH6ML+P8I6b6ljIddiu2jl7e4/fUsbFgZfP60m4i0U=",
            server_public: "0GRXY8TLp5Ou7Ai4Q8AXbw0BypZRkf3RzNMS4+1RvV3696uAED0yclqjvY9SfYay8zoDbB63T81XWcbdSR1LsA==",
            wire: "AAECAwQFBgcICQoLDA0OD8r0+Jq3beowSW+G91Ez5ylrGJDhIQXW4xz42qaveh6lYkG1nFmsDchP2TtZxxkuF6/0tZ/eqY3acLz+SLubWUobnIKOB1O4FTSpMt1jok81aqWpTdwv9Es4vCPlzgSiB4xR8Q==",
        },
        Vector {
            curve: Curve::Prime256v1,
            client_private: "V/5fpevE+vPr5pC1hn9tSNPsCWTKQpoepczvfAvyIUg=",
            client_public: "mmVw6MRtoIzpujepddn5AgZx5wVOObS9q/QzJrxy7rRjvpyKZVj0kJpRTOwNppl5+GQRD/NgfBHrtpkP3cIbEQ==",
            server_private: "lC4klU8H5VXrEU+UtSwySTUaznBb35OT6Ii/KOZAxJw=",
            server_public: "kQFFJGXnLogjWq1VZXVR3KlPujf5mGY5/SXYfelMwrywhytKMZZ3C89oQBgD9DPpZGx7n8nnWE/xOXtHIHaG/g==",
            wire: "AAECAwQFBgcICQoLDA0OD87pCllBuhgOvrNs9hikyVvbxoBHNHHqtBSLXStYPjOp/yC4hVDoPZzlwLRMMwFO+Bv5WePNAevLQxPfCGsijCMIFushxxK1/aEsJdHXzfBr6xEJOQ52oUP7KivtRAU7J9djWQ==",
        },
    ];

    #[test]
    fn vectors_of_the_vendors_helper_match() {
        for vector in VECTORS {
            let client = PrivateKey::parse(vector.client_private).unwrap();
            let server = PrivateKey::parse(vector.server_private).unwrap();
            assert_eq!(client.public_key(vector.curve).unwrap(), vector.client_public);
            assert_eq!(server.public_key(vector.curve).unwrap(), vector.server_public);
            assert_eq!(Curve::of(vector.server_public).unwrap(), vector.curve);
            let here = client.channel(vector.curve, vector.server_public).unwrap();
            let there = server.channel(vector.curve, vector.client_public).unwrap();
            let nonce: [u8; NONCE] = std::array::from_fn(|index| u8::try_from(index).unwrap());
            assert_eq!(here.seal_with(nonce.into(), PLAIN).unwrap(), vector.wire);
            assert_eq!(there.open(vector.wire).unwrap(), PLAIN);
            assert_eq!(there.open(&here.seal("ü").unwrap()).unwrap(), "ü");
        }
    }

    #[test]
    fn nonce_is_not_reused() {
        let key = PrivateKey::generate();
        let channel = key.channel(Curve::Secp256k1, &key.public_key(Curve::Secp256k1).unwrap()).unwrap();
        assert_ne!(channel.seal("same"), channel.seal("same"));
    }

    /// One shared X coordinate of 256 begins with a zero byte, with which a helper that drops it fails.
    #[test]
    fn leading_zeros_of_the_shared_secret_are_kept() {
        for _ in 0..600 {
            let (here, there) = (PrivateKey::generate(), PrivateKey::generate());
            let curve = Curve::Prime256v1;
            let shared = shared_x::<p256::NistP256>(&here, &point(&there.public_key(curve).unwrap()).unwrap(), curve);
            assert_eq!(shared.unwrap().len(), 32);
        }
    }

    #[test]
    fn invalid_key_names_the_reason() {
        let long = BASE64_STANDARD.encode([1; 33]);
        let zero = BASE64_STANDARD.encode([0; 32]);
        let huge = BASE64_STANDARD.encode([255; 32]);
        assert_eq!(PrivateKey::parse("not base64!").err(), Some(KeyError::NotBase64));
        assert!(matches!(PrivateKey::parse(&long).err(), Some(KeyError::Length(33, _))));
        assert!(matches!(PrivateKey::parse(&zero).err(), Some(KeyError::Length(32, _))));
        let key = PrivateKey::parse(&huge).unwrap();
        assert_eq!(key.public_key(Curve::Secp256k1), Err(KeyError::OutOfRange("secp256k1")));
        let good = PrivateKey::parse(VECTORS[0].client_private).unwrap();
        let other = good.channel(Curve::Prime256v1, VECTORS[0].server_public);
        assert_eq!(other.err(), Some(KeyError::NotOnCurve("prime256v1")));
        assert!(matches!(Curve::of(&zero), Err(KeyError::Length(32, _))));
    }

    #[test]
    fn response_for_another_key_is_an_error() {
        let vector = &VECTORS[0];
        let channel = PrivateKey::generate().channel(vector.curve, vector.server_public).unwrap();
        assert_eq!(channel.open(vector.wire), Err(OpenError::WrongKey));
        assert_eq!(channel.open("AAAA"), Err(OpenError::NotEncrypted));
        assert_eq!(channel.open("plain text"), Err(OpenError::NotEncrypted));
    }
}
