//! The actions that erase a person's data: `idv_vult_anonymize_identity`, `idv_vult_anonymize_session` and
//! `idv_vult_delete_session`. None of them can be undone.

use async_trait::async_trait;

use super::client::Client;
use super::operations::Operation;
use crate::framework::action::{Action, Progress};
use crate::framework::{Attribute, Diagnostic, Diagnostics, Rule, Schema, Value};

/// What one of the actions does. The vendor's calls differ only in their route and the name of the id.
pub(super) trait Erasure: Send + Sync + 'static {
    /// The type's name after the provider's prefix.
    const NAME: &'static str;
    /// The vendor's call.
    const OPERATION: Operation;
    /// The attribute, and the vendor's field.
    const ID: &'static str;
    /// What the action does, as an infinitive: `anonymize the identity`.
    const DOES: &'static str;
    /// What the action is, for the documentation.
    const DESCRIPTION: &'static str;
    /// The effect, which the plan warns of.
    const WARNING: &'static str;
}

/// Anonymizes an identity.
pub(super) struct AnonymizeIdentity;

impl Erasure for AnonymizeIdentity {
    const NAME: &'static str = "vult_anonymize_identity";
    const OPERATION: Operation = Operation::AnonymizeIdentity;
    const ID: &'static str = "identity_id";
    const DOES: &'static str = "anonymize the identity";
    const DESCRIPTION: &'static str =
        "Anonymizes an identity at VULT: the person's data are blanked and the identity stays. It cannot be undone.";
    const WARNING: &'static str = "VULT blanks the person's data. They cannot be restored, and the identity can no longer be \
                                   matched with that person.";
}

/// Anonymizes a session.
pub(super) struct AnonymizeSession;

impl Erasure for AnonymizeSession {
    const NAME: &'static str = "vult_anonymize_session";
    const OPERATION: Operation = Operation::SessionAnonymize;
    const ID: &'static str = "session_id";
    const DOES: &'static str = "anonymize the session";
    const DESCRIPTION: &'static str = "Anonymizes an identity verification session at VULT: the person's data are blanked and the session stays. It cannot be undone.";
    const WARNING: &'static str = "VULT blanks the person's data in the session. They cannot be restored.";
}

/// Deletes a session.
pub(super) struct DeleteSession;

impl Erasure for DeleteSession {
    const NAME: &'static str = "vult_delete_session";
    const OPERATION: Operation = Operation::SessionDelete;
    const ID: &'static str = "session_id";
    const DOES: &'static str = "delete the session";
    const DESCRIPTION: &'static str =
        "Deletes an identity verification session at VULT with all that was captured in it. It cannot be undone.";
    const WARNING: &'static str = "VULT deletes the session with its images and results. They cannot be restored, and an audit will not \
                                   find them.";
}

/// The action of an [`Erasure`].
pub(super) struct Erase<E>(pub(super) E);

#[async_trait]
impl<E: Erasure> Action for Erase<E> {
    type Client = Client;
    type Model = Value;

    const NAME: &'static str = E::NAME;

    fn schema(&self) -> Schema {
        let object = E::ID.trim_end_matches("_id");
        let id = Attribute::string(E::ID).required().rule(Rule::Length(1, usize::MAX));
        Schema::new(E::DESCRIPTION, vec![id.describe(format!("The id of the {object}."))])
    }

    fn plan(&self, config: &Value) -> Diagnostics {
        let which = config.get(E::ID).as_str().map_or_else(String::new, |id| format!(" The id is `{id}`."));
        let summary = format!("This will {} for good", E::DOES);
        Diagnostic::warning(summary, format!("{}{which}", E::WARNING)).into()
    }

    async fn invoke(&self, client: &Client, config: Value, progress: &Progress) -> Result<(), Diagnostics> {
        let id = config.get(E::ID).as_str().unwrap_or_default();
        progress.say(format!("Asking VULT to {} `{id}`", E::DOES));
        client.erase(E::OPERATION, E::ID, id, E::DOES).await?;
        progress.say("Done. This cannot be undone.");
        Ok(())
    }
}
