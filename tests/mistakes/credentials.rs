//! Credentials with a line break or a blank around them, and addresses with a part too many: the error names the setting and
//! says what to change, before any request.

use std::fmt::Write;

use crate::support::objects;
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// An object of each vendor, for which the provider signs in.
const OBJECTS: &str = r#"
data "idv_vult_webhooks" "all" {}
data "idv_onekosmos_service_keys" "all" {}
data "idv_fiven_credentials" "all" {}
data "idv_xident_requirements" "main" {}
data "idv_didit_lists" "all" {}
"#;

/// The vendors with their credentials. Didit takes a key or a client.
const CREDENTIALS: [(&str, &[&str]); 5] = [
    ("vult", &["client_id", "client_secret"]),
    ("onekosmos", &["license_key", "private_key", "template_session_id", "tenant_id", "community_name"]),
    ("fiven", &["client_id", "client_secret"]),
    ("xident", &["secret_key", "publishable_key"]),
    ("didit", &["api_key"]),
];

const CLIENT_OF_DIDIT: [(&str, &[&str]); 1] = [("didit", &["client_id", "client_secret"])];

fn variable(vendor: &str, attribute: &str) -> String {
    format!("IDV_{}_{}", vendor.to_uppercase(), attribute.to_uppercase())
}

/// The value of a credential.
fn value(sandbox: &Sandbox, vendor: &str, attribute: &str) -> String {
    let state = &sandbox.state()[vendor][attribute];
    match (sandbox.env().get(&variable(vendor, attribute)), state.as_str()) {
        (Some(value), _) => value.clone(),
        (None, Some(value)) => value.to_owned(),
        (None, None) => "V/5fpevE+vPr5pC1hn9tSNPsCWTKQpoepczvfAvyIUg=".to_owned(),
    }
}

#[test]
fn credential_with_a_line_break_or_a_blank_is_named() {
    let sandbox = Sandbox::start();
    for (before, after, problem) in
        [("", "\n", "ends with a line break"), ("", "\r\n", "ends with a line break"), (" ", "", "begins with a blank")]
    {
        for credentials in [&CREDENTIALS[..], &CLIENT_OF_DIDIT] {
            for in_environment in [true, false] {
                let mut workspace = Workspace::new(&sandbox);
                let mut configuration = String::from("provider \"idv\" {\n");
                for (vendor, names) in credentials {
                    writeln!(configuration, "  {vendor} = {{").unwrap();
                    for name in *names {
                        let value = format!("{before}{}{after}", value(&sandbox, vendor, name));
                        if in_environment {
                            workspace.set(&variable(vendor, name), &value);
                        } else {
                            writeln!(configuration, "    {name} = {}", serde_json::to_string(&value).unwrap()).unwrap();
                        }
                    }
                    configuration += "  }\n";
                }
                configuration += "}\n";
                if credentials.len() == 1 {
                    workspace.set("IDV_DIDIT_API_KEY", "");
                }
                workspace.configure(&format!("{configuration}{OBJECTS}"));
                let errors = workspace.try_plan().failed().errors();
                for (vendor, name) in
                    credentials.iter().flat_map(|(vendor, names)| names.iter().map(move |name| (vendor, name)))
                {
                    let shown = if in_environment { variable(vendor, name) } else { format!("{vendor}.{name}") };
                    let shown = errors.contains(&format!("`{shown}` {problem}"))
                        || errors.contains(&format!("`{name}` {problem}"));
                    assert!(shown, "{vendor}.{name} {problem}, in the environment: {in_environment}: {errors}");
                }
                assert!(errors.contains("trimspace"), "{errors}");
            }
        }
    }
    assert!(sandbox.requests().is_empty(), "{:?}", sandbox.request_lines());
}

#[test]
fn base_url_with_a_path_that_is_added_again_is_named() {
    let sandbox = Sandbox::start();
    for (vendor, end) in [
        ("didit", "/v3"),
        ("didit", "/v3/"),
        ("xident", "/v1"),
        ("xident", "/verify/v1"),
        ("xident", "/verify"),
        ("fiven", "/api/v1"),
        ("fiven", "/api"),
        ("onekosmos", "/api/r1"),
        ("vult", "/oauth/token"),
    ] {
        let mut workspace = Workspace::new(&sandbox);
        let variable = variable(vendor, "base_url");
        let correct = sandbox.env()[&variable].clone();
        workspace.set(&variable, &format!("{correct}{end}"));
        let objects: String = OBJECTS.lines().filter(|line| line.contains(&format!("_{vendor}_"))).collect();
        workspace.configure(&format!("provider \"idv\" {{}}\n{objects}"));
        let errors = workspace.try_plan().failed().errors();
        let end = end.trim_end_matches('/');
        assert!(errors.contains(&format!("`base_url` must not end with `{end}`")), "{errors}");
        assert!(errors.contains(&format!("Write `{correct}`.")), "{errors}");
    }
    assert!(sandbox.requests().is_empty(), "{:?}", sandbox.request_lines());
}

#[test]
fn https_for_a_port_of_plain_http_is_named() {
    let sandbox = objects::sandbox();
    for (vendor, object) in
        [("vult", "idv_vult_webhooks"), ("didit", "idv_didit_lists"), ("fiven", "idv_fiven_credentials")]
    {
        let mut workspace = Workspace::new(&sandbox);
        let host = sandbox.url(vendor).strip_prefix("http://").unwrap();
        workspace.set(&variable(vendor, "base_url"), &format!("https://{host}"));
        workspace.set("NO_PROXY", "127.0.0.1");
        workspace.configure(&format!("data \"{object}\" \"all\" {{}}"));
        let errors = workspace.try_plan().failed().errors();
        let hint =
            format!("`{host}` does not speak TLS. If it serves plain HTTP, such as a sandbox, write `http://{host}`.");
        assert!(errors.contains(&hint), "{vendor}: {errors}");
    }
}
