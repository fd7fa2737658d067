//! `idv_fiven_user_counts`: how many users an institution has, by their statuses. Only `institutions` has a list of users.
//!
//! A user is a person with a name and an e-mail address. [`Row`] is the list of the fields that are read; everything else is
//! dropped when a response is decoded. The rows are counted page by page and not kept.

use std::collections::BTreeMap;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::client::{Api, Client};
use super::errors::with_hints;
use super::wire;
use crate::framework::{Attr, Attribute, DataSource, Diagnostic, Diagnostics, Schema, Type};
use crate::http::{CachePolicy, Error, Method, Page, PageRequest, PageSource, Pages};
use crate::openapi::Call;
use crate::vendors::shared::counts::Counts;
use crate::vendors::shared::loose::{self, LooseText};
use crate::vendors::shared::route::Route;

const USERS: Route = Route::new(Method::GET, "/api/v1/institutions/me/users");

/// The call that lists users, which only `institutions` has.
pub(super) fn calls(api: Api) -> Vec<Call> {
    let users = || USERS.optional_call().sends::<wire::PageQuery>().reads::<wire::Items<Row>>().with_content("items");
    if api == Api::Institutions { vec![users()] } else { Vec::new() }
}

/// The rows that are requested for a page: the most that the vendor allows for credentials.
const PAGE: usize = 100;

/// The data source.
pub(super) struct UserCounts;

/// The attributes of the data source.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct UserCountsModel {
    total: Attr<u64>,
    by_status: Attr<BTreeMap<String, Attr<u64>>>,
    by_kyc_status: Attr<BTreeMap<String, Attr<u64>>>,
    by_request_status: Attr<BTreeMap<String, Attr<u64>>>,
    by_provider: Attr<BTreeMap<String, Attr<u64>>>,
}

/// What is read of a user. `id` tells the rows of two pages apart and goes nowhere.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    status: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    kyc_status: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    req_status: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    kyc_provider: Option<String>,
}

#[async_trait]
impl DataSource for UserCounts {
    type Client = Client;
    type Model = UserCountsModel;

    const NAME: &'static str = "fiven_user_counts";

    fn schema(&self) -> Schema {
        let counts = |name: &str, what: &str| Attribute::of(name, Type::map(Type::Number)).computed().describe(what);
        Schema::new(
            "Counts the users of the institution, such as those whose credentials were requested and not granted yet. Only counts are \
             kept: no user is in plan, state or log. Needs `api = \"institutions\"`. The counts change with every user, so nothing \
             stable should depend on them.",
            vec![
                Attribute::number("total").computed().describe("The number of users."),
                counts("by_status", "The number of users by their status, as 5N ID writes it."),
                counts("by_kyc_status", "The number of users by the status of their verification, such as `APPROVED`."),
                counts("by_request_status", "The number of users by the status of the request for their credentials."),
                counts("by_provider", "The number of users by the provider that verified them."),
            ],
        )
    }

    async fn read(
        &self,
        client: &Client,
        _: UserCountsModel,
        _: &mut Diagnostics,
    ) -> Result<UserCountsModel, Diagnostics> {
        if client.api() == Api::V1 {
            let detail = "The API `v1` of 5N ID has no list of users. Set `api = \"institutions\"` in `fiven = { ... }` of the provider \
                          block, or IDV_FIVEN_API.";
            return Err(Diagnostic::error("Users need `api = \"institutions\"`", detail).into());
        }
        let mut pages = Pages::new(UserPages(client), CachePolicy::UseCached);
        let (mut total, [mut status, mut kyc, mut request, mut provider]) = (0, <[Counts; 4]>::default());
        while let Some(rows) = pages.next().await? {
            for row in rows {
                total += 1;
                status.add(row.status);
                kyc.add(row.kyc_status);
                request.add(row.req_status);
                provider.add(row.kyc_provider);
            }
        }
        Ok(UserCountsModel {
            total: Attr::Known(total),
            by_status: status.into(),
            by_kyc_status: kyc.into(),
            by_request_status: request.into(),
            by_provider: provider.into(),
        })
    }
}

/// Requests the pages of the users.
struct UserPages<'c>(&'c Client);

#[async_trait]
impl PageSource for UserPages<'_> {
    type Row = Row;

    fn noun(&self) -> &'static str {
        "users"
    }

    fn key(&self, row: &Row) -> String {
        row.id.clone()
    }

    async fn page(&self, at: &PageRequest) -> Result<Page<Row>, Error> {
        let request = self.0.http.request(USERS.method, USERS.path).operation("counting the users").page(at);
        with_hints(async {
            let response = request
                .query(&wire::PageQuery { offset: at.offset, limit: self.0.http.page_size(PAGE) })
                .send()
                .await?;
            let page = response.json::<wire::Items<Row>>()?;
            Ok(Page::new(page.items, response).with_total(page.pagination.total))
        })
        .await
    }
}
