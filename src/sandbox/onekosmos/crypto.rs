//! The vendor's encryption, implemented independently of the client from the published helpers: ECDH, the shared X
//! coordinate as the key, AES-256-GCM with a nonce of 16 bytes, base64 of nonce, ciphertext and tag.

use aes_gcm::{
    AesGcm, KeyInit, Nonce,
    aead::{Aead, Generate},
    aes::Aes256,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use k256::elliptic_curve::{
    AffinePoint, CurveArithmetic, FieldBytesSize, PublicKey, SecretKey,
    consts::U16,
    ecdh::diffie_hellman,
    sec1::{FromSec1Point, ModulusSize, ToSec1Point},
};
use serde::{Deserialize, Serialize};

const NONCE_BYTES: usize = 16;
/// The SEC1 prefix of a point with X and Y, which the vendor omits on the wire.
const UNCOMPRESSED: u8 = 4;

/// The curve of a deployment. The published services use secp256k1.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Curve {
    Secp256k1,
    Prime256v1,
}

/// A private key: on the wire base64 of a big-endian number; some helpers drop leading zero bytes.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct PrivateKey([u8; 32]);

impl PrivateKey {
    /// Generates a key that is valid on both curves: P-256 has the smaller group.
    pub(super) fn generate() -> Self {
        Self(p256::SecretKey::generate().to_bytes().into())
    }
}

impl TryFrom<String> for PrivateKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bytes = BASE64_STANDARD.decode(text).map_err(|error| format!("a private key is base64: {error}"))?;
        let significant: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
        let missing = 32_usize.checked_sub(significant.len()).ok_or("a private key has at most 32 bytes")?;
        let mut key = [0; 32];
        key[missing..].copy_from_slice(&significant);
        Ok(Self(key))
    }
}

impl From<PrivateKey> for String {
    fn from(key: PrivateKey) -> Self {
        BASE64_STANDARD.encode(key.0)
    }
}

impl Curve {
    /// The public key as `/publickeys` shows it. `None` if the number is not a key on this curve.
    pub(super) fn public_key(self, private: &PrivateKey) -> Option<String> {
        match self {
            Self::Secp256k1 => public_key::<k256::Secp256k1>(private),
            Self::Prime256v1 => public_key::<p256::NistP256>(private),
        }
    }

    /// The channel between a private key and a peer's public key. `None` if either is not a key on this curve.
    pub(super) fn channel(self, private: &PrivateKey, peer: &str) -> Option<Channel> {
        let mut point = vec![UNCOMPRESSED];
        BASE64_STANDARD.decode_vec(peer, &mut point).ok()?;
        match self {
            Self::Secp256k1 => shared_x::<k256::Secp256k1>(private, &point),
            Self::Prime256v1 => shared_x::<p256::NistP256>(private, &point),
        }
        .and_then(|key| Channel::new(&key))
    }
}

fn public_key<C>(private: &PrivateKey) -> Option<String>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let point = SecretKey::<C>::from_slice(&private.0).ok()?.public_key().to_sec1_point(false);
    Some(BASE64_STANDARD.encode(point.as_bytes().get(1..)?))
}

fn shared_x<C>(private: &PrivateKey, peer: &[u8]) -> Option<Vec<u8>>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let private = SecretKey::<C>::from_slice(&private.0).ok()?;
    let peer = PublicKey::<C>::from_sec1_bytes(peer).ok()?;
    let shared = diffie_hellman(private.to_nonzero_scalar(), peer.as_affine());
    Some(shared.raw_secret_bytes().to_vec())
}

/// An agreed key, for both directions.
pub(super) struct Channel(AesGcm<Aes256, U16>);

impl Channel {
    fn new(key: &[u8]) -> Option<Self> {
        AesGcm::new_from_slice(key).ok().map(Self)
    }

    /// Decrypts a text. `None` if it was not encrypted with this key, or is not UTF-8.
    pub(super) fn open(&self, wire: &str) -> Option<String> {
        let bytes = BASE64_STANDARD.decode(wire).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES)?;
        let plain = self.0.decrypt(&Nonce::try_from(nonce).ok()?, sealed).ok()?;
        String::from_utf8(plain).ok()
    }

    /// Encrypts a text.
    pub(super) fn seal(&self, plain: &str) -> Option<String> {
        self.seal_with(Nonce::generate(), plain)
    }

    fn seal_with(&self, nonce: Nonce<U16>, plain: &str) -> Option<String> {
        let sealed = self.0.encrypt(&nonce, plain.as_bytes()).ok()?;
        Some(BASE64_STANDARD.encode([nonce.as_slice(), &sealed].concat()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A test vector of the vendor's published helper for Node.
    struct Vector {
        curve: Curve,
        client_private: &'static str,
        client_public: &'static str,
        server_private: &'static str,
        server_public: &'static str,
        shared: &'static str,
        wire: &'static str,
    }

    const PLAIN: &str = r#"{"ts":1700000000,"appid":"terraform","uuid":"00000000-0000-4000-8000-000000000001"}"#;

    const VECTORS: [Vector; 3] = [
        Vector {
            curve: Curve::Secp256k1,
            client_private: "NxcAkLMNySu55B5bsCB1xxHP7sLYNAHyzKIBT5V1RZA=",
            client_public: "IqzvDV80tx56uWXNCnprd1XlLFNIPNKWryn/2B51reW9e5epUpLhj80SQslHCAMhfBXrSfHYmqy9ggVXIarRnA==",
            server_private: "pHH6ML+P8I6b6ljIddiu2jl7e4/fUsbFgZfP60m4i0U=",
            server_public: "0GRXY8TLp5Ou7Ai4Q8AXbw0BypZRkf3RzNMS4+1RvV3696uAED0yclqjvY9SfYay8zoDbB63T81XWcbdSR1LsA==",
            shared: "NIhXsi6KCmMFOWeE4d9Ic0GU0CiZzXVbHYSgiAAdPPc=",
            wire: "AAECAwQFBgcICQoLDA0OD4rc/lZHlrAYXISfL7UhiptmYm5Il7vDvmVYQWpPbfvPQi/M0iA4ymuBDhZBax0CvBK3tTuwpsc1K2HCZ239g4HKJAobYXeQY7SfIpNxyhqgt8TUBMk7M20E0AOh5Gz8yceD0w==",
        },
        Vector {
            curve: Curve::Secp256k1,
            client_private: "9KcpK9i03+Kz/t1R5iXSmN4+cl2uWD0gRQqLkcKSPA==",
            client_public: "pQdj/wHLF+oVj480/0L+qMQOku+2ntMc60x42gum6YeQrKguL9huT5yHEhubl6EFa1RpT+BfYh0pIg/4QUj7BQ==",
            server_private: "pHH6ML+P8I6b6ljIddiu2jl7e4/fUsbFgZfP60m4i0U=",
            server_public: "0GRXY8TLp5Ou7Ai4Q8AXbw0BypZRkf3RzNMS4+1RvV3696uAED0yclqjvY9SfYay8zoDbB63T81XWcbdSR1LsA==",
            shared: "VOqW1gn+9kUWHzgO48/Y3DekhmMkp+6C+IUMdCihmiM=",
            wire: "AAECAwQFBgcICQoLDA0OD8r0+Jq3beowSW+G91Ez5ylrGJDhIQXW4xz42qaveh6lYkG1nFmsDchP2TtZxxkuF6/0tZ/eqY3acLz+SLubWUobnIKOB1O4FTSpMt1jok81aqWpTdwv9Es4vCPlzgSiB4xR8Q==",
        },
        Vector {
            curve: Curve::Prime256v1,
            client_private: "V/5fpevE+vPr5pC1hn9tSNPsCWTKQpoepczvfAvyIUg=",
            client_public: "mmVw6MRtoIzpujepddn5AgZx5wVOObS9q/QzJrxy7rRjvpyKZVj0kJpRTOwNppl5+GQRD/NgfBHrtpkP3cIbEQ==",
            server_private: "lC4klU8H5VXrEU+UtSwySTUaznBb35OT6Ii/KOZAxJw=",
            server_public: "kQFFJGXnLogjWq1VZXVR3KlPujf5mGY5/SXYfelMwrywhytKMZZ3C89oQBgD9DPpZGx7n8nnWE/xOXtHIHaG/g==",
            shared: "0pNipjZVOl+40n+JrDTI3BOSkwZW68qwoSEfUKaMKyY=",
            wire: "AAECAwQFBgcICQoLDA0OD87pCllBuhgOvrNs9hikyVvbxoBHNHHqtBSLXStYPjOp/yC4hVDoPZzlwLRMMwFO+Bv5WePNAevLQxPfCGsijCMIFushxxK1/aEsJdHXzfBr6xEJOQ52oUP7KivtRAU7J9djWQ==",
        },
    ];

    fn private(text: &str) -> PrivateKey {
        PrivateKey::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn agrees_with_the_vendors_helper() {
        for vector in VECTORS {
            let (client, server) = (private(vector.client_private), private(vector.server_private));
            assert_eq!(vector.curve.public_key(&client).unwrap(), vector.client_public);
            assert_eq!(vector.curve.public_key(&server).unwrap(), vector.server_public);
            let channel = vector.curve.channel(&server, vector.client_public).unwrap();
            assert_eq!(channel.open(vector.wire).unwrap(), PLAIN);
            let nonce = Nonce::from(std::array::from_fn::<u8, 16, _>(|index| u8::try_from(index).unwrap()));
            assert_eq!(channel.seal_with(nonce, PLAIN).unwrap(), vector.wire);
            let by_shared_key = Channel::new(&BASE64_STANDARD.decode(vector.shared).unwrap()).unwrap();
            assert_eq!(by_shared_key.open(vector.wire).unwrap(), PLAIN);
        }
    }

    #[test]
    fn a_text_for_another_channel_does_not_decrypt() {
        let [first, second, other_curve] = VECTORS;
        let server = private(first.server_private);
        let channel = first.curve.channel(&server, first.client_public).unwrap();
        for wire in [second.wire, other_curve.wire, "AAEC", "no base64!", ""] {
            assert!(channel.open(wire).is_none(), "{wire}");
        }
        assert!(first.curve.channel(&server, other_curve.client_public).is_none(), "a point of the other curve");
        assert!(first.curve.channel(&server, "AAEC").is_none());
    }

    #[test]
    fn a_private_key_has_1_to_33_bytes() {
        let long = |count: usize| BASE64_STANDARD.encode([&[0_u8] as &[u8], &vec![7; count]].concat());
        assert!(PrivateKey::try_from(long(32)).is_ok(), "a leading zero byte as Java writes it");
        assert!(PrivateKey::try_from(long(33)).is_err());
        let generated = PrivateKey::generate();
        assert!(
            Curve::Secp256k1.public_key(&generated).is_some() && Curve::Prime256v1.public_key(&generated).is_some()
        );
    }
}
