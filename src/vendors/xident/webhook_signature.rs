//! Functions about Xident's webhooks: `xident_webhook_signature` and `xident_webhook_is_authentic`.
//!
//! The vendor signs in two forms. The older page: the header is the HMAC-SHA256 of the raw body, in hex. Today:
//! `t=<seconds>,v1=<hex>` where the HMAC is over `"<seconds>.<raw body>"`.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::framework::function::{Failure, Function, Parameter, Signature, text};
use crate::framework::{Type, Value};

/// Makes the HMAC of a secret, which is the argument at `position`.
fn mac(secret: &str, position: usize) -> Result<Hmac<Sha256>, Failure> {
    if secret.is_empty() {
        return Err(Failure::at(position, "The webhook secret is empty: anybody could sign with it."));
    }
    // An HMAC takes a key of any length.
    Hmac::new_from_slice(secret.as_bytes()).map_err(|_| Failure::at(position, "The webhook secret cannot be used."))
}

/// The function that computes a signature.
pub(super) struct WebhookSignature;

impl Function for WebhookSignature {
    fn name(&self) -> &'static str {
        "xident_webhook_signature"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "Computes the signature of a Xident webhook.",
            description: "Returns the HMAC-SHA256 of a payload in hex, which is the whole signature in the vendor's older form. For today's \
                          form, sign `\"${t}.${payload}\"` and write `t=${t},v1=` in front of the result. Useful to test a receiver.",
            parameters: vec![
                Parameter::string("payload", "The raw body of the request, byte for byte."),
                Parameter::string("secret", "The secret of the webhook."),
            ],
            returns: Type::String,
        }
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, Failure> {
        let (payload, secret) = (text(arguments, 0)?, text(arguments, 1)?);
        let code = mac(secret, 1)?.chain_update(payload).finalize().into_bytes();
        Ok(base16ct::lower::encode_string(&code).into())
    }
}

/// The function that checks a signature.
pub(super) struct WebhookIsAuthentic;

impl Function for WebhookIsAuthentic {
    fn name(&self) -> &'static str {
        "xident_webhook_is_authentic"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "Checks whether a Xident webhook was signed with a secret.",
            description: "Checks both forms of the vendor's signature: the hex HMAC-SHA256 of the raw body, and `t=<seconds>,v1=<hex>` over \
                          `\"<seconds>.<raw body>\"`. The comparison takes constant time. The age of `t` is not checked, because a \
                          function has no clock.",
            parameters: vec![
                Parameter::string("payload", "The raw body of the request, byte for byte."),
                Parameter::string("signature", "The signature header of the request."),
                Parameter::string("secret", "The secret of the webhook."),
            ],
            returns: Type::Bool,
        }
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, Failure> {
        let (payload, signature, secret) = (text(arguments, 0)?, text(arguments, 1)?, text(arguments, 2)?);
        let mac = mac(secret, 2)?;
        let (mac, claimed) = match parse(signature.trim()) {
            Parsed::Timed(time, codes) => (mac.chain_update(time).chain_update(".").chain_update(payload), codes),
            Parsed::Plain(code) => (mac.chain_update(payload), vec![code]),
        };
        // Every code is compared in constant time. A code that is not hex matches nothing.
        let authentic = claimed
            .into_iter()
            .filter_map(|code| base16ct::mixed::decode_vec(code).ok())
            .fold(false, |found, code| mac.clone().verify_slice(&code).is_ok() | found);
        Ok(authentic.into())
    }
}

/// A signature header.
enum Parsed<'h> {
    /// `t=..,v1=..`. `v1` may occur more than once while a secret is rotated.
    Timed(&'h str, Vec<&'h str>),
    /// Only the code.
    Plain(&'h str),
}

fn parse(header: &str) -> Parsed<'_> {
    let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
    match parts().find(|(name, _)| *name == "t") {
        Some((_, time)) => {
            Parsed::Timed(time, parts().filter(|(name, _)| *name == "v1").map(|(_, code)| code).collect())
        }
        None => Parsed::Plain(header),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From `printf '{"a":1}' | openssl dgst -sha256 -hmac s3cret`, and the same with `1700000000.` in front.
    const PLAIN: &str = "5910e62016ef5034272c926c27071992a465c2335cecf41851bda071577f4f6d";
    const TIMED: &str = "1698a50bc74d1ff1db85c4e0a5297c2ad9fdba245d5737cdb789e4cc6e098940";
    const BODY: &str = "{\"a\":1}";

    fn authentic(signature: &str, secret: &str) -> Value {
        WebhookIsAuthentic.call(&[BODY.into(), signature.into(), secret.into()]).unwrap()
    }

    #[test]
    fn both_forms_agree_with_openssl() {
        assert_eq!(WebhookSignature.call(&[BODY.into(), "s3cret".into()]).unwrap(), PLAIN.into());
        assert_eq!(authentic(PLAIN, "s3cret"), true.into());
        assert_eq!(authentic(&PLAIN.to_uppercase(), "s3cret"), true.into());
        assert_eq!(authentic(&format!("t=1700000000,v1={TIMED}"), "s3cret"), true.into());
        assert_eq!(authentic(&format!("t=1700000000, v1={PLAIN}, v1={TIMED}"), "s3cret"), true.into());
    }

    #[test]
    fn anything_else_is_not_authentic() {
        let other_time = format!("t=1700000001,v1={TIMED}");
        let untimed = format!("t=1700000000,v1={PLAIN}");
        let prefix = &PLAIN[..32];
        for signature in [other_time.as_str(), &untimed, prefix, "", "t=1,v1=", "zz", "t=1700000000", "é"] {
            assert_eq!(authentic(signature, "s3cret"), false.into(), "{signature}");
        }
        assert_eq!(authentic(PLAIN, "another"), false.into());
        let failure = WebhookIsAuthentic.call(&[BODY.into(), PLAIN.into(), "".into()]).unwrap_err();
        assert_eq!(failure.argument, Some(2));
    }
}
