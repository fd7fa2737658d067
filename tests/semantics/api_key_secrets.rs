//! The secret of an API key of Xident that is encrypted for `secret_recipient`, and the command that decrypts it.

use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::secrets::assert_without;
use crate::support::sandbox::{BINARY, Sandbox};
use crate::support::terraform::{self, Run};
use crate::support::workspace::Workspace;

const KEY: &str = "idv_xident_api_key.main";

/// Two key pairs, as `age-keygen` writes them; the names of their files.
const PAIRS: [(&str, &str, &str); 2] = [
    (
        "ops.txt",
        "age1jymym3n6gdq6ntvlv97f7gz3szn7fp2ddt9lg06es9ljx82n3axqh45htq",
        "AGE-SECRET-KEY-1L35CQUQWK654MLH6ZDV5EF4999U3KNN3J3NF2X7ET4JE28Z7SS5QHATXFH",
    ),
    (
        "shop.txt",
        "age15lu2x9jm2nn6y8ssyfdpg0dvm6epfev4a0mr576xtqkg3gfkzy4qunksg0",
        "AGE-SECRET-KEY-1SWXXCHQSP87DUFU6EC5L6R28D6PWDRH677VTYT89QTDLJARN0CJSW2L759",
    ),
];

/// A text that another implementation encrypted for the first pair.
const FOR_OPS: &str = "-----BEGIN AGE ENCRYPTED FILE-----
YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBCbTE3Q3dySHhSemQ3VTE0
bUpqSk5aZHVnemtTa2l1TUFXbE40WWJnVndnCmV1OHBiWXdQZnV1Y250ZGE4VGlw
TDgweDBDYkNDSm1nc2RwNUVQdEF3L0UKLT4gcC1ncmVhc2UgclIveGdKCndRZyta
VlFJMGlOeSt0SGJlYVJ2MzRRNkNlVTBkd1FaQzBFSDZreElvS2lMbHlxZlh5cDJ1
eUsvCi0tLSBXZXNOZmpnRm1ta0QzZy9yWWp5Ymo3KzV2Ymk4S1gwOVh1RVpzTVZo
b1BnCk5RVy2eJNeXIKPL0RNcYS8PQABogLU3XJnM6pku/KypD0vgl2S2aSuR7bQN
uwqfgMM/Bps=
-----END AGE ENCRYPTED FILE-----
";

fn start() -> (Sandbox, Workspace) {
    let sandbox = Sandbox::start().with_variable("IDV_XIDENT_API", "verify/v1");
    let workspace = Workspace::new(&sandbox);
    for (file, public, private) in PAIRS {
        workspace.write(file, &format!("# created: 2026-11-30T09:00:00Z\n# public key: {public}\n{private}\n"));
    }
    (sandbox, workspace)
}

/// A key, and an output with its encrypted secret.
fn key(lines: &str) -> String {
    format!(
        "resource \"idv_xident_api_key\" \"main\" {{\n  name = \"shop\"\n{lines}}}\n\
         output \"key\" {{\n  value = idv_xident_api_key.main.encrypted_secret\n}}\n"
    )
}

/// A key whose secret is encrypted for one of the pairs.
fn key_for(pair: usize) -> String {
    key(&format!("  secret_recipient = \"{}\"\n", PAIRS[pair].1))
}

/// The secret of the last key at the vendor.
fn token(sandbox: &Sandbox) -> String {
    sandbox.state()["xident"]["api_keys"].as_array().unwrap().last().unwrap()["token"].as_str().unwrap().to_owned()
}

/// Runs `decrypt` with a text on standard input.
fn decrypt(workspace: &Workspace, arguments: &[&str], input: &str) -> Run {
    let mut command = terraform::command(BINARY);
    command.arg("decrypt").args(arguments).current_dir(workspace.path());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that has found a mistake already has closed the pipe.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap().into()
}

/// The secret in state, decrypted with the private key of a pair.
fn decrypted(workspace: &Workspace, pair: usize) -> String {
    let encrypted = workspace.run(&["output", "-raw", "key"]).succeeded().stdout;
    decrypt(workspace, &["--identity", PAIRS[pair].0], &encrypted).succeeded().stdout
}

/// The files of the state and of its backup.
fn assert_state_is_without(workspace: &Workspace, secret: &str) {
    for file in ["terraform.tfstate", "terraform.tfstate.backup"] {
        let Ok(bytes) = std::fs::read(workspace.path().join(file)) else { continue };
        assert!(file != "terraform.tfstate" || String::from_utf8_lossy(&bytes).contains("secret_recipient"));
        assert_without(&[("the secret of the key", secret.to_owned())], file, &bytes);
    }
}

/// The status of a list of keys, requested with a key.
fn list_with(sandbox: &Sandbox, key: &str) -> u16 {
    let url = format!("{}/verify/v1/tokens", sandbox.url("xident"));
    let request = reqwest::blocking::Client::builder().no_proxy().build().unwrap().get(url).header("x-api-key", key);
    request.send().unwrap().status().as_u16()
}

#[test]
fn an_encrypted_secret_is_in_state_for_its_reader_alone() {
    let (sandbox, workspace) = start();
    workspace.configure(&key_for(0));
    let plan = workspace.plan();
    let unknown = &plan.change(KEY)["after_unknown"];
    assert!(unknown["encrypted_secret"] == true && unknown.get("secret").is_none(), "{unknown}");
    // A plain secret in the result would be a difference to the plan.
    assert_eq!(workspace.apply_saved().succeeded().warnings(), "");
    workspace.plan().assert_empty();

    let (state, token) = (&workspace.state()[KEY], token(&sandbox));
    assert_eq!(state["secret"], Value::Null);
    assert!(state["encrypted_secret"].as_str().unwrap().starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"));
    assert_state_is_without(&workspace, &token);

    let secret = decrypted(&workspace, 0);
    assert_eq!(secret, token, "nothing is printed but the secret");
    assert_eq!((list_with(&sandbox, &secret), list_with(&sandbox, "sk_test_no_such_key")), (200, 401));
}

#[test]
fn a_plain_secret_is_encrypted_in_place() {
    let (sandbox, workspace) = start();
    workspace.configure(&key(""));
    workspace.apply().succeeded();
    let token = token(&sandbox);
    assert_eq!(workspace.state()[KEY]["secret"], token.as_str());

    workspace.configure(&key_for(0));
    let plan = workspace.plan();
    assert_eq!(plan.actions(KEY), ["update"]);
    assert!(plan.warnings().contains("The secret of `1` stays in earlier states"), "{}", plan.warnings());
    sandbox.forget_requests();
    workspace.apply_saved().succeeded();
    assert_eq!(sandbox.requests(), Vec::<Value>::new(), "the vendor has no part in it");
    workspace.plan().assert_empty();
    assert_eq!(workspace.state()[KEY]["secret"], Value::Null);
    assert_eq!(decrypted(&workspace, 0), token);
    // The backup is the earlier state, of which the warning is.
    let state = std::fs::read(workspace.path().join("terraform.tfstate")).unwrap();
    assert_without(&[("the secret of the key", token)], "the state", &state);
}

#[test]
fn another_reader_needs_another_key() {
    let (sandbox, workspace) = start();
    workspace.configure(&key_for(0));
    workspace.apply().succeeded();
    let first = token(&sandbox);
    workspace.configure(&key_for(1));
    let plan = workspace.plan();
    assert_eq!(plan.actions(KEY), ["delete", "create"]);
    assert_eq!(plan.change(KEY)["replace_paths"], json!([["secret_recipient"]]));
    workspace.apply_saved().succeeded();
    workspace.plan().assert_empty();
    assert_ne!(token(&sandbox), first);
    assert_eq!(decrypted(&workspace, 1), token(&sandbox));
    assert_state_is_without(&workspace, &token(&sandbox));

    workspace.configure(&key(""));
    assert_eq!(workspace.plan().actions(KEY), ["delete", "create"], "without a reader");
    workspace.apply_saved().succeeded();
    let state = &workspace.state()[KEY];
    assert_eq!((&state["secret"], &state["encrypted_secret"]), (&json!(token(&sandbox)), &Value::Null));
    workspace.plan().assert_empty();
}

#[test]
fn an_imported_key_has_no_secret_and_is_not_replaced() {
    let (sandbox, workspace) = start();
    workspace.configure(&key_for(0));
    workspace.apply().succeeded();
    let imported = Workspace::new(&sandbox);
    imported.configure(&key_for(0));
    imported.import(KEY, "1").succeeded();
    let plan = imported.plan();
    assert_eq!(plan.actions(KEY), ["update"]);
    assert!(plan.warnings().contains("No secret of the API key `1` to encrypt"), "{}", plan.warnings());
    imported.apply_saved().succeeded();
    imported.plan().assert_empty();
    let state = &imported.state()[KEY];
    assert_eq!((&state["secret"], &state["encrypted_secret"]), (&Value::Null, &Value::Null));
    for configuration in [key_for(1), key("")] {
        imported.configure(&configuration);
        assert_eq!(imported.plan().actions(KEY), ["update"], "{configuration}");
        imported.apply_saved().succeeded();
        imported.plan().assert_empty();
    }
}

#[test]
fn a_reader_that_another_resource_knows_may_be_unknown_in_the_plan() {
    let (sandbox, workspace) = start();
    let from_elsewhere = |recipient: &str| {
        format!("resource \"terraform_data\" \"reader\" {{\n  input = {recipient}\n}}\n")
            + &key("  secret_recipient = terraform_data.reader.output\n")
    };
    workspace.configure(&from_elsewhere(&format!("\"{}\"", PAIRS[0].1)));
    let plan = workspace.plan();
    let unknown = &plan.change(KEY)["after_unknown"];
    assert!(unknown["encrypted_secret"] == true && unknown["secret"] == true, "{unknown}");
    workspace.apply_saved().succeeded();
    workspace.plan().assert_empty();
    assert_eq!(decrypted(&workspace, 0), token(&sandbox));
    assert_state_is_without(&workspace, &token(&sandbox));
    workspace.destroy().succeeded();

    // Terraform validates a value that it learns in the apply no more; the provider does, before anything is sent.
    for (wrong, summary) in
        [("age1typo", "Wrong value for `secret_recipient`"), (PAIRS[0].2, "A private key in `secret_recipient`")]
    {
        workspace.configure(&from_elsewhere(&format!("\"{wrong}\"")));
        sandbox.forget_requests();
        let run = workspace.apply().failed();
        assert!(run.errors().contains(summary), "{}", run.errors());
        assert_eq!(sandbox.count("POST /verify/v1/tokens"), 0, "{wrong}");
    }
}

#[test]
fn a_secret_that_was_lost_with_its_response_is_that_of_another_key_after_the_next_apply() {
    let (sandbox, workspace) = start();
    sandbox.fault(&json!({
        "vendor": "xident", "method": "POST", "path": "/verify/v1/tokens", "kind": "drop", "after": true
    }));
    workspace.configure(&key_for(0));
    let errors = workspace.apply().failed().errors();
    assert!(errors.contains("The API key \"1\" lost its secret"), "{errors}");
    let state = &workspace.state()[KEY];
    assert_eq!((&state["secret"], &state["encrypted_secret"]), (&Value::Null, &Value::Null));
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    assert_eq!(decrypted(&workspace, 0), token(&sandbox));
    assert_eq!(sandbox.state()["xident"]["api_keys"].as_array().unwrap().len(), 1, "the first key was deleted");
}

#[test]
fn a_wrong_recipient_is_refused_and_a_private_key_is_not_printed() {
    let (sandbox, workspace) = start();
    let (_, public, private) = PAIRS[0];
    for (wrong, expected) in [
        (private.to_owned(), "is a private key"),
        (private.to_lowercase(), "is a private key"),
        (format!("{public}\\n"), "use `trimspace(...)`"),
        (public[..60].to_owned(), "is not complete or has a wrong character"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5".to_owned(), "is no public key of age"),
    ] {
        workspace.configure(&key(&format!("  secret_recipient = \"{wrong}\"\n")));
        for run in [workspace.validate(), workspace.run(&["plan", "-no-color"])] {
            let run = run.failed();
            let said = format!("{}{}", run.stdout, run.stderr);
            // Terraform breaks long lines between words.
            let words = said.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
            assert!(words.contains(expected), "{wrong}: {said}");
            assert!(!said.to_uppercase().contains("AGE-SECRET-KEY-1L35"), "{said}");
        }
    }
    assert_eq!(sandbox.requests(), Vec::<Value>::new());
}

#[test]
fn decrypt_says_what_is_wrong() {
    let (_sandbox, workspace) = start();
    workspace.write("public.txt", &format!("{}\n", PAIRS[0].1));
    workspace.write("empty.txt", "# a comment\n");
    workspace.write("saved.age", &FOR_OPS.replace('\n', "\r\n"));
    for (arguments, input, expected) in [
        (&["-i", "ops.txt"][..], FOR_OPS, Ok("from-another-program")),
        (&["-i", "ops.txt"], FOR_OPS.trim(), Ok("from-another-program")),
        (&["-i", "ops.txt", "saved.age"], "", Ok("from-another-program")),
        (&["-i", "shop.txt"], FOR_OPS, Err("it was encrypted for another key. `age-keygen -y shop.txt` prints")),
        (&["-i", "ops.txt"], "sk_test_hunter2", Err("it is no age file")),
        (&["-i", "ops.txt"], &FOR_OPS[..200], Err("the age file is damaged")),
        (&["-i", "ops.txt"], "\n", Err("there is no encrypted text")),
        (&["-i", "none.txt"], FOR_OPS, Err("`none.txt` cannot be read")),
        (&["-i", "ops.txt", "none.age"], "", Err("`none.age` cannot be read")),
        (&["-i", "public.txt"], FOR_OPS, Err("line 1 is a public key")),
        (&["-i", "empty.txt"], FOR_OPS, Err("it has no private key")),
    ] {
        let run = decrypt(&workspace, arguments, input);
        match expected {
            Ok(secret) => assert_eq!(run.succeeded().stdout, secret, "{arguments:?}"),
            Err(error) => {
                let run = run.failed();
                assert!(run.stderr.contains(error), "{arguments:?}: {}", run.stderr);
                assert!(run.stdout.is_empty() && !run.stderr.contains("hunter2"), "{arguments:?}: {}", run.stderr);
            }
        }
    }
}
