//! `doctor --openapi`: each operation and each field that a client uses is named if a document lacks it.

mod command;
mod forms;
mod mutations;
pub(crate) mod used;

use idv::framework::Value;
use idv::openapi::{Api, Comparison, Document, compare};
use idv::registry::VENDORS;
use serde_json::Value as Json;

/// A document of the tests, and the API that it is of.
struct Subject {
    vendor: &'static str,
    /// The line of the provider block that selects the API; `None` if there is one only.
    setting: Option<&'static str>,
    text: &'static str,
}

const SUBJECTS: [Subject; 7] = [
    Subject { vendor: "vult", setting: None, text: include_str!("documents/vult.yaml") },
    Subject { vendor: "didit", setting: None, text: include_str!("documents/didit.yaml") },
    Subject { vendor: "xident", setting: Some("api = \"verify/v1\""), text: include_str!("documents/xident.yaml") },
    Subject { vendor: "xident", setting: Some("api = \"v1\""), text: include_str!("documents/xident-v1.yaml") },
    Subject { vendor: "onekosmos", setting: None, text: include_str!("documents/onekosmos.yaml") },
    Subject { vendor: "fiven", setting: Some("api = \"v1\""), text: include_str!("documents/fiven-v1.yaml") },
    Subject { vendor: "fiven", setting: Some("api = \"institutions\""), text: include_str!("documents/fiven.yaml") },
];

impl Subject {
    fn api(&self) -> Api {
        let (vendor, _) = VENDORS.iter().find(|(vendor, _)| vendor.name() == self.vendor).unwrap();
        let attributes = vendor.attributes().into_iter().map(|attribute| (attribute.name, Value::Null));
        let apis = vendor.apis(&Value::Map(attributes.collect())).unwrap();
        apis.into_iter().find(|api| api.setting == self.setting).unwrap()
    }

    fn document(&self) -> Json {
        serde_saphyr::from_str(self.text).unwrap()
    }
}

/// Compares a document, written in one of the forms that a document may have.
fn compared(api: &Api, document: &Json, form: usize) -> Comparison {
    compare(api, &Document::parse(&forms::written(document, form)).unwrap())
}
