//! The calls about the project as a whole: its requirements and its usage.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::client::{Api, Client, Publishable, enveloped};
use super::requirements::RequirementsFields;
use super::usage;
use crate::http::{Error, Method};
use crate::openapi::Call;
use crate::vendors::shared::route::Route;

const CHECK_V1: Route = Route::new(Method::POST, "/requirements/check");
const CHECK: Route = Route::new(Method::GET, "/requirements/check");
const USAGE: Route = Route::new(Method::GET, "/usage");

/// The calls of a generation about the project.
pub(super) fn calls(api: Api) -> Vec<Call> {
    match api {
        Api::V1 => vec![
            CHECK_V1.call().sends::<CheckRequirements<'_>>().reads::<RequirementsFields>(),
            USAGE.call().sends::<Between<'_>>().reads::<usage::wire::Usage>(),
        ],
        Api::VerifyV1 => vec![enveloped::<RequirementsFields>(CHECK.call().sends::<OfUser<'_>>())],
    }
}

/// The body of `POST /v1/requirements/check`.
#[derive(Serialize, JsonSchema)]
struct CheckRequirements<'b> {
    api_key: &'b str,
}

#[derive(Serialize, JsonSchema)]
struct OfUser<'q> {
    user_id: Option<&'q str>,
}

#[derive(Serialize, JsonSchema)]
struct Between<'q> {
    start_date: Option<&'q str>,
    end_date: Option<&'q str>,
}

impl Client {
    /// Reads the requirements of the project with the publishable key. Only `verify/v1` takes a `user_id`.
    pub(super) async fn requirements(&self, user_id: Option<&str>) -> Result<Json, Error> {
        let operation = "checking the requirements";
        let request = match self.api() {
            Api::V1 => {
                let body = CheckRequirements { api_key: self.publishable_key()?.expose() };
                // The page has the key in the body, and says that every request carries it as a bearer token.
                self.http.request(CHECK_V1.method, CHECK_V1.path).json(&body).read_only().extension(Publishable)
            }
            Api::VerifyV1 => {
                let request = self.http.request(CHECK.method, CHECK.path);
                request.query(&OfUser { user_id }).extension(Publishable)
            }
        };
        self.read_public(request.operation(operation)).await
    }

    /// Reads the usage of the project in a period. Only `v1` has this call.
    pub(super) async fn usage<T: DeserializeOwned>(
        &self,
        start_date: Option<&str>,
        end_date: Option<&str>,
    ) -> Result<T, Error> {
        let operation = "reading the usage";
        self.only(Api::V1, operation)?;
        let period = Between { start_date, end_date };
        self.read(self.http.request(USAGE.method, USAGE.path).operation(operation).query(&period).shared("usage")).await
    }
}
