//! `idv_onekosmos_bucket`: the bucket in which a community stores its evidence. `bucket_data` is the data source.
//!
//! A community has one bucket, and the vendor has no delete. Whether a response has the credentials as they are, masked or
//! not at all is not known, so the secret is never read, and a masked value is no drift. For the same reason a write whose
//! response is lost cannot be confirmed by a read: it fails, and the next apply writes the whole bucket again.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::bucket_credentials::{self, AwsModel, AzureModel, Credential, GcpModel, SecretPart, WireCredential};
use super::client::{self, Client};
use super::session_list::{self, SessionQuery};
use crate::framework::impact::{Period, Reach};
use crate::framework::moved::RestObject;
use crate::framework::resource::{Change, Context, Planning, Resource};
use crate::framework::{
    Attr, Attribute, Claim, Diagnostic, Diagnostics, Effect, ListSink, Listable, Path, Private, Rule, Schema, Value,
    identity, model, secret,
};
use crate::http::CachePolicy;
use crate::openapi::Call;
use crate::vendors::shared::import_id;
use crate::vendors::shared::singleton::{self, warn_adopted_elsewhere};

/// The kinds of storage that the vendor documents.
const TYPES: &[&str] = &["aws", "gcp", "azure"];

/// What the bucket is called in messages, and the key of its adoption.
const BUCKET: &str = "the bucket";

/// The calls about the bucket.
pub(super) fn calls() -> [Call; 2] {
    client::bucket_calls::<wire::BucketBody<'_>, wire::Bucket>()
}

/// The bucket.
#[derive(Clone, Copy)]
pub(super) struct Bucket;

/// The attributes of the bucket. No `Debug`: it has secrets.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct BucketModel {
    id: Attr<String>,
    tenant_id: Attr<String>,
    community_id: Attr<String>,
    #[serde(rename = "type")]
    kind: Attr<String>,
    bucket_name: Attr<String>,
    is_enabled: Attr<bool>,
    created_by: Attr<String>,
    created_ts: Attr<String>,
    aws_credential: Attr<AwsModel>,
    gcp_credential: Attr<GcpModel>,
    azure_credential: Attr<AzureModel>,
    on_destroy: Attr<String>,
}

impl BucketModel {
    /// The credentials as the vendor takes them.
    fn credential(&self) -> Option<WireCredential<'_>> {
        let aws = self.aws_credential.known().map(Credential::to_wire);
        let gcp = || self.gcp_credential.known().map(Credential::to_wire);
        let azure = || self.azure_credential.known().map(Credential::to_wire);
        aws.or_else(gcp).or_else(azure)
    }

    /// The secret part of each kind of credentials that is set.
    fn secrets(&self) -> impl Iterator<Item = SecretPart<'_>> {
        let aws = self.aws_credential.known().map(Credential::secret);
        let gcp = self.gcp_credential.known().map(Credential::secret);
        aws.into_iter().chain(gcp).chain(self.azure_credential.known().map(Credential::secret))
    }

    /// The credentials with the secret from state; `None` if it was write-only and is not known any more.
    fn kept_credential(&self) -> Option<WireCredential<'_>> {
        self.credential().filter(WireCredential::is_complete)
    }

    fn body<'m>(&'m self, is_enabled: bool, credential: Option<WireCredential<'m>>) -> wire::BucketBody<'m> {
        let (kind, bucket_name) = (self.kind.as_str(), self.bucket_name.as_str());
        wire::BucketBody { kind, bucket_name, is_enabled, created_by: self.created_by.as_str(), credential }
    }

    /// This planned bucket with the write-only secrets of the configuration. Everything else comes from the plan, since
    /// `ignore_changes` affects the plan alone.
    fn with_write_only(&self, config: &Self) -> Self {
        let mut bucket = self.clone();
        Credential::add_write_only(&mut bucket.aws_credential, &config.aws_credential);
        Credential::add_write_only(&mut bucket.gcp_credential, &config.gcp_credential);
        Credential::add_write_only(&mut bucket.azure_credential, &config.azure_credential);
        bucket
    }

    /// This bucket with the values of a response. Secrets and masked values stay as they are.
    fn with(mut self, row: wire::Bucket) -> Self {
        self.id = row.id.into();
        self.tenant_id = row.tenant_id.into();
        self.community_id = row.community_id.into();
        self.kind = row.kind.into();
        self.bucket_name = row.bucket_name.into();
        self.is_enabled = row.is_enabled.into();
        self.created_by = row.created_by.0.into();
        self.created_ts = row.created_ts.0.into();
        // A response may have empty credentials of another type.
        let (aws, gcp, azure) = match self.kind.as_str() {
            Some("aws") => (row.aws_credential, None, None),
            Some("gcp") => (None, row.gcp_credential, None),
            Some("azure") => (None, None, row.azure_credential),
            _ => (None, None, None),
        };
        self.aws_credential = Credential::merged(&self.aws_credential, aws);
        self.gcp_credential = Credential::merged(&self.gcp_credential, gcp);
        self.azure_credential = Credential::merged(&self.azure_credential, azure);
        self
    }
}

#[async_trait]
impl Resource for Bucket {
    type Client = Client;
    type Model = BucketModel;

    const NAME: &'static str = "onekosmos_bucket";

    const NATURAL_KEY: &'static [&'static str] = &[];

    const IS_SINGLETON: bool = true;

    const MOVES_FROM: &'static [&'static str] = &["/bucket/tenant/{tenant_id}/community/{community_id}"];

    fn schema(&self) -> Schema {
        let given = |name: &str, what: &str| Attribute::string(name).computed().use_state_for_unknown().describe(what);
        let mut attributes = vec![
            given("id", "The id that 1Kosmos gave the bucket."),
            given("tenant_id", "The tenant that the bucket belongs to."),
            given("community_id", "The community that the bucket belongs to."),
            Attribute::string("type").required().rule(Rule::OneOf(TYPES)).describe("Whose storage the bucket is."),
            Attribute::string("bucket_name")
                .required()
                .rule(Rule::Length(1, usize::MAX))
                .describe("The name of the bucket."),
            Attribute::bool("is_enabled").default(true).describe("Whether 1Kosmos uses the bucket.").effect(
                Effect::stricter(
                    "the images of verifications are kept",
                    "the images of verifications are no longer kept",
                ),
            ),
            Attribute::string("created_by")
                .default("terraform")
                .rule(Rule::Length(1, usize::MAX))
                .describe("Who set the bucket up, as the admin console shows it."),
            given("created_ts", "When the bucket was set up, as the vendor writes it."),
        ];
        attributes.extend(bucket_credentials::attributes());
        attributes.push(singleton::disable_or_forget(BUCKET));
        Schema::new(
            "The storage bucket in which a 1Kosmos community keeps the images of verifications. A community has one. Secrets are sent \
             and never read back, so a change of them outside of Terraform is not detected. Needs a license of level `system` or `service`.",
            attributes,
        )
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        super::community().into_iter().chain([super::deployment()]).collect()
    }

    fn validate(&self, config: &BucketModel, diagnostics: &mut Diagnostics) {
        one_credential(config, diagnostics);
        for part in config.secrets() {
            let path = Path::to(part.credential);
            secret::check(part.name, part.plain, part.write_only, part.version, &path, diagnostics);
        }
    }

    fn plan(&self, planning: &mut Planning<BucketModel>) -> Result<(), Diagnostics> {
        if planning.prior.as_ref() == Some(&planning.plan) {
            return Ok(());
        }
        let name = planning.plan.bucket_name.as_str().unwrap_or_default();
        let missing = planning.config.secrets().filter(|part| part.plain.is_null() && part.write_only.is_null());
        let missing = missing.map(|part| secret::missing(part.name, &Path::to(part.credential), BUCKET, name));
        planning.apply_errors.append(missing.collect());
        Ok(())
    }

    /// A community has one bucket.
    fn claim(&self, plan: &BucketModel) -> Option<Claim> {
        Some(singleton::claim_of(BUCKET, plan.bucket_name.as_str().map(str::to_owned), BUCKET.to_owned()))
    }

    async fn preview(&self, client: &Client, planning: &Planning<BucketModel>) -> Diagnostics {
        let name = planning.plan.bucket_name.as_str().map(str::to_owned);
        let there = match client.bucket::<wire::Bucket>(CachePolicy::UseCached).await {
            Ok(None) => return Diagnostics::new(),
            Ok(Some(there)) => there,
            Err(unread) => return singleton::not_previewed("1Kosmos", BUCKET, name, &unread.into()).into(),
        };
        // A value that is not known yet may turn out to be that of the bucket.
        let is_known = planning.plan.kind.known().is_some() && planning.plan.bucket_name.known().is_some();
        if is_known && is_another(&there, &planning.plan) {
            return exists(client, &there).await;
        }
        overwrites(there, &planning.plan).unwrap_or_else(|mistake| mistake)
    }

    fn plan_destroy(&self, prior: &BucketModel, _: &Private) -> Diagnostics {
        let name = prior.bucket_name.as_str().unwrap_or_default();
        let (verb, detail) = if prior.on_destroy.as_str() == Some("forget") {
            let detail = "1Kosmos cannot delete a bucket. With `on_destroy = \"forget\"` Terraform stops managing it, and the community \
                          keeps using it.";
            ("Destroy forgets", detail)
        } else {
            let detail = if prior.kept_credential().is_some() {
                "1Kosmos cannot delete a bucket. With `on_destroy = \"disable\"` the destroy switches it off; its settings stay, and \
                 its content does not change."
            } else {
                "1Kosmos cannot delete a bucket. With `on_destroy = \"disable\"` the destroy switches it off; its content does \
                 not change. The write-only secret is not known any more, so the request has no credentials, and 1Kosmos may drop them."
            };
            ("Destroy disables", detail)
        };
        let summary = singleton::summary(verb, BUCKET, Some(name.to_owned()), "");
        Diagnostic::warning(summary, format!("{detail} The bucket is `{name}`.")).into()
    }

    async fn create(
        &self,
        client: &Client,
        plan: BucketModel,
        ctx: &mut Context<BucketModel>,
    ) -> Result<BucketModel, Diagnostics> {
        let config = ctx.config.clone().unwrap_or_default();
        let mut adoption = client.adoptions.lock(BUCKET).await;
        if let Some(there) = client.bucket::<wire::Bucket>(CachePolicy::Refresh).await?
            && is_another(&there, &plan)
        {
            return Err(exists(client, &there).await);
        }
        let with_secrets = plan.with_write_only(&config);
        let body = plan.body(plan.is_enabled == Attr::Known(true), with_secrets.credential());
        let row = client.put_bucket::<wire::Bucket>(body).await?;
        adoption.adopt();
        Ok(plan.with(row))
    }

    async fn read(
        &self,
        client: &Client,
        state: BucketModel,
        ctx: &mut Context<BucketModel>,
    ) -> Result<Option<BucketModel>, Diagnostics> {
        let row = client.bucket::<wire::Bucket>(CachePolicy::UseCached).await?;
        if row.is_none() {
            ctx.warn(
                singleton::summary("The bucket", "", state.bucket_name.as_str().map(str::to_owned), "is gone"),
                "1Kosmos has no bucket for the community. It was removed outside of Terraform and is planned for creation. To \
                 stop managing it instead, remove the resource and run `terraform apply`.",
            );
        }
        Ok(row.map(|row| state.with(row)))
    }

    async fn update(
        &self,
        client: &Client,
        change: Change<BucketModel>,
        ctx: &mut Context<BucketModel>,
    ) -> Result<BucketModel, Diagnostics> {
        let config = ctx.config.clone().unwrap_or_default();
        let with_secrets = change.plan.with_write_only(&config);
        let body = change.plan.body(change.plan.is_enabled == Attr::Known(true), with_secrets.credential());
        let row = client.put_bucket::<wire::Bucket>(body).await?;
        Ok(change.plan.with(row))
    }

    async fn delete(
        &self,
        client: &Client,
        state: BucketModel,
        ctx: &mut Context<BucketModel>,
    ) -> Result<(), Diagnostics> {
        let adoption = client.adoptions.lock(BUCKET).await;
        if adoption.is_adopted() {
            warn_adopted_elsewhere(ctx, BUCKET, state.bucket_name.as_str().map(str::to_owned));
            return Ok(());
        }
        if state.on_destroy.as_str() == Some("forget")
            || client.bucket::<wire::Bucket>(CachePolicy::Refresh).await?.is_none()
        {
            return Ok(());
        }
        // The vendor documents credentials as optional, and a write-only secret is not known any more.
        client.put_bucket::<wire::Bucket>(state.body(false, state.kept_credential())).await.map(drop).map_err(|error| {
            error
                .with_hint("If the vendor requires the credentials to switch the bucket off, set `is_enabled = false` and apply, then \
                            `on_destroy = \"forget\"`, and destroy again.")
                .into()
        })
    }

    fn import(&self, id: &str) -> Result<BucketModel, Diagnostics> {
        let parts = import_id::split(id);
        let (tenant_id, community_id) = match &parts[..] {
            [this] if this == "this" => (Attr::Null, Attr::Null),
            [tenant_id, community_id] if !tenant_id.is_empty() && !community_id.is_empty() => {
                (tenant_id.as_str().into(), community_id.as_str().into())
            }
            _ => {
                let forms = "`TENANT_ID/COMMUNITY_ID`, or `this` for the community that the provider is configured for";
                return Err(import_id::wrong_parts(Self::NAME, id, forms));
            }
        };
        Ok(BucketModel { tenant_id, community_id, ..BucketModel::default() })
    }

    fn move_from(&self, object: RestObject) -> Result<BucketModel, Diagnostics> {
        let row = wire::Bucket::deserialize(serde_json::Value::Object(object.fields)).map_err(|error| {
            let detail = format!(
                "The state of the other provider does not match the vendor's documentation of the bucket: {error}. Remove the old \
                 resource from state with `terraform state rm`, and import the bucket."
            );
            Diagnostic::error("The state to move cannot be read", detail)
        })?;
        let place = |name| object.placeholders.get(name).cloned().into();
        let mut model = BucketModel::default().with(row);
        (model.tenant_id, model.community_id) = (place("tenant_id"), place("community_id"));
        Ok(model)
    }

    async fn reach(&self, client: &Client, _: &Value, period: &Period) -> Result<Reach, Diagnostics> {
        session_list::reach(client, SessionQuery::default(), period, "ran in the community".to_owned()).await
    }

    fn import_id(&self, state: &BucketModel) -> String {
        match (state.tenant_id.as_str(), state.community_id.as_str()) {
            (Some(tenant_id), Some(community_id)) => import_id::join([tenant_id, community_id]),
            _ => "this".to_owned(),
        }
    }
}

#[async_trait]
impl Listable for Bucket {
    fn filters(&self) -> Schema {
        Schema::new("The storage bucket of the configured community, if it has one.", Vec::new())
    }

    async fn list(&self, client: &Client, _: Value, sink: &mut ListSink<BucketModel>) -> Result<(), Diagnostics> {
        if let Some(row) = client.bucket::<wire::Bucket>(CachePolicy::UseCached).await? {
            let name = row.bucket_name.clone().unwrap_or_else(|| "bucket".to_owned());
            sink.push(name, BucketModel::default().with(row)).await;
        }
        Ok(())
    }
}

/// Checks that exactly the credentials of the bucket's type are set.
fn one_credential(config: &BucketModel, diagnostics: &mut Diagnostics) {
    let Some(kind) = config.kind.as_str() else { return };
    let (aws, gcp, azure) = (&config.aws_credential, &config.gcp_credential, &config.azure_credential);
    let credentials = [
        ("aws", aws.is_null(), aws.known().is_some()),
        ("gcp", gcp.is_null(), gcp.known().is_some()),
        ("azure", azure.is_null(), azure.known().is_some()),
    ];
    for (name, left_out, given) in credentials {
        let attribute = format!("{name}_credential");
        if name == kind && left_out {
            let detail = format!("`type` is `{kind}`, so the bucket needs `{attribute} = {{ ... }}`.");
            diagnostics.error(Path::to(&attribute), format!("`{attribute}` is missing"), detail);
        }
        if name != kind && given {
            let detail = format!("`type` is `{kind}`. Remove `{attribute}`, or set `type = \"{name}\"`.");
            diagnostics.error(Path::to(&attribute), format!("`{attribute}` conflicts with `type`"), detail);
        }
    }
}

/// Whether the community uses a bucket that is not the planned one.
fn is_another(there: &wire::Bucket, plan: &BucketModel) -> bool {
    let is_same =
        there.kind.as_deref() == plan.kind.as_str() && there.bucket_name.as_deref() == plan.bucket_name.as_str();
    there.is_enabled == Some(true) && !is_same
}

/// The warning of a create that changes the settings of the bucket that is there.
fn overwrites(there: wire::Bucket, plan: &BucketModel) -> Result<Diagnostics, Diagnostics> {
    let found = BucketModel::default().with(there);
    let name = found.bucket_name.as_str().unwrap_or("?").to_owned();
    let (today, planned) = (model::encode(&found)?, model::encode(plan)?);
    let mut changes = singleton::Changes::default();
    for name in ["type", "bucket_name", "is_enabled", "created_by"] {
        changes.compare(name, today.get(name), planned.get(name));
    }
    for credential in bucket_credentials::attributes() {
        bucket_credentials::compare(&credential, &today, &planned, &mut changes);
    }
    let detail = format!(
        "The community has the bucket `{name}` already. The create adopts it and changes its settings:\n\n{}\nIts content does not \
         change. The present settings cannot be restored: 1Kosmos does not show the secret.",
        changes.table()
    );
    Ok(Diagnostic::warning(singleton::summary("Overwrites", BUCKET, Some(name), ""), detail).into())
}

async fn exists(client: &Client, there: &wire::Bucket) -> Diagnostics {
    let id = match client.community().await {
        Ok(community) => format!("{}/{}", community.tenant_id, community.community_id),
        Err(_) => "this".to_owned(),
    };
    let detail = format!(
        "The community stores its images in the bucket `{}` already, and a create would replace its settings. Nothing was changed. To \
         manage it, add this block beside the resource and apply again:\n\nimport {{\n  to = idv_onekosmos_bucket.NAME\n  id = \"{id}\"\n}}",
        there.bucket_name.as_deref().unwrap_or("?")
    );
    let summary = singleton::summary("The community has a bucket:", "", there.bucket_name.clone(), "");
    Diagnostic::error(summary, detail).into()
}

pub(super) mod wire {
    //! The bucket of the "Buckets" group. The vendor documents two types for `createdBy`, and none for times.

    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::WireCredential;
    use super::bucket_credentials::{FoundAws, FoundAzure, FoundGcp};
    use crate::vendors::shared::loose::LooseText;

    /// What a write sends.
    #[derive(Serialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub(in super::super) struct BucketBody<'m> {
        #[serde(rename = "type")]
        pub(in super::super) kind: Option<&'m str>,
        pub(in super::super) bucket_name: Option<&'m str>,
        pub(in super::super) is_enabled: bool,
        pub(in super::super) created_by: Option<&'m str>,
        /// Under the name of its type; left out where it is not known any more.
        #[serde(flatten)]
        pub(in super::super) credential: Option<WireCredential<'m>>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub(in super::super) struct Bucket {
        #[serde(rename = "_id")]
        pub(in super::super) id: Option<String>,
        pub(in super::super) tenant_id: Option<String>,
        pub(in super::super) community_id: Option<String>,
        #[serde(rename = "type")]
        pub(in super::super) kind: Option<String>,
        pub(in super::super) bucket_name: Option<String>,
        pub(in super::super) is_enabled: Option<bool>,
        #[serde(default)]
        pub(in super::super) created_by: LooseText,
        #[serde(default, rename = "createdTS")]
        pub(in super::super) created_ts: LooseText,
        #[serde(default, rename = "updatedTS")]
        pub(in super::super) updated_ts: LooseText,
        #[serde(rename = "aws_credential")]
        #[schemars(extend("x-may-be-absent" = true))]
        pub(in super::super) aws_credential: Option<FoundAws>,
        #[serde(rename = "gcp_credential")]
        #[schemars(extend("x-may-be-absent" = true))]
        pub(in super::super) gcp_credential: Option<FoundGcp>,
        #[serde(rename = "azure_credential")]
        #[schemars(extend("x-may-be-absent" = true))]
        pub(in super::super) azure_credential: Option<FoundAzure>,
    }
}
