//! A second vendor, with one object that does nothing special.

use std::sync::Arc;

use async_trait::async_trait;

use crate::framework::health::{CheckResult, HealthCheck};
use crate::framework::identity::{self, IdentityAttribute, TenantIdentity};
use crate::framework::provider::{AnyClient, Common, Registration};
use crate::framework::{Attribute, Client, Context, Diagnostics, Resource, Schema, Value, Vendor};

pub(super) static VENDOR: BoltVendor = BoltVendor;

pub(super) struct BoltVendor;

struct Bolt;

#[async_trait]
impl HealthCheck for Bolt {
    async fn check_health(&self) -> Vec<CheckResult> {
        Vec::new()
    }
}

impl Client for Bolt {
    const VENDOR: &'static str = "bolt";

    fn tenant_identity(&self) -> TenantIdentity {
        TenantIdentity::new()
    }
}

impl Vendor for BoltVendor {
    fn name(&self) -> &'static str {
        "bolt"
    }

    fn title(&self) -> &'static str {
        "Bolt"
    }

    fn description(&self) -> &'static str {
        "Another vendor."
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![Attribute::string("token").optional().sensitive()]
    }

    fn connect(&self, _: Value, _: &Common) -> Result<AnyClient, Diagnostics> {
        Ok(Arc::new(Bolt))
    }

    fn objects(&self) -> Vec<Registration> {
        vec![Registration::resource(Nut)]
    }
}

#[derive(Clone, Copy)]
struct Nut;

pub(super) fn schema() -> Schema {
    Schema::new("A nut.", vec![Attribute::string("id").computed(), Attribute::string("name").required()])
}

#[async_trait]
impl Resource for Nut {
    type Client = Bolt;
    type Model = Value;
    const NAME: &'static str = "bolt_nut";

    const NATURAL_KEY: &'static [&'static str] = &["name"];

    fn schema(&self) -> Schema {
        schema()
    }

    fn identity(&self) -> Vec<IdentityAttribute> {
        vec![identity::required("id", "The id.")]
    }

    async fn create(&self, _: &Bolt, plan: Value, _: &mut Context<Value>) -> Result<Value, Diagnostics> {
        Ok(plan)
    }

    async fn read(&self, _: &Bolt, state: Value, _: &mut Context<Value>) -> Result<Option<Value>, Diagnostics> {
        Ok(Some(state))
    }

    async fn delete(&self, _: &Bolt, _: Value, _: &mut Context<Value>) -> Result<(), Diagnostics> {
        Ok(())
    }

    fn import(&self, _: &str) -> Result<Value, Diagnostics> {
        Ok(Value::Map(schema().empty()))
    }

    fn import_id(&self, _: &Value) -> String {
        String::new()
    }
}
