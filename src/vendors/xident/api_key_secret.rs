//! Where the secret of an API key is stored: in state as it is, or encrypted for the reader that `secret_recipient` names.
//!
//! Xident returns the secret once. While it is in state as it is, it can be encrypted; once it is encrypted, nobody but its
//! reader has it. So the first recipient of a key is set in place, and another one needs another key.

use crate::framework::age::{self, Recipient, RecipientError};
use crate::framework::{Attr, Attribute, Diagnostic, Path, Rule, Secret};

/// The name of the attribute with the reader's public key.
const RECIPIENT: &str = "secret_recipient";

/// The attributes: the reader, and the secret in both forms, of which one is null.
pub(super) fn attributes() -> [Attribute; 3] {
    let computed = |name: &str| Attribute::string(name).computed().use_state_for_unknown();
    [
        Attribute::string(RECIPIENT).optional().rule(PUBLIC_KEY).describe(
            "The public key of age (age-encryption.org) that the secret is encrypted for, such as `age-keygen -o key.txt` prints it. With \
             it, `encrypted_secret` has the secret, and `secret` is null: state has nothing that needs protection. Set for a key whose \
             `secret` is in state, it encrypts that secret in place; earlier versions of the state still have it. Changing this replaces \
             a key whose secret is encrypted already, because Xident returns it only once.",
        ),
        computed("secret").sensitive().describe(
            "The secret of the key. Xident returns it once, in the response to the create, so it is kept in state as a \
             sensitive value: protect the state as you would the key, or set `secret_recipient`. Null for a key that was imported, and \
             with `secret_recipient`.",
        ),
        computed("encrypted_secret").describe(
            "The secret of the key, encrypted for `secret_recipient`, as an age file in text form. Read it with \
             `terraform output -raw NAME | terraform-provider-idv decrypt --identity key.txt`, or with `age -d -i key.txt`. Null for a key \
             that was imported, and without `secret_recipient`.",
        ),
    ]
}

/// A private key is left to [`check`]: an error at the attribute would show the line that has it.
const PUBLIC_KEY: Rule = Rule::Custom {
    describe: "Must be a public key of the type X25519: `age1` and 58 further characters.",
    check: |value| match value.as_str().unwrap_or_default().parse::<Recipient>() {
        Ok(_) | Err(RecipientError::Private) => Ok(()),
        Err(error) => Err(error.to_string()),
    },
};

/// Finds a private key in place of the public one. The error is about the whole object, so that Terraform does not show the line.
pub(super) fn check(recipient: &Attr<String>) -> Option<Diagnostic> {
    recipient.as_str().is_some_and(age::is_private_key).then(|| wrong(RecipientError::Private))
}

fn wrong(error: RecipientError) -> Diagnostic {
    let path = Path::to(RECIPIENT);
    if error == RecipientError::Private {
        let detail = format!(
            "`{path}` {error}. Configuration, plan and state are no places for a private key: if this one was stored or shared, make \
             another key pair."
        );
        return Diagnostic::error(format!("A private key in `{RECIPIENT}`"), detail);
    }
    Diagnostic::error(format!("Wrong value for `{RECIPIENT}`"), format!("`{path}` {error}.")).at(path)
}

/// The reader, if there is one. The value may be known only now.
pub(super) fn recipient(attribute: &Attr<String>) -> Result<Option<Recipient>, Diagnostic> {
    attribute.as_str().map(|text| text.parse().map_err(wrong)).transpose()
}

/// The secret in both forms, of which at most one is set.
#[derive(Clone, Default)]
pub(super) struct Stored {
    pub(super) plain: Attr<Secret>,
    pub(super) encrypted: Attr<String>,
}

impl Stored {
    /// The stored form of a secret, if one is known.
    pub(super) fn of(secret: Option<Secret>, recipient: Option<&Recipient>) -> Result<Self, age::CryptoError> {
        Ok(match (secret, recipient) {
            (Some(secret), Some(recipient)) => {
                Self { plain: Attr::Null, encrypted: age::encrypt(&secret, recipient)?.into() }
            }
            (secret, _) => Self { plain: secret.into(), encrypted: Attr::Null },
        })
    }

    /// What is planned for a secret that the apply will know.
    fn planned(recipient: &Attr<String>) -> Self {
        let (plain, encrypted) = match recipient {
            Attr::Null => (Attr::Unknown, Attr::Null),
            Attr::Known(_) => (Attr::Null, Attr::Unknown),
            Attr::Unknown => (Attr::Unknown, Attr::Unknown),
        };
        Self { plain, encrypted }
    }
}

/// What a plan does with the secret.
pub(super) enum Planned {
    /// The state stays as it is.
    Kept,
    /// The key is replaced, because nobody but the earlier reader has the secret.
    Replaced(Path),
    /// The secret is stored in this form. The warning is for a key that exists already.
    Stored(Stored, Option<Diagnostic>),
}

/// Plans the stored form: for a create, or for a key of which this recipient and form are in state.
pub(super) fn plan(prior: Option<(&str, &Attr<String>, Stored)>, recipient: &Attr<String>) -> Planned {
    let Some((id, earlier, stored)) = prior else { return Planned::Stored(Stored::planned(recipient), None) };
    if earlier == recipient {
        return Planned::Kept;
    }
    let at = Path::to(RECIPIENT);
    if !stored.encrypted.is_null() {
        return Planned::Replaced(at);
    }
    if stored.plain.is_null() {
        let warning = (!recipient.is_null()).then(|| {
            let detail = format!(
                "Xident returned the secret of the API key `{id}` once, and state does not have it: the key was imported. So nothing is \
                 encrypted, and `encrypted_secret` stays null. For a key whose secret you can read, plan with `-replace`."
            );
            Diagnostic::warning(format!("No secret of the API key `{id}` to encrypt"), detail).at(at)
        });
        return Planned::Stored(Stored::default(), warning);
    }
    let detail = format!(
        "The secret of the API key `{id}` is encrypted for `{RECIPIENT}` and removed from state. Backups and earlier versions of the \
         state still have it as it is: delete them, or replace the key with `-replace`."
    );
    let warning = Diagnostic::warning(format!("The secret of `{id}` stays in earlier states"), detail).at(at);
    Planned::Stored(Stored::planned(recipient), Some(warning))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(text: &str) -> Attr<String> {
        text.into()
    }

    fn forms(stored: &Stored) -> (bool, bool) {
        (stored.plain.is_unknown(), stored.encrypted.is_unknown())
    }

    #[test]
    fn a_create_plans_one_form_unless_the_recipient_is_unknown() {
        for (recipient, expected) in
            [(Attr::Null, (true, false)), (known("age1a"), (false, true)), (Attr::Unknown, (true, true))]
        {
            let Planned::Stored(stored, None) = plan(None, &recipient) else { panic!("{recipient:?}") };
            assert_eq!(forms(&stored), expected, "{recipient:?}");
        }
    }

    #[test]
    fn only_a_plain_secret_can_be_encrypted_in_place() {
        let plain = || Stored { plain: Secret::from("sk_test_1").into(), encrypted: Attr::Null };
        let encrypted = || Stored { plain: Attr::Null, encrypted: known("-----BEGIN") };
        let none = Stored::default;
        for (earlier, stored, recipient, expected) in [
            (Attr::Null, plain(), Attr::Null, "kept"),
            (Attr::Null, plain(), known("age1a"), "(false, true) and a warning"),
            (Attr::Null, plain(), Attr::Unknown, "(true, true) and a warning"),
            (known("age1a"), encrypted(), known("age1a"), "kept"),
            (known("age1a"), encrypted(), known("age1b"), "replaced"),
            (known("age1a"), encrypted(), Attr::Null, "replaced"),
            (known("age1a"), encrypted(), Attr::Unknown, "replaced"),
            (Attr::Null, none(), known("age1a"), "(false, false) and a warning"),
            (known("age1a"), none(), known("age1b"), "(false, false) and a warning"),
            (known("age1a"), none(), Attr::Null, "(false, false)"),
        ] {
            let found = match plan(Some(("1", &earlier, stored)), &recipient) {
                Planned::Kept => "kept".to_owned(),
                Planned::Replaced(path) => {
                    assert_eq!(path.to_string(), RECIPIENT);
                    "replaced".to_owned()
                }
                Planned::Stored(stored, warning) => {
                    format!("{:?}{}", forms(&stored), if warning.is_some() { " and a warning" } else { "" })
                }
            };
            assert_eq!(found, expected, "{earlier:?} to {recipient:?}");
        }
    }
}
