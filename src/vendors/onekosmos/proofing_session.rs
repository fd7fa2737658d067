//! Ephemeral `idv_onekosmos_proofing_session`: a scan session to try a template with, declined at the end of the run.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::client::Client;
use super::proofing_template::DOCUMENT_TYPES;
use crate::framework::ephemeral::{Ephemeral, Opening};
use crate::framework::{Attr, Attribute, Diagnostic, Diagnostics, Path, Private, Rule, Schema, Secret};

/// Under this key of the private state is the id of the session.
const SESSION: &str = "session_id";

/// The session.
pub(super) struct ProofingSession;

/// The attributes of the session.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct ProofingSessionModel {
    document_type: Attr<String>,
    connector: Attr<PartModel>,
    verification: Attr<VerificationModel>,
    decline_on_close: Attr<bool>,
    session_id: Attr<String>,
    url: Attr<Secret>,
}

/// The connector of a session.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct PartModel {
    id: Attr<String>,
    #[serde(rename = "type")]
    kind: Attr<String>,
    config: Attr<Secret>,
}

/// The verification of a session.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct VerificationModel {
    id: Attr<String>,
    tag: Attr<String>,
    config: Attr<String>,
}

fn required(name: &str, what: &str) -> Attribute {
    Attribute::string(name).required().rule(Rule::Length(1, usize::MAX)).describe(what)
}

/// A JSON object.
type Object = Map<String, Json>;

/// A JSON object in text, or a diagnostic at its attribute.
fn object(text: &str, path: &Path) -> Result<Object, Diagnostic> {
    serde_json::from_str(text).map_err(|error| {
        // The error may quote the text, which may hold a secret; its place is enough.
        let detail = format!(
            "`{path}` must be a JSON object, as from `jsonencode({{ ... }})`; reading it failed at line {}, column {}.",
            error.line(),
            error.column()
        );
        Diagnostic::error(format!("Wrong value for `{path}`"), detail).at(path.clone())
    })
}

impl ProofingSessionModel {
    fn configs(&self) -> Result<(Object, Object), Diagnostics> {
        let connector = self.connector.known().and_then(|part| part.config.known()).map_or("{}", Secret::expose);
        let verification = self.verification.known().and_then(|part| part.config.as_str()).unwrap_or("{}");
        let connector = object(connector, &Path::to("connector").attribute("config"));
        let verification = object(verification, &Path::to("verification").attribute("config"));
        match (connector, verification) {
            (Ok(connector), Ok(verification)) => Ok((connector, verification)),
            (first, second) => Err([first.err(), second.err()].into_iter().flatten().collect()),
        }
    }
}

#[async_trait]
impl Ephemeral for ProofingSession {
    type Client = Client;
    type Model = ProofingSessionModel;

    const NAME: &'static str = "onekosmos_proofing_session";

    fn schema(&self) -> Schema {
        let connector = vec![
            required("id", "The id of the connector."),
            required("type", "The type of the connector, as the data source `idv_onekosmos_connectors` lists it."),
            Attribute::string("config").required().sensitive().describe(
                "The configuration of the connector as JSON, as from `jsonencode`. It usually holds the license and the `verifierUrl` of the \
                 verifier.",
            ),
        ];
        let verification = vec![
            required("id", "The id of the verification."),
            required("tag", "The tag of the verification."),
            Attribute::string("config").required().describe(
                "The configuration of the verification as JSON, as from `jsonencode`, with the `verifier` and the `checks` to make.",
            ),
        ];
        Schema::new(
            "A scan session of 1Kosmos, to try a proofing template in a pipeline. It is opened in the plan and again in the apply, and \
             declined at the end of each, so that none stays open. Needs a license of level `system` or `service`.",
            vec![
                Attribute::string("document_type")
                    .required()
                    .rule(Rule::OneOf(DOCUMENT_TYPES))
                    .describe("The document to scan."),
                Attribute::object("connector", connector).required().describe("The connector that verifies."),
                Attribute::object("verification", verification).required().describe("The verification to make."),
                Attribute::bool("decline_on_close")
                    .optional()
                    .describe("Whether the session is declined at the end of the run. `true` if it is left out."),
                Attribute::string("session_id").computed().describe("The id of the session."),
                Attribute::string("url")
                    .computed()
                    .sensitive()
                    .describe("The address at which a person goes through the session. Whoever has it can do so."),
            ],
        )
    }

    fn validate(&self, config: &ProofingSessionModel, diagnostics: &mut Diagnostics) {
        if let Err(mistakes) = config.configs() {
            diagnostics.append(mistakes);
        }
    }

    async fn open(
        &self,
        client: &Client,
        config: ProofingSessionModel,
        opening: &mut Opening,
    ) -> Result<ProofingSessionModel, Diagnostics> {
        let (connector_config, verification_config) = config.configs()?;
        let community = client.discover().await?;
        let connector = config.connector.known();
        let verification = config.verification.known();
        let body = json!({
            "connector": {
                "id": connector.and_then(|part| part.id.as_str()),
                "type": connector.and_then(|part| part.kind.as_str()),
                "config": connector_config,
            },
            "verification": {
                "id": verification.and_then(|part| part.id.as_str()),
                "tag": verification.and_then(|part| part.tag.as_str()),
                "config": verification_config,
            },
            "sessionRequest": {
                "tenantDNS": client.tenant_dns(),
                "communityName": community.community_name,
                "documentType": config.document_type.as_str(),
                "tenantId": community.tenant_id,
                "communityId": community.community_id,
            },
        });
        let session = client.create_session::<wire::Session>(body).await?;
        if config.decline_on_close != Attr::Known(false) {
            opening.private.set(SESSION, &session.session_id)?;
        }
        Ok(ProofingSessionModel { session_id: session.session_id.into(), url: session.url.into(), ..config })
    }

    async fn close(&self, client: &Client, private: &Private) -> Result<(), Diagnostics> {
        match private.get::<String>(SESSION) {
            Some(session_id) => Ok(client.decline_session(&session_id).await?),
            None => Ok(()),
        }
    }
}

mod wire {
    //! The answer of `POST /document_share_session/create`.

    use serde::Deserialize;

    use crate::framework::Secret;

    #[derive(Deserialize)]
    pub(super) struct Session {
        #[serde(rename = "sessionId")]
        pub(super) session_id: String,
        pub(super) url: Secret,
    }
}
