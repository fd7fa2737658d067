//! The credentials of a bucket, by its type: attributes, models, and the conversion to and from the wire.
//!
//! No type here has `Debug`, since all of them hold secrets.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::framework::schema::Shape;
use crate::framework::spelling::is_masked;
use crate::framework::{Attr, Attribute, Rule, Secret, Spelling, Value, secret};
use crate::vendors::shared::loose::LooseText;
use crate::vendors::shared::singleton::Changes;

/// The credentials of an AWS bucket.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct AwsModel {
    pub(super) access_key: Attr<String>,
    pub(super) region: Attr<String>,
    pub(super) secret_key: Attr<Secret>,
    pub(super) secret_key_wo: Attr<Secret>,
    pub(super) secret_key_wo_version: Attr<String>,
}

/// The credentials of a Google Cloud bucket.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct GcpModel {
    pub(super) project_id: Attr<String>,
    pub(super) client_email: Attr<String>,
    pub(super) private_key: Attr<Secret>,
    pub(super) private_key_wo: Attr<Secret>,
    pub(super) private_key_wo_version: Attr<String>,
}

/// The credentials of an Azure container.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct AzureModel {
    pub(super) account_name: Attr<String>,
    pub(super) account_key: Attr<Secret>,
    pub(super) account_key_wo: Attr<Secret>,
    pub(super) account_key_wo_version: Attr<String>,
}

fn credential(name: &str, storage: &str, plain: Vec<Attribute>, secret: [Attribute; 3]) -> Attribute {
    let what = format!("The credentials of a bucket with `type = \"{storage}\"`, and of no other.");
    Attribute::object(name, plain.into_iter().chain(secret).collect()).optional().describe(what)
}

/// The attributes of all three.
pub(super) fn attributes() -> [Attribute; 3] {
    // The vendor may return any part of the credentials masked.
    let required = |name: &str, what: &str| {
        let attribute = Attribute::string(name).required().rule(Rule::Length(1, usize::MAX));
        attribute.spelling(Spelling::MASKED).describe(what)
    };
    [
        credential(
            "aws_credential",
            "aws",
            vec![
                required("access_key", "The id of the AWS access key."),
                required("region", "The AWS region of the bucket, such as `eu-central-1`."),
            ],
            secret::attributes("secret_key", "The secret of the AWS access key."),
        ),
        credential(
            "gcp_credential",
            "gcp",
            vec![
                required("project_id", "The id of the Google Cloud project (`projectid` at the vendor)."),
                required("client_email", "The email address of the Google Cloud service account."),
            ],
            secret::attributes("private_key", "The private key of the Google Cloud service account."),
        ),
        credential(
            "azure_credential",
            "azure",
            vec![required("account_name", "The name of the Azure storage account.")],
            secret::attributes("account_key", "The key of the Azure storage account."),
        ),
    ]
}

/// Compares one kind of credentials of the vendor's bucket with the planned ones. Secrets are not shown.
pub(super) fn compare(credential: &Attribute, today: &Value, planned: &Value, changes: &mut Changes) {
    let (Shape::Nested(_, parts), Value::Map(wanted)) = (credential.shape(), planned.get(&credential.name)) else {
        return;
    };
    let found = today.get(&credential.name);
    let secrets = parts.iter().filter(|part| part.is_secret() && !part.write_only);
    // A version of the write-only secret is not sent.
    let version = |name: &str| secrets.clone().any(|secret| name == format!("{}_wo_version", secret.name));
    for part in parts.iter().filter(|part| !part.write_only && !version(&part.name)) {
        let name = format!("{}.{}", credential.name, part.name);
        let value = wanted.get(&part.name).filter(|_| !part.is_secret());
        match value {
            Some(value) if !found.get(&part.name).is_null() => changes.compare(&name, found.get(&part.name), value),
            value => changes.add_unseen(&name, value),
        }
    }
}

/// The secret part of one kind of credentials.
pub(super) struct SecretPart<'m> {
    /// The attribute of the credentials.
    pub(super) credential: &'static str,
    /// The name of the secret inside.
    pub(super) name: &'static str,
    /// The three attributes of the secret.
    pub(super) plain: &'m Attr<Secret>,
    pub(super) write_only: &'m Attr<Secret>,
    pub(super) version: &'m Attr<String>,
}

impl<'m> SecretPart<'m> {
    /// The secret as it is sent; `None` if neither attribute has it.
    fn chosen(&self) -> Option<&'m str> {
        secret::chosen(self.plain, self.write_only).map(Secret::expose)
    }
}

/// The credentials as the vendor takes them, under the name that belongs to the type. No `Debug`: the secret is exposed.
#[derive(Serialize, JsonSchema)]
pub(super) enum WireCredential<'m> {
    #[serde(rename = "aws_credential", rename_all = "camelCase")]
    Aws { access_key: Option<&'m str>, region: Option<&'m str>, secret_key: Option<&'m str> },
    #[serde(rename = "gcp_credential", rename_all = "camelCase")]
    Gcp {
        #[serde(rename = "projectid")]
        project_id: Option<&'m str>,
        client_email: Option<&'m str>,
        private_key: Option<&'m str>,
    },
    #[serde(rename = "azure_credential", rename_all = "camelCase")]
    Azure { account_name: Option<&'m str>, account_key: Option<&'m str> },
}

impl WireCredential<'_> {
    /// Whether every value is known, the secret too.
    pub(super) fn is_complete(&self) -> bool {
        match self {
            Self::Aws { access_key: one, region: other, secret_key: secret }
            | Self::Gcp { project_id: one, client_email: other, private_key: secret } => {
                one.is_some() && other.is_some() && secret.is_some()
            }
            Self::Azure { account_name, account_key } => account_name.is_some() && account_key.is_some(),
        }
    }
}

/// What is read of the credentials of an AWS bucket. A response may have any part of credentials masked, or not at all.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct FoundAws {
    #[schemars(with = "LooseText", extend("x-may-be-absent" = true))]
    access_key: Json,
    #[schemars(with = "LooseText", extend("x-may-be-absent" = true))]
    region: Json,
}

/// What is read of the credentials of a Google Cloud bucket.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct FoundGcp {
    #[serde(rename = "projectid")]
    #[schemars(with = "LooseText", extend("x-may-be-absent" = true))]
    project_id: Json,
    #[schemars(with = "LooseText", extend("x-may-be-absent" = true))]
    client_email: Json,
}

/// What is read of the credentials of an Azure container.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct FoundAzure {
    #[schemars(with = "LooseText", extend("x-may-be-absent" = true))]
    account_name: Json,
}

/// The credentials of one type.
pub(super) trait Credential: Clone + Default {
    /// What is read of a response.
    type Found;

    /// The secret.
    fn secret(&self) -> SecretPart<'_>;
    /// Where the write-only secret is.
    fn write_only_mut(&mut self) -> &mut Attr<Secret>;
    /// The credentials as the vendor takes them.
    fn to_wire(&self) -> WireCredential<'_>;
    /// Sets the values that a response shows.
    fn take(&mut self, found: &Self::Found);

    /// Adds the write-only secret of the configuration to planned credentials that have no secret.
    fn add_write_only(planned: &mut Attr<Self>, config: &Attr<Self>) {
        if let (Attr::Known(planned), Attr::Known(config)) = (planned, config)
            && planned.secret().plain.is_null()
        {
            let write_only = config.secret().write_only.clone();
            *planned.write_only_mut() = write_only;
        }
    }

    /// The credentials of state with the visible values of a response; those of state if the response has none.
    fn merged(known: &Attr<Self>, found: Option<Self::Found>) -> Attr<Self> {
        let Some(found) = found else { return known.clone() };
        let mut model = known.known().cloned().unwrap_or_default();
        model.take(&found);
        Attr::Known(model)
    }
}

impl Credential for AwsModel {
    type Found = FoundAws;

    fn secret(&self) -> SecretPart<'_> {
        let Self { secret_key: plain, secret_key_wo: write_only, secret_key_wo_version: version, .. } = self;
        SecretPart { credential: "aws_credential", name: "secret_key", plain, write_only, version }
    }

    fn write_only_mut(&mut self) -> &mut Attr<Secret> {
        &mut self.secret_key_wo
    }

    fn to_wire(&self) -> WireCredential<'_> {
        let (access_key, region) = (self.access_key.as_str(), self.region.as_str());
        WireCredential::Aws { access_key, region, secret_key: self.secret().chosen() }
    }

    fn take(&mut self, found: &FoundAws) {
        visible(&found.access_key, &mut self.access_key);
        visible(&found.region, &mut self.region);
    }
}

impl Credential for GcpModel {
    type Found = FoundGcp;

    fn secret(&self) -> SecretPart<'_> {
        let Self { private_key: plain, private_key_wo: write_only, private_key_wo_version: version, .. } = self;
        SecretPart { credential: "gcp_credential", name: "private_key", plain, write_only, version }
    }

    fn write_only_mut(&mut self) -> &mut Attr<Secret> {
        &mut self.private_key_wo
    }

    fn to_wire(&self) -> WireCredential<'_> {
        let (project_id, client_email) = (self.project_id.as_str(), self.client_email.as_str());
        WireCredential::Gcp { project_id, client_email, private_key: self.secret().chosen() }
    }

    fn take(&mut self, found: &FoundGcp) {
        visible(&found.project_id, &mut self.project_id);
        visible(&found.client_email, &mut self.client_email);
    }
}

impl Credential for AzureModel {
    type Found = FoundAzure;

    fn secret(&self) -> SecretPart<'_> {
        let Self { account_key: plain, account_key_wo: write_only, account_key_wo_version: version, .. } = self;
        SecretPart { credential: "azure_credential", name: "account_key", plain, write_only, version }
    }

    fn write_only_mut(&mut self) -> &mut Attr<Secret> {
        &mut self.account_key_wo
    }

    fn to_wire(&self) -> WireCredential<'_> {
        WireCredential::Azure { account_name: self.account_name.as_str(), account_key: self.secret().chosen() }
    }

    fn take(&mut self, found: &FoundAzure) {
        visible(&found.account_name, &mut self.account_name);
    }
}

/// Sets a value unless the vendor masks it.
fn visible(found: &Json, into: &mut Attr<String>) {
    if let Some(text) = found.as_str()
        && !text.is_empty()
        && !is_masked(text)
    {
        *into = text.into();
    }
}
