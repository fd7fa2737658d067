//! Adopts from a recording what the deployment has: which bodies are encrypted, and how large a page is.

use axum::http::Method;

use super::{
    BUCKET, BY_DVC_ID, NEW_SCAN_SESSION, ONE_TEMPLATE, SESSIONS, TEMPLATES,
    state::{BodyEncryption, Encoding, State},
};
use crate::sandbox::engine::Exchange;

impl State {
    /// Adopts the settings that the exchanges show.
    pub(super) fn adopt(&mut self, exchanges: &[Exchange]) {
        self.body_encryption.adopt(exchanges);
        self.encrypt_responses |= exchanges.iter().any(|exchange| exchange.encrypted_response);
        // Here, and not in the engine alone: the size is in a body that may be encrypted.
        let cap = exchanges.iter().filter(|it| is_at(it, &Method::POST, SESSIONS)).filter_map(Exchange::page_cap).max();
        self.page_cap = cap.or(self.page_cap);
    }
}

impl BodyEncryption {
    fn adopt(&mut self, exchanges: &[Exchange]) {
        // A deployment that rejects each encrypted body has no encryption.
        let is_plain = exchanges.iter().any(Exchange::is_encryption_rejected)
            && !exchanges.iter().any(|exchange| exchange.encrypted && exchange.has_succeeded());
        for (method, path, encoding) in self.endpoints() {
            let recorded: Vec<_> = exchanges.iter().filter(|exchange| is_at(exchange, &method, path)).collect();
            let is_rejected = recorded.iter().any(|exchange| exchange.is_encryption_rejected());
            if let Some(accepted) = recorded.iter().rfind(|exchange| exchange.has_succeeded()) {
                *encoding = if accepted.encrypted { Encoding::Encrypted } else { Encoding::Plain };
            } else if is_rejected || (recorded.is_empty() && is_plain) {
                *encoding = Encoding::Plain;
            }
        }
    }

    fn endpoints(&mut self) -> [(Method, &'static str, &mut Encoding); 6] {
        [
            (Method::PUT, TEMPLATES, &mut self.template_create),
            (Method::PATCH, ONE_TEMPLATE, &mut self.template_update),
            (Method::PATCH, BY_DVC_ID, &mut self.template_update_by_dvc_id),
            (Method::PUT, BUCKET, &mut self.bucket_put),
            (Method::POST, SESSIONS, &mut self.session_fetch),
            (Method::POST, NEW_SCAN_SESSION, &mut self.session_create),
        ]
    }
}

fn is_at(exchange: &Exchange, method: &Method, path: &str) -> bool {
    exchange.operation.as_ref().is_some_and(|operation| operation.method == *method && operation.path == path)
}
