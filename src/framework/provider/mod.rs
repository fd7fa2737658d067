//! The provider: its vendors, their configuration, and the clients that come of it.

mod clients;
mod variables;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use super::diagnostics::{Diagnostic, Diagnostics};
use super::environment::Environment;
use super::health::HealthCheck;
use super::identity::TenantIdentity;
use super::parse_import_id::ParseImportId;
use super::path::Step;
use super::schema::{Attribute, Schema};
use super::value::{self, Value};
use super::{action, check, data_source, ephemeral, function, list, resource};

pub use clients::{Clients, NothingConfigured};
pub use variables::missing;
use variables::{variable, with_variable};

/// Reads a vendor's part of the provider block. Says where it does not fit, and quotes no value: it may be a credential.
pub fn configuration<T: DeserializeOwned>(vendor: &str, config: Value) -> Result<T, Diagnostic> {
    value::from_value(config).map_err(|misfit| {
        Diagnostic::error(format!("The configuration of `{vendor}` cannot be used"), misfit.to_string())
    })
}

/// A vendor's client, found by its type.
pub trait Client: HealthCheck {
    /// The vendor's attribute in the provider block.
    const VENDOR: &'static str;

    /// Which tenant it is for, under the names that identities use.
    fn tenant_identity(&self) -> TenantIdentity;
}

/// One kind of object that a vendor offers.
pub enum Registration {
    /// A managed resource.
    Resource(Arc<dyn resource::DynResource>),
    /// A managed resource whose objects can be listed.
    Listable(Arc<dyn resource::DynResource>, Arc<dyn list::DynList>),
    /// A data source.
    DataSource(Arc<dyn data_source::DynDataSource>),
    /// An ephemeral resource.
    Ephemeral(Arc<dyn ephemeral::DynEphemeral>),
    /// An action.
    Action(Arc<dyn action::DynAction>),
    /// A function.
    Function(function::DynFunction),
}

impl Registration {
    /// A managed resource.
    pub fn resource<R: resource::Resource>(resource: R) -> Self {
        Self::Resource(resource::erase(resource))
    }

    /// A managed resource whose objects can be listed.
    pub fn listable<R: list::Listable + Copy>(resource: R) -> Self {
        Self::Listable(resource::erase(resource), list::erase(resource))
    }

    /// A data source.
    pub fn data_source<D: data_source::DataSource>(source: D) -> Self {
        Self::DataSource(data_source::erase(source))
    }

    /// An ephemeral resource.
    pub fn ephemeral<E: ephemeral::Ephemeral>(ephemeral: E) -> Self {
        Self::Ephemeral(ephemeral::erase(ephemeral))
    }

    /// An action.
    pub fn action<A: action::Action>(action: A) -> Self {
        Self::Action(action::erase(action))
    }

    /// A function.
    pub fn function<F: function::Function>(function: F) -> Self {
        Self::Function(Arc::new(function))
    }
}

/// A client of any type.
pub type AnyClient = Arc<dyn HealthCheck>;

/// What a vendor brings: its part of the provider block and its objects.
pub trait Vendor: Send + Sync {
    /// The attribute in the provider block, and the middle of each type's name: `vult`.
    fn name(&self) -> &'static str;
    /// The vendor's name as people write it: `VULT`.
    fn title(&self) -> &'static str;
    /// What the attribute configures, in full sentences.
    fn description(&self) -> &'static str;
    /// The attributes inside. `IDV_<VENDOR>_<ATTRIBUTE>` stands in for each.
    fn attributes(&self) -> Vec<Attribute>;
    /// Makes the client. `config` has every value that the block or the environment gives, all known.
    ///
    /// Reports all mistakes at once, with paths from the vendor's own object.
    fn connect(&self, config: Value, common: &Common) -> Result<AnyClient, Diagnostics>;
    /// What it offers.
    fn objects(&self) -> Vec<Registration>;
}

/// The settings that all vendors share.
#[derive(Clone, Debug)]
pub struct Common {
    /// The provider's own attributes, all known.
    pub config: Value,
    /// Such as `Terraform/1.15.5 terraform-provider-idv/0.1.0`.
    pub user_agent: String,
    /// Cancelled when Terraform asks the provider to stop: begin nothing new, finish what is under way.
    pub stop: CancellationToken,
}

/// The provider as the protocol layer serves it.
pub struct Provider {
    /// The prefix of every type: `idv`.
    pub name: &'static str,
    /// The version of the binary.
    pub version: &'static str,
    /// Managed resources by full type name.
    pub resources: BTreeMap<String, Arc<dyn resource::DynResource>>,
    /// Data sources by full type name.
    pub data_sources: BTreeMap<String, Arc<dyn data_source::DynDataSource>>,
    /// Lists by the full type name of their resource.
    pub lists: BTreeMap<String, Arc<dyn list::DynList>>,
    /// Ephemeral resources by full type name.
    pub ephemerals: BTreeMap<String, Arc<dyn ephemeral::DynEphemeral>>,
    /// Those of them that are open.
    pub open: ephemeral::OpenEphemerals,
    /// Actions by full type name.
    pub actions: BTreeMap<String, Arc<dyn action::DynAction>>,
    /// Functions by name.
    pub functions: BTreeMap<&'static str, function::DynFunction>,
    schema: Schema,
    own: Vec<Attribute>,
    vendors: Vec<&'static dyn Vendor>,
    environment: Environment,
    clients: RwLock<Arc<Clients>>,
}

impl Provider {
    /// Assembles a provider. `own` are its attributes beside those of the vendors.
    pub fn new(
        name: &'static str,
        version: &'static str,
        description: &str,
        own: Vec<Attribute>,
        vendors: Vec<&'static dyn Vendor>,
        environment: Environment,
    ) -> Self {
        let blocks = vendors.iter().map(|vendor| {
            let attributes = vendor.attributes().into_iter().map(|attribute| with_variable(vendor.name(), attribute));
            Attribute::object(vendor.name(), attributes.collect()).optional().describe(vendor.description())
        });
        let own_described = own.iter().cloned().map(|attribute| with_variable("", attribute));
        let schema = Schema::new(description, blocks.chain(own_described).collect());
        let mut provider = Self {
            name,
            version,
            resources: BTreeMap::new(),
            data_sources: BTreeMap::new(),
            lists: BTreeMap::new(),
            ephemerals: BTreeMap::new(),
            open: ephemeral::OpenEphemerals::default(),
            actions: BTreeMap::new(),
            functions: BTreeMap::new(),
            schema,
            own,
            environment,
            clients: RwLock::default(),
            vendors,
        };
        for object in provider.vendors.clone().iter().flat_map(|vendor| vendor.objects()) {
            provider.register(object);
        }
        provider.register(Registration::function(ParseImportId(provider.resources.clone())));
        provider
    }

    fn register(&mut self, object: Registration) {
        let full = |name: &str| format!("{}_{name}", self.name);
        match object {
            Registration::Resource(object) => drop(self.resources.insert(full(object.name()), object)),
            Registration::Listable(object, list) => {
                self.lists.insert(full(list.name()), list);
                self.resources.insert(full(object.name()), object);
            }
            Registration::DataSource(object) => drop(self.data_sources.insert(full(object.name()), object)),
            Registration::Ephemeral(object) => drop(self.ephemerals.insert(full(object.name()), object)),
            Registration::Action(object) => drop(self.actions.insert(full(object.name()), object)),
            Registration::Function(function) => drop(self.functions.insert(function.name(), function)),
        }
    }

    /// The schema of the provider block.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The clients of the last configuration; none before the first.
    pub fn clients(&self) -> Arc<Clients> {
        Arc::clone(&self.clients.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The vendors that there are, in the order of the provider block.
    pub fn vendors(&self) -> &[&'static dyn Vendor] {
        &self.vendors
    }

    /// The vendors that the provider has a configuration for, be it a wrong one.
    pub fn configured_vendors(&self) -> Result<Vec<&'static dyn Vendor>, NothingConfigured> {
        let clients = self.clients();
        let is_configured = |vendor: &&'static dyn Vendor| clients.configured().any(|name| name == vendor.name());
        let vendors: Vec<_> = self.vendors.iter().copied().filter(is_configured).collect();
        if vendors.is_empty() { Err(self.nothing_configured()) } else { Ok(vendors) }
    }

    /// Whether a mistake of the configuration is in the way of these vendors: theirs, or in what all of them share.
    pub fn concerns(&self, vendors: &[&str], mistake: &Diagnostic) -> bool {
        match mistake.path.steps().first() {
            Some(Step::Attribute(name)) => {
                vendors.contains(&name.as_str()) || !self.vendors.iter().any(|vendor| vendor.name() == name)
            }
            _ => true,
        }
    }

    /// The error of who needs a vendor and finds none.
    pub fn nothing_configured(&self) -> NothingConfigured {
        let names: Vec<_> = self.vendors.iter().map(|vendor| vendor.name()).collect();
        NothingConfigured { known: names.join(", ") }
    }

    /// The environment variables that are set for a vendor's attributes, in the order of the attributes.
    pub fn variables_set(&self, vendor: &dyn Vendor) -> Vec<String> {
        let variables = vendor.attributes().into_iter().map(|attribute| variable(vendor.name(), &attribute.name));
        variables.filter(|variable| self.environment.get(variable).is_some()).collect()
    }

    /// Every mistake that can be found offline in a provider block.
    pub fn validate(&self, config: &Value) -> Diagnostics {
        check::rules(&self.schema, config)
    }

    /// Makes the clients of every vendor that the block or the environment configures.
    ///
    /// A value that is unknown (at plan time) makes its vendor unusable for now, not the whole provider. `caller` is who
    /// asks, as a user agent names it: `Terraform/1.15.5`.
    pub fn configure(&self, config: &Value, caller: &str) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let own = variables::fill(&self.environment, "", &self.own, config, &mut diagnostics);
        let suffix = own.get("user_agent_suffix").as_str().map_or_else(String::new, |suffix| format!(" {suffix}"));
        let user_agent = format!("{caller} terraform-provider-{}/{}{suffix}", self.name, self.version);
        let mut clients = Clients::default();
        let common = Common { config: own.without_unknowns(), user_agent, stop: clients.stop.clone() };
        for vendor in &self.vendors {
            let block = config.get(vendor.name());
            let mut mistakes = Diagnostics::new();
            let filled = variables::fill(&self.environment, vendor.name(), &vendor.attributes(), block, &mut mistakes);
            let untouched = filled.as_map().is_none_or(|entries| entries.values().all(Value::is_null));
            if block.is_null() && untouched && mistakes.is_empty() {
                continue;
            }
            let mut client = match unknown_attribute(block, &filled) {
                Some(attribute) => Err(not_known_yet(vendor.name(), &attribute)),
                None => vendor.connect(filled, &common).inspect_err(|found| tell_once(&mut mistakes, found)),
            };
            if !mistakes.is_empty() {
                let below = |mistake: Diagnostic| {
                    let path = mistake.path.clone().within(Step::Attribute(vendor.name().to_owned()));
                    mistake.at(path)
                };
                let mistakes: Diagnostics = mistakes.into_iter().map(below).collect();
                diagnostics.append(mistakes.clone());
                client = Err(mistakes);
            }
            clients.by_vendor.insert(vendor.name(), client);
        }
        *self.clients.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(clients);
        diagnostics
    }

    /// Asks the calls under way to end soon. The next configuration starts afresh.
    pub fn stop(&self) {
        self.clients().stop.cancel();
    }

    /// Closes what is still open, at the end of the process.
    pub async fn close_ephemerals(&self) {
        self.open.close_all(&self.ephemerals, &self.clients()).await;
    }
}

/// Adds what was found: an attribute whose variable cannot be used is not told of again as missing.
fn tell_once(mistakes: &mut Diagnostics, found: &Diagnostics) {
    let told: Vec<_> = mistakes.iter().map(|mistake| mistake.path.clone()).collect();
    mistakes.append(found.iter().filter(|mistake| !told.contains(&mistake.path)).cloned().collect());
}

fn unknown_attribute(block: &Value, filled: &Value) -> Option<String> {
    if block.is_unknown() {
        return Some(String::new());
    }
    let unknown = filled.as_map()?.iter().find(|(_, value)| !value.is_wholly_known());
    unknown.map(|(name, _)| name.clone())
}

fn not_known_yet(vendor: &str, attribute: &str) -> Diagnostics {
    let (place, variables) = match attribute {
        "" => (vendor.to_owned(), format!("variables that begin with `{}`", variable(vendor, ""))),
        _ => (format!("{vendor}.{attribute}"), format!("variable `{}`", variable(vendor, attribute))),
    };
    let detail = format!(
        "`{place}` of the provider block comes from something that is only known after an apply, so the vendor cannot \
         be asked yet. Give it as an input variable or by the environment {variables}, or apply what it comes from \
         first with `-target`."
    );
    Diagnostic::error(format!("`{place}` is not known yet"), detail).into()
}
