//! Environment variables, behind a type that a test can replace.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A source of environment variables.
#[derive(Clone)]
pub struct Environment(Arc<Lookup>);

type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Environment {
    /// The variables of this process. Empty variables count as not set, as in Terraform.
    pub fn of_process() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment for the framework")]
        Self(Arc::new(|name| std::env::var(name).ok().filter(|value| !value.is_empty())))
    }

    /// Only these variables.
    pub fn of(variables: BTreeMap<String, String>) -> Self {
        Self(Arc::new(move |name| variables.get(name).cloned()))
    }

    /// The value of a variable, if it is set and not empty.
    pub fn get(&self, name: &str) -> Option<String> {
        (self.0)(name)
    }
}
