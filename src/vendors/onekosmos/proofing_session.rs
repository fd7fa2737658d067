//! Ephemeral resource `idv_onekosmos_proofing_session`: a scan session to test a template, declined at the end of the run.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::client::{self, Client};
use super::proofing_template::DOCUMENT_TYPES;
use crate::framework::ephemeral::{Ephemeral, Opening};
use crate::framework::{Attr, Attribute, Diagnostic, Diagnostics, Path, Private, Rule, Schema, Secret};
use crate::openapi::Call;

/// The key of the private state that holds the id of the session.
const SESSION: &str = "session_id";

/// The calls about a scan session.
pub(super) fn calls() -> [Call; 2] {
    client::scan_session_calls::<wire::CreateSession<'_>, wire::Session>()
}

/// The ephemeral resource.
pub(super) struct ProofingSession;

/// The attributes of the session.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct ProofingSessionModel {
    document_type: Attr<String>,
    connector: Attr<ConnectorModel>,
    verification: Attr<VerificationModel>,
    decline_on_close: Attr<bool>,
    session_id: Attr<String>,
    url: Attr<Secret>,
}

/// The connector of a session.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct ConnectorModel {
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

/// Parses a JSON object, or returns a diagnostic at its attribute.
fn object(text: &str, path: &Path) -> Result<Object, Diagnostic> {
    serde_json::from_str(text).map_err(|error| {
        // The error may quote the text, which may have a secret, so only its position is shown.
        let detail = format!(
            "`{path}` must be a JSON object, as from `jsonencode({{ ... }})`; parsing failed at line {}, column {}.",
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
            required("type", "The type of the connector, from the data source `idv_onekosmos_connectors`."),
            Attribute::string("config").required().sensitive().describe(
                "The configuration of the connector as JSON, as from `jsonencode`. It usually has the license and the `verifierUrl` of the \
                 verifier.",
            ),
        ];
        let verification = vec![
            required("id", "The id of the verification."),
            required("tag", "The tag of the verification."),
            Attribute::string("config").required().describe(
                "The configuration of the verification as JSON, as from `jsonencode`, with the `verifier` and the `checks`.",
            ),
        ];
        Schema::new(
            "A scan session of 1Kosmos, to test a proofing template in a pipeline. It is opened in the plan and again in the apply, and \
             declined at the end of each, so that no session stays open. Needs a license of level `system` or `service`.",
            vec![
                Attribute::string("document_type")
                    .required()
                    .rule(Rule::Known(DOCUMENT_TYPES))
                    .describe("The document to scan."),
                Attribute::object("connector", connector)
                    .required()
                    .describe("The connector that verifies the document."),
                Attribute::object("verification", verification).required().describe("The verification."),
                Attribute::bool("decline_on_close")
                    .optional()
                    .describe("Whether the session is declined at the end of the run. Defaults to `true`."),
                Attribute::string("session_id").computed().describe("The id of the session."),
                Attribute::string("url").computed().sensitive().describe(
                    "The address at which a person completes the session. Anyone who has the address can do so.",
                ),
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
        let body = wire::CreateSession {
            connector: wire::Connector {
                id: connector.and_then(|connector| connector.id.as_str()),
                kind: connector.and_then(|connector| connector.kind.as_str()),
                config: connector_config,
            },
            verification: wire::Verification {
                id: verification.and_then(|verification| verification.id.as_str()),
                tag: verification.and_then(|verification| verification.tag.as_str()),
                config: verification_config,
            },
            session_request: wire::SessionRequest {
                tenant_dns: client.tenant_dns(),
                community_name: community.community_name.as_deref(),
                document_type: config.document_type.as_str(),
                tenant_id: &community.tenant_id,
                community_id: &community.community_id,
            },
        };
        let session = client.create_session::<wire::Session>(&body).await?;
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
    //! The request and the response of `POST /document_share_session/create`.

    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::Object;
    use crate::framework::Secret;

    #[derive(Serialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub(super) struct CreateSession<'s> {
        pub(super) connector: Connector<'s>,
        pub(super) verification: Verification<'s>,
        pub(super) session_request: SessionRequest<'s>,
    }

    #[derive(Serialize, JsonSchema)]
    pub(super) struct Connector<'s> {
        pub(super) id: Option<&'s str>,
        #[serde(rename = "type")]
        pub(super) kind: Option<&'s str>,
        pub(super) config: Object,
    }

    #[derive(Serialize, JsonSchema)]
    pub(super) struct Verification<'s> {
        pub(super) id: Option<&'s str>,
        pub(super) tag: Option<&'s str>,
        pub(super) config: Object,
    }

    #[derive(Serialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub(super) struct SessionRequest<'s> {
        #[serde(rename = "tenantDNS")]
        pub(super) tenant_dns: &'s str,
        pub(super) community_name: Option<&'s str>,
        pub(super) document_type: Option<&'s str>,
        pub(super) tenant_id: &'s str,
        pub(super) community_id: &'s str,
    }

    #[derive(Deserialize, JsonSchema)]
    pub(super) struct Session {
        #[serde(rename = "sessionId")]
        pub(super) session_id: String,
        #[schemars(with = "String")]
        pub(super) url: Secret,
    }
}
