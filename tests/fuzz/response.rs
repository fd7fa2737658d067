//! The diagnostics of every kind of response.

use idv::protocol::generated::tfplugin6::{self as wire, Diagnostic};
use prost::Message;

/// A response, or an event of a stream.
pub(super) trait Diagnosed: Message + Default {
    /// What it reports.
    fn diagnostics(&self) -> Vec<Diagnostic>;
}

macro_rules! diagnosed {
    ($($module:ident)*) => {
        $(impl Diagnosed for wire::$module::Response {
            fn diagnostics(&self) -> Vec<Diagnostic> {
                self.diagnostics.clone()
            }
        })*
    };
}

diagnosed! {
    get_metadata get_provider_schema get_resource_identity_schemas get_functions validate_provider_config configure_provider
    validate_resource_config validate_data_resource_config validate_ephemeral_resource_config validate_list_resource_config
    validate_action_config upgrade_resource_state upgrade_resource_identity read_resource plan_resource_change
    apply_resource_change import_resource_state generate_resource_config move_resource_state read_data_source
    open_ephemeral_resource renew_ephemeral_resource close_ephemeral_resource plan_action validate_state_store
    configure_state_store read_state_bytes write_state_bytes lock_state unlock_state get_states delete_state
}

impl Diagnosed for wire::list_resource::Event {
    fn diagnostics(&self) -> Vec<Diagnostic> {
        self.diagnostic.clone()
    }
}

impl Diagnosed for wire::invoke_action::Event {
    fn diagnostics(&self) -> Vec<Diagnostic> {
        match &self.r#type {
            Some(wire::invoke_action::event::Type::Completed(completed)) => completed.diagnostics.clone(),
            _ => Vec::new(),
        }
    }
}

impl Diagnosed for wire::call_function::Response {
    fn diagnostics(&self) -> Vec<Diagnostic> {
        let failed = |error: &wire::FunctionError| Diagnostic {
            severity: wire::diagnostic::Severity::Error.into(),
            summary: error.text.clone(),
            ..Diagnostic::default()
        };
        self.error.iter().map(failed).collect()
    }
}

impl Diagnosed for wire::stop_provider::Response {
    fn diagnostics(&self) -> Vec<Diagnostic> {
        Vec::new()
    }
}
