//! `idv_onekosmos_bucket` as a data source: the bucket of a community, without its credentials.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::bucket::wire;
use super::client::Client;
use crate::framework::{Attr, Attribute, DataSource, Diagnostics, Schema};
use crate::http::CachePolicy;

/// The bucket, without credentials.
pub(super) struct BucketData;

/// The attributes of the data source.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct BucketDataModel {
    id: Attr<String>,
    tenant_id: Attr<String>,
    community_id: Attr<String>,
    #[serde(rename = "type")]
    kind: Attr<String>,
    bucket_name: Attr<String>,
    is_enabled: Attr<bool>,
    created_by: Attr<String>,
    created_ts: Attr<String>,
    updated_ts: Attr<String>,
}

#[async_trait]
impl DataSource for BucketData {
    type Client = Client;
    type Model = BucketDataModel;

    const NAME: &'static str = "onekosmos_bucket";

    fn schema(&self) -> Schema {
        let column = |name: &str, what: &str| Attribute::string(name).computed().describe(what);
        Schema::new(
            "The storage bucket of the configured community, without its credentials. Every attribute is null if the community has \
             none.",
            vec![
                column("id", "The id of the bucket."),
                column("tenant_id", "The tenant that the bucket belongs to."),
                column("community_id", "The community that the bucket belongs to."),
                column("type", "Whose storage the bucket is: `aws`, `gcp` or `azure`."),
                column("bucket_name", "The name of the bucket."),
                Attribute::bool("is_enabled").computed().describe("Whether 1Kosmos uses the bucket."),
                column("created_by", "Who set the bucket up."),
                column("created_ts", "When the bucket was set up, as the vendor writes it."),
                column("updated_ts", "When the bucket was changed last, as the vendor writes it."),
            ],
        )
    }

    async fn read(
        &self,
        client: &Client,
        _: BucketDataModel,
        _: &mut Diagnostics,
    ) -> Result<BucketDataModel, Diagnostics> {
        let Some(row) = client.bucket::<wire::Bucket>(CachePolicy::UseCached).await? else {
            return Ok(BucketDataModel::default());
        };
        Ok(BucketDataModel {
            id: row.id.into(),
            tenant_id: row.tenant_id.into(),
            community_id: row.community_id.into(),
            kind: row.kind.into(),
            bucket_name: row.bucket_name.into(),
            is_enabled: row.is_enabled.into(),
            created_by: row.created_by.0.into(),
            created_ts: row.created_ts.0.into(),
            updated_ts: row.updated_ts.0.into(),
        })
    }
}
