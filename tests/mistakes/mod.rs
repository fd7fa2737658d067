//! Errors after a mistake of the user: each names the attribute or the variable, the value, and what to do.

mod configuration;
mod credentials;
mod didit;
mod didit_lists;
mod documents;
mod every_request;
mod fiven;
mod nulls;
mod objects;
mod onekosmos;
mod outages;
mod rate_limits;
mod refusals;
mod unknown_names;
mod wrong_routes;
mod xident;

use expect_test::Expect;

use crate::support::sandbox::Sandbox;
use crate::support::terraform::Run;
use crate::support::workspace::Workspace;

/// A webhook, for mistakes in the provider block that are reported when an object is used.
const WEBHOOK: &str = r#"
resource "idv_vult_webhook" "events" {
  name = "events"
  url  = "https://hooks.example.com/idv"
}
"#;

/// A tenant and a workspace for one mistake.
struct Bench {
    sandbox: Sandbox,
    workspace: Workspace,
}

impl Bench {
    /// Starts a sandbox with a valid configuration.
    fn new() -> Self {
        let sandbox = Sandbox::start();
        let workspace = Workspace::new(&sandbox);
        Self { sandbox, workspace }
    }

    /// Sets a variable.
    fn variable(mut self, name: &str, value: &str) -> Self {
        self.workspace.set(name, value);
        self
    }

    /// Checks the errors of a plan. Without a provider block Terraform would add its own error.
    fn plan(&self, configuration: &str, expected: &Expect) {
        let block = if configuration.contains("provider \"idv\"") { "" } else { "provider \"idv\" {}\n" };
        self.workspace.configure(&format!("{block}{configuration}"));
        self.check(self.workspace.try_plan(), expected);
    }

    /// Checks the errors of a validation, which must send no request.
    fn validate(&self, configuration: &str, expected: &Expect) {
        self.workspace.configure(configuration);
        self.check(self.workspace.validate(), expected);
        assert!(self.sandbox.requests().is_empty(), "validation is offline");
    }

    /// Checks the warnings of a validation that succeeds.
    fn warns(&self, configuration: &str, expected: &Expect) {
        self.workspace.configure(configuration);
        expected.assert_eq(&self.workspace.validate().succeeded().warnings());
    }

    /// Compares the errors, with placeholders for what differs from run to run.
    fn check(&self, run: Run, expected: &Expect) {
        let errors = run.failed().errors();
        let errors = ["vult", "onekosmos", "fiven", "didit", "xident"].iter().fold(errors, |errors, vendor| {
            let url = self.sandbox.url(vendor);
            let host = url.split("://").nth(1).unwrap();
            let name = vendor.to_uppercase();
            errors.replace(url, &format!("{name}_URL")).replace(host, &format!("{name}_HOST"))
        });
        // Linux and macOS number their errors differently.
        expected.assert_eq(&errors.replace(" (os error 111)", "").replace(" (os error 61)", ""));
    }
}
