//! One message after the other: a valid one from what is known, damaged more often than not.

use std::collections::BTreeMap;

use idv::protocol::generated::tfplugin6::{
    self as wire, ClientCapabilities, Diagnostic, DynamicValue, RawState, ResourceIdentityData,
};
use proptest::prelude::RngExt;
use proptest::test_runner::{RngAlgorithm, TestRng};
use prost::Message;

use super::corpus::{Corpus, Kind};
use super::node::{self, Node};
use super::plugin::Plugin;
use super::response::Diagnosed;

/// How many objects of a type are remembered.
const REMEMBERED: usize = 20;

/// Sends messages to a plugin and counts what comes back.
pub(super) struct Fuzzer {
    plugin: Plugin,
    rng: TestRng,
    corpus: Corpus,
    /// Whether the next message is sent as it is.
    is_valid: bool,
    /// The objects that the plugin has returned, by type.
    objects: BTreeMap<String, Vec<Stored>>,
    /// The last plan of each type.
    plans: BTreeMap<String, wire::apply_resource_change::Request>,
    /// The ephemeral resources that are open.
    open: Vec<(String, Option<Vec<u8>>)>,
    /// How often each outcome came, by call.
    pub(super) outcomes: BTreeMap<&'static str, BTreeMap<String, usize>>,
}

/// An object in state.
#[derive(Clone, Default)]
struct Stored {
    state: DynamicValue,
    private: Vec<u8>,
    identity: Option<ResourceIdentityData>,
}

/// Sends a request of a module of the messages, which have the call's name in another spelling.
macro_rules! send {
    ($fuzzer:ident, $method:literal, $module:ident, $request:expr) => {
        $fuzzer.send::<wire::$module::Request, wire::$module::Response>($method, &$request).pop().unwrap_or_default()
    };
}

impl Fuzzer {
    pub(super) fn new(plugin: Plugin, seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let mut fuzzer = Self {
            plugin,
            rng: TestRng::from_seed(RngAlgorithm::ChaCha, &bytes),
            corpus: Corpus::new(wire::get_provider_schema::Response::default()),
            is_valid: true,
            objects: BTreeMap::new(),
            plans: BTreeMap::new(),
            open: Vec::new(),
            outcomes: BTreeMap::new(),
        };
        let schema = send!(fuzzer, "GetProviderSchema", get_provider_schema, wire::get_provider_schema::Request {});
        fuzzer.corpus = Corpus::new(schema);
        fuzzer.configure();
        fuzzer
    }

    /// Sends one message of any call, or a few that belong together.
    pub(super) fn step(&mut self) {
        self.is_valid = self.rng.random_bool(0.3);
        match self.rng.random_range(0..100) {
            0..12 => self.plan(),
            12..24 => self.apply(),
            24..36 => self.read(),
            36..42 => self.import(),
            42..50 => self.read_data_source(),
            50..56 => self.list(),
            56..60 => self.open_or_close(),
            60..62 => self.act(),
            62..66 => self.call_function(),
            66..70 => self.upgrade(),
            70..72 => self.upgrade_identity(),
            72..75 => self.move_state(),
            75..77 => self.generate(),
            77..98 => self.validate(),
            98 => self.describe(),
            _ => self.unsupported(),
        }
    }

    /// Configures the provider by its environment, as Terraform does it once in a run.
    pub(super) fn configure(&mut self) {
        self.is_valid = true;
        let config = self.corpus.provider.configs[0].clone();
        self.configure_with(&config);
    }

    /// Configures it with something else.
    pub(super) fn configure_wrongly(&mut self) {
        self.is_valid = false;
        let config = self.corpus.provider.configs[0].clone();
        self.configure_with(&config);
    }

    /// Asks the provider to stop, after which it sends no write.
    pub(super) fn stop(&mut self) {
        self.is_valid = true;
        send!(self, "StopProvider", stop_provider, wire::stop_provider::Request {});
    }

    /// What the plugin has written to standard error.
    pub(super) fn log(&self) -> String {
        self.plugin.log()
    }

    /// The private memory of the plugin, in KB.
    pub(super) fn private_memory(&self) -> u64 {
        self.plugin.private_memory()
    }

    /// How many messages were sent.
    pub(super) fn sent(&self) -> usize {
        self.outcomes.values().flat_map(BTreeMap::values).sum()
    }

    fn configure_with(&mut self, config: &Node) {
        let request = wire::configure_provider::Request {
            terraform_version: "1.15.5".to_owned(),
            config: self.value(config),
            client_capabilities: self.capabilities(),
        };
        send!(self, "ConfigureProvider", configure_provider, request);
    }

    fn validate(&mut self) {
        match self.rng.random_range(0..12) {
            0..5 => {
                let (type_name, config) = self.config(|corpus| &corpus.resources);
                let (config, client_capabilities) = (self.value(&config), self.capabilities());
                let request = wire::validate_resource_config::Request { type_name, config, client_capabilities };
                send!(self, "ValidateResourceConfig", validate_resource_config, request);
            }
            5..7 => {
                let (type_name, config) = self.config(|corpus| &corpus.data_sources);
                let request = wire::validate_data_resource_config::Request { type_name, config: self.value(&config) };
                send!(self, "ValidateDataResourceConfig", validate_data_resource_config, request);
            }
            7 => {
                let (type_name, config) = self.config(|corpus| &corpus.ephemerals);
                let request =
                    wire::validate_ephemeral_resource_config::Request { type_name, config: self.value(&config) };
                send!(self, "ValidateEphemeralResourceConfig", validate_ephemeral_resource_config, request);
            }
            8 => {
                let (type_name, config) = self.config(|corpus| &corpus.lists);
                let request = wire::validate_list_resource_config::Request {
                    type_name,
                    config: self.value(&config),
                    include_resource_object: self.value(&Node::Bool(true)),
                    limit: self.value(&Node::Integer(100)),
                };
                send!(self, "ValidateListResourceConfig", validate_list_resource_config, request);
            }
            9 => {
                let (type_name, config) = self.config(|corpus| &corpus.actions);
                let request = wire::validate_action_config::Request { type_name, config: self.value(&config) };
                send!(self, "ValidateActionConfig", validate_action_config, request);
            }
            _ => {
                let config = self.corpus.provider.configs[0].clone();
                let request = wire::validate_provider_config::Request { config: self.value(&config) };
                send!(self, "ValidateProviderConfig", validate_provider_config, request);
            }
        }
    }

    fn plan(&mut self) {
        let (type_name, config) = self.config(|corpus| &corpus.resources);
        let stored = if self.rng.random_bool(0.5) { self.stored(&type_name) } else { Stored::default() };
        let prior = Node::read(&stored.state).unwrap_or(Node::Null);
        // A third of what exists is deleted.
        let is_destroyed = prior != Node::Null && self.rng.random_range(0..3) == 0;
        let proposed = match self.corpus.resources.get(&type_name) {
            _ if is_destroyed => Node::Null,
            Some(object) => object.proposed(&config, &prior),
            None => config.clone(),
        };
        let config = if is_destroyed { Node::Null } else { config };
        let request = wire::plan_resource_change::Request {
            type_name: type_name.clone(),
            prior_state: self.value(&prior),
            proposed_new_state: self.value(&proposed),
            config: self.value(&config),
            prior_private: self.bytes(stored.private),
            prior_identity: self.identity(stored.identity),
            client_capabilities: self.capabilities(),
            ..wire::plan_resource_change::Request::default()
        };
        let response = send!(self, "PlanResourceChange", plan_resource_change, request);
        if response.planned_state.is_some() {
            let planned = wire::apply_resource_change::Request {
                type_name: type_name.clone(),
                prior_state: request.prior_state,
                planned_state: response.planned_state,
                config: request.config,
                planned_private: response.planned_private,
                planned_identity: response.planned_identity,
                ..wire::apply_resource_change::Request::default()
            };
            self.plans.insert(type_name, planned);
        }
    }

    fn apply(&mut self) {
        let type_name = self.name(|corpus| &corpus.resources);
        let mut request = self.plans.remove(&type_name).unwrap_or_default();
        request.type_name = type_name;
        request.prior_state = self.again(request.prior_state);
        request.planned_state = self.again(request.planned_state);
        request.config = self.again(request.config);
        request.planned_private = self.bytes(request.planned_private);
        request.planned_identity = self.identity(request.planned_identity);
        let response = send!(self, "ApplyResourceChange", apply_resource_change, request);
        self.remember(&request.type_name, response.new_state, response.private, response.new_identity);
    }

    fn read(&mut self) {
        let type_name = self.name(|corpus| &corpus.resources);
        let stored = self.stored(&type_name);
        let request = wire::read_resource::Request {
            type_name,
            current_state: self.again(Some(stored.state)),
            private: self.bytes(stored.private),
            current_identity: self.identity(stored.identity),
            client_capabilities: self.capabilities(),
            ..wire::read_resource::Request::default()
        };
        let response = send!(self, "ReadResource", read_resource, request);
        self.remember(&request.type_name, response.new_state, response.private, response.new_identity);
    }

    fn import(&mut self) {
        let type_name = self.name(|corpus| &corpus.resources);
        let stored = self.stored(&type_name);
        let id = match Node::read(&stored.state).as_ref().map(|state| state.get("id")) {
            Some(Node::Text(id)) if self.rng.random_bool(0.7) => id.clone(),
            _ => node::text(&mut self.rng),
        };
        let by_identity = self.rng.random_bool(0.5);
        let request = wire::import_resource_state::Request {
            type_name,
            id: if by_identity { String::new() } else { id },
            identity: if by_identity { self.identity(stored.identity) } else { None },
            client_capabilities: self.capabilities(),
        };
        let response = send!(self, "ImportResourceState", import_resource_state, request);
        for imported in response.imported_resources {
            self.remember(&imported.type_name, imported.state, imported.private, imported.identity);
        }
    }

    fn upgrade(&mut self) {
        let type_name = self.name(|corpus| &corpus.resources);
        let stored = self.stored(&type_name);
        let (raw_state, version) = (Some(self.raw(&stored.state)), self.version());
        let request = wire::upgrade_resource_state::Request { type_name, version, raw_state };
        send!(self, "UpgradeResourceState", upgrade_resource_state, request);
    }

    fn upgrade_identity(&mut self) {
        let type_name = self.name(|corpus| &corpus.resources);
        let identity = self.stored(&type_name).identity.and_then(|identity| identity.identity_data);
        let (raw_identity, version) = (Some(self.raw(&identity.unwrap_or_default())), self.version());
        let request = wire::upgrade_resource_identity::Request { type_name, version, raw_identity };
        send!(self, "UpgradeResourceIdentity", upgrade_resource_identity, request);
    }

    fn move_state(&mut self) {
        const SOURCES: [(&str, &str); 4] = [
            ("registry.terraform.io/mastercard/restapi", "restapi_object"),
            ("registry.terraform.io/magodo/restful", "restful_resource"),
            ("registry.terraform.io/hashicorp/null", "null_resource"),
            ("", ""),
        ];
        let target_type_name = self.name(|corpus| &corpus.resources);
        let stored = self.stored(&target_type_name);
        let (address, type_name) = SOURCES[self.rng.random_range(0..SOURCES.len())];
        // A generic provider keeps the vendor's document as text.
        let document = Node::read(&stored.state).unwrap_or(Node::Null).json().to_string();
        let state = Node::Map(vec![
            ("id".into(), Node::Text(node::text(&mut self.rng))),
            ("path".into(), "/webhook".into()),
            ("api_response".into(), document.as_str().into()),
            ("data".into(), document.as_str().into()),
        ]);
        let state = DynamicValue { msgpack: state.pack().into(), ..DynamicValue::default() };
        let request = wire::move_resource_state::Request {
            source_provider_address: address.to_owned(),
            source_type_name: type_name.to_owned(),
            source_schema_version: self.version(),
            source_state: Some(self.raw(&state)),
            target_type_name,
            source_private: self.bytes(stored.private),
            ..wire::move_resource_state::Request::default()
        };
        send!(self, "MoveResourceState", move_resource_state, request);
    }

    fn generate(&mut self) {
        let type_name = self.name(|corpus| &corpus.resources);
        let stored = self.stored(&type_name);
        let state = self.again(Some(stored.state));
        let request = wire::generate_resource_config::Request { type_name, state };
        send!(self, "GenerateResourceConfig", generate_resource_config, request);
    }

    fn read_data_source(&mut self) {
        let (type_name, config) = self.config(|corpus| &corpus.data_sources);
        let request = wire::read_data_source::Request {
            type_name,
            config: self.value(&config),
            client_capabilities: self.capabilities(),
            ..wire::read_data_source::Request::default()
        };
        send!(self, "ReadDataSource", read_data_source, request);
    }

    fn list(&mut self) {
        let (type_name, config) = self.config(|corpus| &corpus.lists);
        let request = wire::list_resource::Request {
            type_name: type_name.clone(),
            config: self.value(&config),
            include_resource_object: self.rng.random_bool(0.7),
            limit: if self.is_valid { 100 } else { self.rng.random_range(-1..10) },
        };
        let events: Vec<wire::list_resource::Event> = self.send("ListResource", &request);
        for event in events {
            self.remember(&type_name, event.resource_object, Vec::new(), event.identity);
        }
    }

    fn open_or_close(&mut self) {
        // Terraform closes what it opens, so this does.
        let Some((type_name, private)) = self.open.pop() else {
            let (type_name, config) = self.config(|corpus| &corpus.ephemerals);
            let request = wire::open_ephemeral_resource::Request {
                type_name: type_name.clone(),
                config: self.value(&config),
                client_capabilities: self.capabilities(),
            };
            let response = send!(self, "OpenEphemeralResource", open_ephemeral_resource, request);
            if response.result.is_some() {
                self.open.push((type_name, response.private));
            }
            return;
        };
        if !self.is_valid {
            let private = private.clone().map(|private| self.bytes(private));
            let request = wire::renew_ephemeral_resource::Request { type_name: type_name.clone(), private };
            send!(self, "RenewEphemeralResource", renew_ephemeral_resource, request);
            let damaged = self.bytes(Vec::new());
            let request =
                wire::close_ephemeral_resource::Request { type_name: type_name.clone(), private: Some(damaged) };
            send!(self, "CloseEphemeralResource", close_ephemeral_resource, request);
            self.is_valid = true;
        }
        let request = wire::close_ephemeral_resource::Request { type_name, private };
        send!(self, "CloseEphemeralResource", close_ephemeral_resource, request);
    }

    fn act(&mut self) {
        let (action_type, config) = self.config(|corpus| &corpus.actions);
        let (config, client_capabilities) = (self.value(&config), self.capabilities());
        if self.rng.random_bool(0.5) {
            let request = wire::plan_action::Request { action_type, config, client_capabilities };
            send!(self, "PlanAction", plan_action, request);
        } else {
            let request = wire::invoke_action::Request { action_type, config, client_capabilities };
            let _: Vec<wire::invoke_action::Event> = self.send("InvokeAction", &request);
        }
    }

    fn call_function(&mut self) {
        let at = self.rng.random_range(0..self.corpus.functions.len());
        let name = self.corpus.functions[at].clone();
        let count = self.rng.random_range(0..5);
        let arguments = (0..count).filter_map(|_| {
            let argument = match self.rng.random_range(0..3) {
                0 => Node::Text(node::text(&mut self.rng)),
                1 => "NxcAkLMNySu55B5bsCB1xxHP7sLYNAHyzKIBT5V1RZA=".into(),
                _ => self.config(|corpus| &corpus.resources).1,
            };
            self.value(&argument)
        });
        let request = wire::call_function::Request { name, arguments: arguments.collect() };
        send!(self, "CallFunction", call_function, request);
    }

    fn describe(&mut self) {
        match self.rng.random_range(0..4) {
            0 => drop(send!(self, "GetMetadata", get_metadata, wire::get_metadata::Request {})),
            1 => drop(send!(self, "GetProviderSchema", get_provider_schema, wire::get_provider_schema::Request {})),
            2 => drop(send!(self, "GetFunctions", get_functions, wire::get_functions::Request {})),
            _ => {
                let request = wire::get_resource_identity_schemas::Request {};
                send!(self, "GetResourceIdentitySchemas", get_resource_identity_schemas, request);
            }
        }
    }

    /// The calls of the kinds of objects that this provider does not have.
    fn unsupported(&mut self) {
        let type_name = "idv_state".to_owned();
        match self.rng.random_range(0..5) {
            0 => {
                let request = wire::get_states::Request { type_name };
                send!(self, "GetStates", get_states, request);
            }
            1 => {
                let request = wire::validate_state_store::Request { type_name, ..Default::default() };
                send!(self, "ValidateStateStoreConfig", validate_state_store, request);
            }
            2 => {
                let request = wire::read_state_bytes::Request { type_name, ..Default::default() };
                send!(self, "ReadStateBytes", read_state_bytes, request);
            }
            3 => {
                let request = wire::write_state_bytes::RequestChunk::default();
                let _: Vec<wire::write_state_bytes::Response> = self.send("WriteStateBytes", &request);
            }
            _ => {
                let request = wire::lock_state::Request { type_name, ..Default::default() };
                send!(self, "LockState", lock_state, request);
            }
        }
    }

    // --- What messages are made of ---

    /// A type of a kind; now and then one that does not exist, or an object of another kind.
    fn name(&mut self, kind: impl Fn(&Corpus) -> &Kind) -> String {
        if !self.is_valid && self.rng.random_range(0..30) == 0 {
            return [node::text(&mut self.rng), "idv_vult_webhooks".to_owned(), String::new()]
                [self.rng.random_range(0..3)]
            .clone();
        }
        let types = kind(&self.corpus);
        types.keys().nth(self.rng.random_range(0..types.len())).unwrap().clone()
    }

    /// A type of a kind, with a configuration of it, or of another type.
    fn config(&mut self, kind: impl Fn(&Corpus) -> &Kind) -> (String, Node) {
        let name = self.name(&kind);
        let of = if !self.is_valid && self.rng.random_range(0..20) == 0 { self.name(&kind) } else { name.clone() };
        let config = match kind(&self.corpus).get(&of) {
            Some(object) => object.configs[self.rng.random_range(0..object.configs.len())].clone(),
            None => Node::Map(vec![]),
        };
        (name, config)
    }

    /// An object that the plugin has returned.
    fn stored(&mut self, type_name: &str) -> Stored {
        let Some(objects) = self.objects.get(type_name) else { return Stored::default() };
        objects[self.rng.random_range(0..objects.len())].clone()
    }

    fn remember(
        &mut self,
        type_name: &str,
        state: Option<DynamicValue>,
        private: Vec<u8>,
        identity: Option<ResourceIdentityData>,
    ) {
        let Some(state) = state.filter(|state| state.msgpack[..] != [0xc0]) else { return };
        let objects = self.objects.entry(type_name.to_owned()).or_default();
        let stored = Stored { state, private, identity };
        if objects.len() < REMEMBERED {
            objects.push(stored);
        } else {
            objects[self.rng.random_range(0..REMEMBERED)] = stored;
        }
    }

    /// A value as it is sent: damaged, missing or in JSON unless the message is to be valid.
    fn value(&mut self, value: &Node) -> Option<DynamicValue> {
        if self.is_valid || self.rng.random_bool(0.5) {
            return Some(DynamicValue { msgpack: value.pack().into(), ..DynamicValue::default() });
        }
        let mut damaged = value.clone();
        for _ in 0..self.rng.random_range(0..3) {
            damaged.damage(&mut self.rng);
        }
        let mut packed = damaged.pack();
        match self.rng.random_range(0..10) {
            0 => return None,
            1 => {
                let mut json = damaged.json().to_string().into_bytes();
                if self.rng.random_bool(0.5) {
                    node::damage_bytes(&mut json, &mut self.rng);
                }
                return Some(DynamicValue { json: json.into(), ..DynamicValue::default() });
            }
            2..4 => node::damage_bytes(&mut packed, &mut self.rng),
            _ => {}
        }
        Some(DynamicValue { msgpack: packed.into(), ..DynamicValue::default() })
    }

    /// A value that the plugin has returned, as it is sent back.
    fn again(&mut self, value: Option<DynamicValue>) -> Option<DynamicValue> {
        if self.is_valid {
            return value;
        }
        let node = value.as_ref().and_then(Node::read)?;
        self.value(&node)
    }

    fn bytes(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        if !self.is_valid && self.rng.random_bool(0.3) {
            node::damage_bytes(&mut bytes, &mut self.rng);
        }
        bytes
    }

    fn identity(&mut self, identity: Option<ResourceIdentityData>) -> Option<ResourceIdentityData> {
        let data = identity?.identity_data;
        Some(ResourceIdentityData { identity_data: self.again(data) })
    }

    /// A value as Terraform stores it.
    fn raw(&mut self, value: &DynamicValue) -> RawState {
        let mut node = Node::read(value).unwrap_or(Node::Null);
        if !self.is_valid {
            node.damage(&mut self.rng);
        }
        let json = self.bytes(node.json().to_string().into_bytes());
        let flatmap = if self.is_valid { vec![] } else { vec![("a.#".to_owned(), "1".to_owned())] };
        RawState { json, flatmap: flatmap.into_iter().collect() }
    }

    fn version(&mut self) -> i64 {
        if self.is_valid { 0 } else { [0, 1, -1, i64::MAX][self.rng.random_range(0..4)] }
    }

    fn capabilities(&mut self) -> Option<ClientCapabilities> {
        (self.is_valid || self.rng.random()).then(|| ClientCapabilities {
            deferral_allowed: self.rng.random(),
            write_only_attributes_allowed: self.is_valid || self.rng.random(),
            ..ClientCapabilities::default()
        })
    }

    // --- Sending ---

    /// Sends a message, some of them as bytes that are no message, and checks that the plugin responds and lives.
    fn send<Q: Message, R: Diagnosed>(&mut self, method: &'static str, request: &Q) -> Vec<R> {
        let mut message = request.encode_to_vec();
        if !self.is_valid && self.rng.random_range(0..20) == 0 {
            node::damage_bytes(&mut message, &mut self.rng);
        }
        let result = self.plugin.call(method, message);
        assert!(self.plugin.is_alive(), "{method}: the plugin has ended: {:?}: {}", result, self.log());
        let responses = match result {
            Ok(responses) => responses,
            Err(status) => {
                let code = status.code();
                assert!(
                    matches!(code, tonic::Code::Internal | tonic::Code::Unimplemented),
                    "{method}: {status}; {}",
                    self.log()
                );
                self.count(method, format!("status {code:?}"));
                return Vec::new();
            }
        };
        let responses: Vec<R> = responses.iter().map(|bytes| R::decode(&bytes[..]).unwrap()).collect();
        let diagnostics: Vec<_> = responses.iter().flat_map(R::diagnostics).collect();
        let crash = diagnostics.iter().find(|one| one.summary.contains("crashed"));
        assert!(crash.is_none(), "{method}: {}", crash.map_or("", |crash| &crash.detail));
        let is_error = |one: &Diagnostic| one.severity() == wire::diagnostic::Severity::Error;
        self.count(method, if diagnostics.iter().any(is_error) { "error" } else { "success" }.to_owned());
        responses
    }

    fn count(&mut self, method: &'static str, outcome: String) {
        *self.outcomes.entry(method).or_default().entry(outcome).or_default() += 1;
    }
}
