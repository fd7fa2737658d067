//! A vendor whose objects fail in the way that their name says.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use crate::framework::action::Progress;
use crate::framework::ephemeral::Opening;
use crate::framework::health::{CheckResult, HealthCheck};
use crate::framework::identity::{self, IdentityAttribute, TenantIdentity};
use crate::framework::list::ListSink;
use crate::framework::provider::{AnyClient, Common, Registration};
use crate::framework::{
    Action, Attribute, Change, Client, Context, DataSource, Diagnostic, Diagnostics, Ephemeral, Listable, Private,
    Resource, Schema, Type, Value, Vendor,
};

pub(super) static VENDOR: AcmeVendor = AcmeVendor;

/// The client, which records what was closed and what ended.
#[derive(Default)]
pub(super) struct Acme(Mutex<Vec<String>>);

impl Acme {
    pub(super) fn closed(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl HealthCheck for Acme {
    async fn check_health(&self) -> Vec<CheckResult> {
        Vec::new()
    }
}

impl Client for Acme {
    const VENDOR: &'static str = "acme";

    fn tenant_identity(&self) -> TenantIdentity {
        [("base_url", "https://acme.test".to_owned())].into()
    }
}

pub(super) struct AcmeVendor;

impl Vendor for AcmeVendor {
    fn name(&self) -> &'static str {
        "acme"
    }

    fn title(&self) -> &'static str {
        "Acme"
    }

    fn description(&self) -> &'static str {
        "A vendor."
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![Attribute::string("token").optional().sensitive()]
    }

    fn connect(&self, _: Value, _: &Common) -> Result<AnyClient, Diagnostics> {
        Ok(Arc::new(Acme::default()))
    }

    fn objects(&self) -> Vec<Registration> {
        vec![
            Registration::listable(Thing),
            Registration::data_source(Fact),
            Registration::ephemeral(Key),
            Registration::action(Shout),
        ]
    }
}

/// An object that fails in the way that its name says.
#[derive(Clone, Copy)]
struct Thing;

pub(super) fn schema() -> Schema {
    Schema::new(
        "A thing.",
        vec![
            Attribute::string("id").computed().use_state_for_unknown(),
            Attribute::string("name").required().requires_replace(),
            Attribute::string("caption").optional().deprecated("Use `name` instead."),
            Attribute::number("size").optional(),
            Attribute::of("tags", Type::set(Type::String)).optional(),
            Attribute::objects("parts", vec![Attribute::string("label").required()]).optional(),
            Attribute::string("password_wo").optional().write_only(),
        ],
    )
}

pub(super) fn identity() -> Vec<IdentityAttribute> {
    vec![identity::required("id", "The id."), identity::optional("base_url", "The address.")]
}

fn with(mut value: Value, name: &str, to: impl Into<Value>) -> Value {
    if let Value::Map(entries) = &mut value {
        entries.insert(name.to_owned(), to.into());
    }
    value
}

fn failed() -> Diagnostics {
    Diagnostic::error("It failed", "As it was told to.").into()
}

/// The result of a write that has changed the object.
fn end(made: Value, ctx: &mut Context<Value>) -> Result<Value, Diagnostics> {
    ctx.private.set("kept", &true).unwrap();
    match made.get("name").as_str() {
        Some("surprises") => Ok(with(made, "surprise", true)),
        Some("tells a secret") => Ok(with(made, "password_wo", "hush")),
        Some("tells nothing") => Ok(with(made, "id", Value::Unknown)),
        Some("forgets a part") => Ok(with(made, "parts", Value::List(Vec::new()))),
        Some("panics") => {
            ctx.save(&made);
            panic!("as it was told to");
        }
        Some("fails") => {
            ctx.save(&with(made, "size", "large"));
            Err(failed())
        }
        _ => Ok(made),
    }
}

#[async_trait]
impl Resource for Thing {
    type Client = Acme;
    type Model = Value;
    const NAME: &'static str = "acme_thing";

    const NATURAL_KEY: &'static [&'static str] = &["name"];

    fn schema(&self) -> Schema {
        schema()
    }

    fn identity(&self) -> Vec<IdentityAttribute> {
        identity()
    }

    async fn create(&self, _: &Acme, plan: Value, ctx: &mut Context<Value>) -> Result<Value, Diagnostics> {
        end(with(plan, "id", "42"), ctx)
    }

    async fn read(&self, _: &Acme, state: Value, ctx: &mut Context<Value>) -> Result<Option<Value>, Diagnostics> {
        end(state, ctx).map(Some)
    }

    async fn update(&self, _: &Acme, change: Change<Value>, ctx: &mut Context<Value>) -> Result<Value, Diagnostics> {
        end(change.plan, ctx)
    }

    async fn delete(&self, _: &Acme, state: Value, ctx: &mut Context<Value>) -> Result<(), Diagnostics> {
        end(state, ctx).map(drop)
    }

    fn import(&self, id: &str) -> Result<Value, Diagnostics> {
        Ok(with(Value::Map(schema().empty()), "id", id))
    }

    fn import_id(&self, state: &Value) -> String {
        state.get("id").as_str().unwrap_or_default().to_owned()
    }
}

#[async_trait]
impl Listable for Thing {
    fn filters(&self) -> Schema {
        Schema::new("Filters.", vec![Attribute::string("then").optional()])
    }

    async fn list(&self, client: &Acme, filter: Value, sink: &mut ListSink<Value>) -> Result<(), Diagnostics> {
        if filter.get("then").as_str() == Some("go on") {
            let _ended = Ended(client);
            loop {
                sink.push("1", self.import("1")?).await;
            }
        }
        for id in ["1", "2", "3"] {
            sink.push(id, self.import(id)?).await;
        }
        client.0.lock().unwrap().push("the next page".to_owned());
        assert!(filter.get("then").is_null(), "as it was told to");
        Ok(())
    }
}

/// Records when a list ends, or is dropped.
struct Ended<'c>(&'c Acme);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.0.lock().unwrap().push("the list".to_owned());
    }
}

/// A data source, which is deprecated.
struct Fact;

#[async_trait]
impl DataSource for Fact {
    type Client = Acme;
    type Model = Value;
    const NAME: &'static str = "acme_fact";

    fn schema(&self) -> Schema {
        Schema::new("A fact.", vec![Attribute::string("name").required()]).deprecated("Use `idv_acme_thing` instead.")
    }

    async fn read(&self, _: &Acme, config: Value, _: &mut Diagnostics) -> Result<Value, Diagnostics> {
        Ok(config)
    }
}

/// An ephemeral resource.
struct Key;

#[async_trait]
impl Ephemeral for Key {
    type Client = Acme;
    type Model = Value;
    const NAME: &'static str = "acme_key";

    fn schema(&self) -> Schema {
        Schema::new(
            "A key.",
            vec![Attribute::string("name").required(), Attribute::string("value").computed().sensitive()],
        )
    }

    async fn open(&self, _: &Acme, config: Value, opening: &mut Opening) -> Result<Value, Diagnostics> {
        let name = config.get("name").as_str().unwrap_or_default().to_owned();
        opening.private.set("name", &name).unwrap();
        match name.as_str() {
            "fails" => Err(failed()),
            "panics" => panic!("as it was told to"),
            "surprises" => Ok(with(config, "surprise", true)),
            "tells nothing" => Ok(with(config, "value", Value::Unknown)),
            _ => {
                opening.renew_at = Some(jiff::Timestamp::UNIX_EPOCH);
                Ok(with(config, "value", "hush"))
            }
        }
    }

    async fn renew(&self, _: &Acme, private: &mut Private) -> Result<Option<jiff::Timestamp>, Diagnostics> {
        private.set("renewed", &true).unwrap();
        if private.get::<String>("name").as_deref() == Some("expires") {
            let warning = Diagnostic::warning("It expires", "As it was told to.");
            return Err([warning].into_iter().chain(failed()).collect());
        }
        Ok(None)
    }

    async fn close(&self, client: &Acme, private: &Private) -> Result<(), Diagnostics> {
        client.0.lock().unwrap().push(private.get("name").unwrap());
        Ok(())
    }
}

/// An action.
struct Shout;

#[async_trait]
impl Action for Shout {
    type Client = Acme;
    type Model = Value;
    const NAME: &'static str = "acme_shout";

    fn schema(&self) -> Schema {
        Schema::new("A shout.", vec![Attribute::string("word").required()])
    }

    fn plan(&self, _: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    async fn invoke(&self, _: &Acme, config: Value, progress: &Progress) -> Result<(), Diagnostics> {
        progress.say("Shouting.");
        assert_eq!(config.get("word").as_str(), Some("hello"), "as it was told to");
        if crate::framework::panics::catches_panics() { Ok(()) } else { Err(failed()) }
    }
}
