//! Checks single values against the schema: unknown keys, secrets, and addresses.

use std::collections::BTreeSet;

use hcl_edit::Span;
use hcl_edit::expr::Expression;

use crate::framework::rules::{Rule, listed, nearest};
use crate::framework::schema::{Attribute, Shape};
use crate::framework::types::Type;
use crate::hcl;

use super::Sink;
use super::object::{Object, Part, Unknown, origins};
use super::rules::{LITERAL_SECRET, PLAIN_HTTP, TOKEN_IN_URL, UNKNOWN_KEY};
use super::source::{File, Folder};

/// Stands for a part of an address that is not known.
const PLACEHOLDER: &str = "lint-placeholder";

/// Secret attributes whose value may also be the path of a file, and what the secret itself contains.
const PATH_OR_SECRET: &[(&str, &str)] = &[("client_key", "-----BEGIN")];

/// Query parameters that carry a credential.
const CREDENTIALS: &[&str] = &[
    "access_token",
    "api_key",
    "apikey",
    "auth",
    "client_secret",
    "code",
    "key",
    "pass",
    "passwd",
    "password",
    "secret",
    "sig",
    "signature",
    "token",
];

/// Checks an object. Adds the variables whose values become secrets.
pub(super) fn check(folder: &Folder, object: &Object<'_>, secrets: &mut BTreeSet<String>, sink: &mut Sink) {
    object.visit(&mut |part| match part {
        Part::Unknown(unknown) => unknown_key(object, &unknown, sink),
        Part::Attribute { attribute, value, path } => {
            if !attribute.required && !attribute.optional {
                return;
            }
            let place = format!("`{path}` of `{}`", object.address);
            if attribute.is_secret() {
                let marker =
                    PATH_OR_SECRET.iter().find(|(name, _)| *name == attribute.name).map_or("", |(_, marker)| marker);
                secret(folder, object.file, value, &place, marker, secrets, sink);
            } else if matches!(attribute.shape(), Shape::Plain(Type::String)) {
                address(folder, object.file, attribute, value, &place, sink);
            }
        }
    });
}

fn unknown_key(object: &Object<'_>, unknown: &Unknown<'_>, sink: &mut Sink) {
    let Unknown { key, span, parent, known, is_block } = unknown;
    let address = &object.address;
    let (message, hint) = if *is_block {
        let message =
            format!("`{key}` of `{address}` is written as a block, but it is an attribute. Terraform rejects it.");
        (message, format!("Write `{key} = {{ ... }}`, or a list of objects in `[ ]`."))
    } else {
        let message = if parent.is_empty() {
            format!("`{address}` has no attribute `{key}`. Terraform rejects it.")
        } else {
            format!("`{parent}` of `{address}` has no attribute `{key}`. Terraform drops it without a message.")
        };
        let hint = nearest(key, known).map_or_else(
            || format!("The attributes are {}.", listed(known, "and")),
            |nearest| format!("Did you mean `{nearest}`?"),
        );
        (message, hint)
    };
    sink.push(&UNKNOWN_KEY, object.file, span.clone(), message, hint);
}

/// Reports the literal texts that become a secret.
pub(super) fn secret(
    folder: &Folder,
    file: &File,
    value: &Expression,
    place: &str,
    marker: &str,
    secrets: &mut BTreeSet<String>,
    sink: &mut Sink,
) {
    for (file, origin) in origins(folder, file, value) {
        if let Some(["var", name]) = hcl::reference(origin).as_deref() {
            secrets.insert((*name).to_owned());
        }
        if hcl::text(origin, None).is_some_and(|text| !text.is_empty() && text.contains(marker)) {
            let message = format!("{place} is a secret and is written as a literal.");
            let hint = "Use a variable with `sensitive = true` or `ephemeral = true`, or an ephemeral resource; for the provider \
                        block also an environment variable. Replace the secret at the vendor if the file was ever shared.";
            sink.push(&LITERAL_SECRET, file, origin.span().unwrap_or_default(), message, hint.to_owned());
        }
    }
}

/// Reports the literal defaults of variables whose values become secrets.
pub(super) fn defaults(folder: &Folder, secrets: &BTreeSet<String>, sink: &mut Sink) {
    for name in secrets {
        let Some((file, block)) = folder.variable(name) else { continue };
        let Some(default) = block.body.get_attribute("default") else { continue };
        if hcl::text(&default.value, None).is_some_and(|text| !text.is_empty()) {
            let message = format!("The variable `{name}` is used as a secret, and its default is a literal.");
            let hint =
                "Remove the default, and set the variable by `TF_VAR_...` or a file that is not in the repository.";
            sink.push(&LITERAL_SECRET, file, default.value.span().unwrap_or_default(), message, hint.to_owned());
        }
    }
}

/// Reports an address without TLS or with a credential. The address itself is not shown.
fn address(folder: &Folder, file: &File, attribute: &Attribute, value: &Expression, place: &str, sink: &mut Sink) {
    for (file, origin) in origins(folder, file, value) {
        let Some(url) = hcl::text(origin, Some(PLACEHOLDER)).and_then(|text| url::Url::parse(&text).ok()) else {
            continue;
        };
        if !matches!(url.scheme(), "http" | "https") {
            continue;
        }
        let span = origin.span().unwrap_or_default();
        if let Some(what) = credential(&url) {
            let message = format!("{place} contains {what}.");
            let hint = "Remove it from the address. Let the receiver check the vendor's signature, and replace the credential.";
            sink.push(&TOKEN_IN_URL, file, span.clone(), message, hint.to_owned());
        }
        let is_address = attribute.rules.iter().any(|rule| matches!(rule, Rule::Url));
        if is_address && url.scheme() == "http" && !is_local(&url) {
            let message = format!("{place} begins with `http://`.");
            sink.push(&PLAIN_HTTP, file, span, message, "Use `https://`.".to_owned());
        }
    }
}

/// The credential in an address, in words.
fn credential(url: &url::Url) -> Option<String> {
    if !url.username().is_empty() || url.password().is_some() {
        return Some("a user name or password before the host".to_owned());
    }
    let mut pairs = url.query_pairs();
    let found =
        pairs.find(|(name, value)| !value.is_empty() && CREDENTIALS.contains(&&*name.to_lowercase().replace('-', "_")));
    found.map(|(name, _)| format!("a credential in the query parameter `{name}`"))
}

/// Whether the host is this machine, or not known.
fn is_local(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => {
            name == "localhost" || name.ends_with(".localhost") || name.contains(PLACEHOLDER)
        }
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> url::Url {
        url::Url::parse(text).unwrap()
    }

    #[test]
    fn credentials_are_found_and_not_shown() {
        for bad in [
            "https://u:hush@x.com/",
            "https://u@x.com/",
            "https://x.com/?a=1&TOKEN=hush",
            "https://x.com/?access-token=hush",
        ] {
            let found = credential(&parsed(bad)).unwrap_or_else(|| panic!("{bad}"));
            assert!(!found.contains("hush"), "{found}");
        }
        for good in ["https://x.com/token", "https://x.com/?tokens=1", "https://x.com/?key="] {
            assert_eq!(credential(&parsed(good)), None, "{good}");
        }
    }

    #[test]
    fn loopback_hosts_are_local() {
        for local in ["http://localhost:1/", "http://127.0.0.2/", "http://[::1]/", "http://a.localhost/"] {
            assert!(is_local(&parsed(local)), "{local}");
        }
        for other in ["http://example.com/", "http://10.0.0.1/", "http://localhost.example.com/"] {
            assert!(!is_local(&parsed(other)), "{other}");
        }
    }
}
