//! The state of a 1Kosmos tenant, and the state of a new one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    access::Level,
    bucket::Bucket,
    crypto::{Curve, PrivateKey},
    service_keys::ServiceKey,
    sessions::Session,
    templates::Template,
};
use crate::sandbox::engine::{self, IdSource, Ids, StoreError};

/// A deployment with one tenant.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct State {
    pub(super) curve: Curve,
    /// The private key of the ID Proofing service.
    pub(super) service_private_key: PrivateKey,
    /// The community's private key, which differs from the service's.
    pub(super) community_private_key: PrivateKey,
    /// How far `ts` may be from the server's clock, in seconds.
    pub(super) allowed_time_span: i64,
    pub(super) body_encryption: BodyEncryption,
    pub(super) encrypt_responses: bool,
    pub(super) show_bucket_secrets: bool,
    pub(super) show_dvc_id: bool,
    pub(super) tenant: Tenant,
    pub(super) communities: Vec<Community>,
    /// The level of each license key.
    pub(super) licenses: BTreeMap<String, Level>,
    pub(super) templates: Vec<Template>,
    /// One at most per community.
    pub(super) buckets: Vec<Bucket>,
    pub(super) sessions: Vec<Session>,
    pub(super) service_keys: Vec<ServiceKey>,
    pub(super) connectors: Vec<Connector>,
    /// The most rows of a page, whatever is asked for; null for the vendor's own limit.
    pub(super) page_cap: Option<usize>,
    last_ids: Ids,
}

/// Whether the body of a call is plain or encrypted.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Encoding {
    Plain,
    Encrypted,
}

/// The encoding of each call's body. Documented for `template_update_by_dvc_id` only, inferred for the others.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct BodyEncryption {
    pub(super) template_create: Encoding,
    pub(super) template_update: Encoding,
    pub(super) template_update_by_dvc_id: Encoding,
    pub(super) bucket_put: Encoding,
    pub(super) session_fetch: Encoding,
    pub(super) session_create: Encoding,
}

impl Default for BodyEncryption {
    fn default() -> Self {
        Self {
            template_create: Encoding::Plain,
            template_update: Encoding::Plain,
            template_update_by_dvc_id: Encoding::Encrypted,
            bucket_put: Encoding::Encrypted,
            session_fetch: Encoding::Encrypted,
            session_create: Encoding::Plain,
        }
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tenant {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) tenanttag: String,
    pub(super) dns: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Community {
    pub(super) id: String,
    pub(super) name: String,
    /// A secret that discovery returns to everybody, and that a client must drop.
    #[serde(rename = "otpSeed")]
    pub(super) otp_seed: String,
}

/// A row of `/info`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Connector {
    verifier_type: String,
    doc_type: String,
}

impl Default for State {
    fn default() -> Self {
        let tenant = Tenant {
            id: "65f1a0c05eed000000000001".to_owned(),
            name: "acme".to_owned(),
            tenanttag: "acme".to_owned(),
            dns: "acme.onekosmos.test".to_owned(),
        };
        let community = Community {
            id: "65f1a0c05eed000000000002".to_owned(),
            name: "default".to_owned(),
            otp_seed: "sandbox-otp-seed-8d1c".to_owned(),
        };
        let licenses = [
            ("sandbox-license-system-41c7", Level::System),
            ("sandbox-license-service-92ab", Level::Service),
            ("sandbox-license-service-ext-d05e", Level::ServiceExt),
        ];
        let connectors = [("microblink", "dl"), ("microblink", "ppt"), ("authenticid", "idcard")];
        let connector = |(verifier_type, doc_type): (&str, &str)| Connector {
            verifier_type: verifier_type.to_owned(),
            doc_type: doc_type.to_owned(),
        };
        Self {
            curve: Curve::Secp256k1,
            service_private_key: PrivateKey::generate(),
            community_private_key: PrivateKey::generate(),
            allowed_time_span: 60,
            body_encryption: BodyEncryption::default(),
            encrypt_responses: false,
            show_bucket_secrets: false,
            show_dvc_id: false,
            sessions: vec![Session::of_a_new_tenant(&tenant, &community)],
            tenant,
            communities: vec![community],
            licenses: licenses.into_iter().map(|(key, level)| (key.to_owned(), level)).collect(),
            templates: Vec::new(),
            buckets: Vec::new(),
            service_keys: ServiceKey::of_a_new_tenant(),
            connectors: connectors.map(connector).into(),
            page_cap: None,
            last_ids: Ids::default(),
        }
    }
}

impl engine::State for State {
    fn of_tenant(&self, name: &str, number: usize) -> Self {
        let tenant = Tenant {
            id: format!("65f1a0c05eed0001{number:08x}"),
            name: name.to_owned(),
            tenanttag: name.to_owned(),
            dns: format!("{name}.onekosmos.test"),
        };
        let communities: Vec<_> = self.communities.iter().take(1).cloned().collect();
        let session = |community| Session {
            id: format!("sandbox-session-{name}"),
            ..Session::of_a_new_tenant(&tenant, community)
        };
        let licenses = [("system", Level::System), ("service", Level::Service), ("service-ext", Level::ServiceExt)];
        Self {
            service_private_key: self.service_private_key.clone(),
            community_private_key: self.community_private_key.clone(),
            curve: self.curve,
            sessions: communities.first().map(session).into_iter().collect(),
            communities,
            licenses: licenses.into_iter().map(|(level, it)| (format!("{name}-license-{level}-6ab9"), it)).collect(),
            tenant,
            ..Self::default()
        }
    }

    fn check(&self) -> Result<(), StoreError> {
        self.public_key()?;
        self.community_public_key().map(drop)
    }
}

impl State {
    /// Returns the next id of 24 hexadecimal digits.
    pub(super) fn new_id(&mut self) -> String {
        self.next_id("object", |number| format!("65f1a0c0{number:016x}"))
    }

    /// Replaces the service's key pair: data that was encrypted for the old one can no longer be decrypted.
    pub(super) fn rotate(&mut self) {
        self.service_private_key = PrivateKey::generate();
        if let Some(own) = self.service_keys.iter_mut().find(|key| key.is_the_services_own()) {
            own.renew();
        }
    }

    /// The service's public key.
    pub(super) fn public_key(&self) -> Result<String, StoreError> {
        self.public_key_of(&self.service_private_key, "service_private_key")
    }

    /// The community's public key.
    pub(super) fn community_public_key(&self) -> Result<String, StoreError> {
        self.public_key_of(&self.community_private_key, "community_private_key")
    }

    fn public_key_of(&self, private: &PrivateKey, name: &str) -> Result<String, StoreError> {
        self.curve.public_key(private).ok_or_else(|| StoreError::Shape {
            at: name.to_owned(),
            reason: "the number is not a private key on this curve".to_owned(),
        })
    }
}

impl IdSource for State {
    type Id = String;

    fn ids(&mut self) -> &mut Ids {
        &mut self.last_ids
    }

    fn has_id(&self, id: &String) -> bool {
        self.templates.iter().any(|template| template.id == *id)
            || self.buckets.iter().any(|bucket| bucket.id == *id)
            || self.sessions.iter().any(|session| session.object_id == *id)
    }
}
