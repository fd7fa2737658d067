//! The provider: its vendors, their configuration, and the clients that it makes of both.

mod parse_import_id;
mod record;
mod registration;
mod vendor;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::check;
use super::clients::{Clients, NothingConfigured};
use super::diagnostics::{Diagnostic, Diagnostics};
use super::environment::Environment;
use super::kinds::action::DynAction;
use super::kinds::data_source::DynDataSource;
use super::kinds::ephemeral::{DynEphemeral, OpenEphemerals};
use super::kinds::function::DynFunction;
use super::kinds::list::DynList;
use super::kinds::resource::DynResource;
use super::path::Step;
use super::schema::{Attribute, Schema};
use super::tenant::FORMER_ADDRESSES;
use super::value::Value;
use super::variables::{self, variable, with_variable};

use parse_import_id::ParseImportId;

pub use super::clients::{AnyClient, Client};
pub use super::variables::missing;
pub use record::RECORD;
pub use registration::Registration;
pub use vendor::{Common, Vendor, configuration, declared_apis};

/// The program that configures the provider.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'c> {
    /// Its name and version, as a user agent has them: `Terraform/1.15.5`.
    pub name: &'c str,
    /// Whether it accepts deferred responses: it makes the call again in a later run.
    pub can_defer: bool,
}

impl<'c> Caller<'c> {
    /// A command of this binary, which defers nothing.
    pub const fn command(name: &'c str) -> Self {
        Self { name, can_defer: false }
    }
}

/// The provider as the protocol layer serves it.
pub struct Provider {
    /// The prefix of every type: `idv`.
    pub name: &'static str,
    /// The version of the binary.
    pub version: &'static str,
    /// Managed resources by full type name.
    pub resources: BTreeMap<String, Arc<dyn DynResource>>,
    /// Data sources by full type name.
    pub data_sources: BTreeMap<String, Arc<dyn DynDataSource>>,
    /// Lists by the full type name of their resource.
    pub lists: BTreeMap<String, Arc<dyn DynList>>,
    /// Ephemeral resources by full type name.
    pub ephemerals: BTreeMap<String, Arc<dyn DynEphemeral>>,
    /// The ephemeral resources that are open.
    pub open: OpenEphemerals,
    /// Actions by full type name.
    pub actions: BTreeMap<String, Arc<dyn DynAction>>,
    /// Functions by name.
    pub functions: BTreeMap<&'static str, DynFunction>,
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
            open: OpenEphemerals::default(),
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

    /// The vendors, in the order of the provider block.
    pub fn vendors(&self) -> &[&'static dyn Vendor] {
        &self.vendors
    }

    /// The vendor with this name, which is its attribute in the provider block.
    pub fn vendor(&self, name: &str) -> Option<&'static dyn Vendor> {
        self.vendors.iter().copied().find(|vendor| vendor.name() == name)
    }

    /// The vendors that the provider has a configuration for, including a wrong one.
    pub fn configured_vendors(&self) -> Result<Vec<&'static dyn Vendor>, NothingConfigured> {
        let clients = self.clients();
        let is_configured = |vendor: &&'static dyn Vendor| clients.configured().any(|name| name == vendor.name());
        let vendors: Vec<_> = self.vendors.iter().copied().filter(is_configured).collect();
        if vendors.is_empty() { Err(self.nothing_configured()) } else { Ok(vendors) }
    }

    /// Whether a configuration mistake affects these vendors: it is in one of their blocks, or in what all vendors share.
    pub fn concerns(&self, vendors: &[&str], mistake: &Diagnostic) -> bool {
        match mistake.path.steps().first() {
            Some(Step::Attribute(name)) => vendors.contains(&name.as_str()) || self.vendor(name).is_none(),
            _ => true,
        }
    }

    /// The error if no vendor is configured.
    pub fn nothing_configured(&self) -> NothingConfigured {
        let names: Vec<_> = self.vendors.iter().map(|vendor| vendor.name()).collect();
        NothingConfigured { known: names.join(", ") }
    }

    /// The environment variables that are set for a vendor's attributes, in the order of the attributes.
    pub fn variables_set(&self, vendor: &dyn Vendor) -> Vec<String> {
        let variables = vendor.attributes().into_iter().map(|attribute| variable(vendor.name(), &attribute.name));
        variables.filter(|variable| self.environment.get(variable).is_some()).collect()
    }

    /// The attributes of a vendor that environment variables set, with their values. One that cannot be used is left out.
    pub fn settings(&self, vendor: &dyn Vendor) -> Vec<(Attribute, Value)> {
        let attributes = vendor.attributes();
        let mut mistakes = Diagnostics::new();
        let values = variables::fill(&self.environment, vendor.name(), &attributes, &Value::Null, &mut mistakes);
        let with_value = attributes.into_iter().map(|attribute| {
            let value = values.get(&attribute.name).clone();
            (attribute, value)
        });
        with_value.filter(|(_, value)| !value.is_null()).collect()
    }

    /// The schemas of all objects.
    fn schemas(&self) -> impl Iterator<Item = &Schema> {
        (self.resources.values().map(|object| object.schema()))
            .chain(self.data_sources.values().map(|object| object.schema()))
            .chain(self.ephemerals.values().map(|object| object.schema()))
            .chain(self.actions.values().map(|object| object.schema()))
    }

    /// Every mistake that can be found offline in a provider block.
    pub fn validate(&self, config: &Value) -> Diagnostics {
        check::mistakes(&self.schema, config)
    }

    /// Creates the client of every vendor that the block or the environment configures.
    ///
    /// An unknown value makes its vendor unusable for now, not the whole provider.
    pub fn configure(&self, config: &Value, caller: Caller<'_>) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let own = variables::fill(&self.environment, "", &self.own, config, &mut diagnostics);
        let suffix = own.get("user_agent_suffix").as_str().map_or_else(String::new, |suffix| format!(" {suffix}"));
        let user_agent = format!("{} terraform-provider-{}/{}{suffix}", caller.name, self.name, self.version);
        let mut clients = Clients { can_defer: caller.can_defer, ..Clients::default() };
        let former = own.get(FORMER_ADDRESSES).as_list().unwrap_or_default();
        clients.tenants.former_addresses = former.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let settings = |vendor: &dyn Vendor| {
            let (name, attributes) = (vendor.name(), vendor.attributes());
            variables::fill(&self.environment, name, &attributes, config.get(name), &mut Diagnostics::new())
        };
        let recorder = record::recorder(&own, self.schemas(), &self.vendors, settings).unwrap_or_else(|mistake| {
            diagnostics.push(mistake);
            None
        });
        let common = Common { config: own.without_unknowns(), user_agent, recorder, stop: clients.stop.clone() };
        for vendor in &self.vendors {
            let block = config.get(vendor.name());
            let mut mistakes = Diagnostics::new();
            let filled = variables::fill(&self.environment, vendor.name(), &vendor.attributes(), block, &mut mistakes);
            let untouched = filled.as_map().is_none_or(|entries| entries.values().all(Value::is_null));
            if block.is_null() && untouched && mistakes.is_empty() {
                continue;
            }
            let mut client = match unknown_attribute(block, &filled) {
                Some(attribute) => {
                    clients.unknown.insert(vendor.name());
                    Err(not_known_yet(vendor.name(), &attribute))
                }
                None => vendor.connect(filled, &common).inspect_err(|found| append_new(&mut mistakes, found)),
            };
            let below = |mistake: Diagnostic| {
                let path = mistake.path.clone().within(Step::Attribute(vendor.name().to_owned()));
                mistake.at(path)
            };
            let foreign = variables::foreign_secrets(&self.environment, vendor.name(), &vendor.attributes(), block);
            diagnostics.append(foreign.into_iter().map(below).collect());
            if !mistakes.is_empty() {
                let mistakes: Diagnostics = mistakes.into_iter().map(below).collect();
                diagnostics.append(mistakes.clone());
                client = Err(mistakes);
            }
            clients.by_vendor.insert(vendor.name(), client);
        }
        *self.clients.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(clients);
        diagnostics
    }

    /// Asks the calls under way to end soon. The next configuration has a new signal.
    pub fn stop(&self) {
        self.clients().stop.cancel();
    }

    /// Closes the ephemeral resources that are still open, at the end of the process.
    pub async fn close_ephemerals(&self) {
        self.open.close_all(&self.ephemerals, &self.clients()).await;
    }
}

/// Appends mistakes at new paths: an attribute whose variable cannot be used is not reported again as missing.
fn append_new(mistakes: &mut Diagnostics, found: &Diagnostics) {
    let reported: Vec<_> = mistakes.iter().map(|mistake| mistake.path.clone()).collect();
    mistakes.append(found.iter().filter(|mistake| !reported.contains(&mistake.path)).cloned().collect());
}

fn unknown_attribute(block: &Value, filled: &Value) -> Option<String> {
    if block.is_unknown() {
        return Some(String::new());
    }
    let unknown = filled.as_map()?.iter().find(|(_, value)| !value.is_wholly_known());
    unknown.map(|(name, _)| name.clone())
}

fn not_known_yet(vendor: &str, attribute: &str) -> Diagnostics {
    let (name, variables) = match attribute {
        "" => (vendor.to_owned(), format!("variables that begin with `{}`", variable(vendor, ""))),
        _ => (format!("{vendor}.{attribute}"), format!("variable `{}`", variable(vendor, attribute))),
    };
    let detail = format!(
        "`{name}` of the provider block depends on a value that is known only after an apply, so the vendor cannot be \
         called yet. Set it by an input variable or by the environment {variables}, or first apply the object that it depends \
         on with `-target`."
    );
    Diagnostic::error(format!("`{name}` is not known yet"), detail).into()
}
