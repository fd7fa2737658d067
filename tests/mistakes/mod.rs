//! What a user reads after a mistake: each message names the attribute or the variable, what was found and what to do.

mod configuration;
mod didit;
mod didit_lists;
mod documents;
mod every_request;
mod fiven;
mod objects;
mod onekosmos;
mod outages;
mod xident;

use expect_test::Expect;

use crate::support::sandbox::Sandbox;
use crate::support::terraform::Run;
use crate::support::workspace::Workspace;

/// A webhook, for mistakes in the provider block that show once an object is used.
const WEBHOOK: &str = r#"
resource "idv_vult_webhook" "events" {
  name = "events"
  url  = "https://hooks.example.com/idv"
}
"#;

/// A tenant and a workspace, to make one mistake in.
struct Bench {
    sandbox: Sandbox,
    workspace: Workspace,
}

impl Bench {
    /// With the sandbox's variables: all is well until the test changes something.
    fn new() -> Self {
        let sandbox = Sandbox::start();
        let workspace = Workspace::new(&sandbox);
        Self { sandbox, workspace }
    }

    /// Sets a variable to what is wrong.
    fn variable(mut self, name: &str, value: &str) -> Self {
        self.workspace.set(name, value);
        self
    }

    /// The errors of a plan. Without a provider block Terraform would add an error of its own to ours.
    fn plan(&self, configuration: &str, expected: &Expect) {
        let block = if configuration.contains("provider \"idv\"") { "" } else { "provider \"idv\" {}\n" };
        self.workspace.configure(&format!("{block}{configuration}"));
        self.check(self.workspace.try_plan(), expected);
    }

    /// The errors of a validation, which must not ask the vendor.
    fn validate(&self, configuration: &str, expected: &Expect) {
        self.workspace.configure(configuration);
        self.check(self.workspace.validate(), expected);
        assert!(self.sandbox.requests().is_empty(), "validation is offline");
    }

    /// Compares with what differs from run to run replaced by words.
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
