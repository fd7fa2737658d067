//! The formats of reports and the exit codes.

use expect_test::expect;
use serde_json::Value;

use super::workspace;
use crate::support::workspace::Workspace;

/// One error, one warning, one file that is not HCL.
fn bad() -> Workspace {
    let workspace = workspace(
        "resource \"idv_vult_webhook\" \"it\" {\n  nme = \"a\"\n  url = \"http://hooks.example.com/é,%\"\n}\n",
    );
    workspace.write("other.tf", "a = 1\nb = = 2\n");
    workspace
}

#[test]
fn text_has_a_line_for_each_finding_and_a_summary() {
    let run = bad().run_provider(&["lint"]);
    expect![[r#"
        main.tf:2:3: error [unknown-key] `idv_vult_webhook.it` has no attribute `nme`. Terraform rejects it.
          Did you mean `name`?
        main.tf:3:9: warning [plain-http] `url` of `idv_vult_webhook.it` begins with `http://`.
          Use `https://`.
        other.tf:2:5: not checked: the file is not HCL: invalid expression; expected `"`, `[`, `{`, `-`, `!`, `(`, `_`, `<`, letter or digit
        1 error, 1 warning in 1 file, 1 not checked.
    "#]]
    .assert_eq(&run.stdout);
    assert_eq!(run.code, Some(1), "a file that is not checked is a failure, and the others are checked");
}

#[test]
fn github_has_a_command_for_each_finding() {
    let run = bad().run_provider(&["lint", "--format", "github"]);
    expect![[r#"
        ::error file=main.tf,line=2,col=3,endLine=2,title=unknown-key::`idv_vult_webhook.it` has no attribute `nme`. Terraform rejects it.%0ADid you mean `name`?
        ::warning file=main.tf,line=3,col=9,endLine=3,title=plain-http::`url` of `idv_vult_webhook.it` begins with `http://`.%0AUse `https://`.
        ::error file=other.tf,line=2,col=5,title=not checked::the file is not HCL: invalid expression; expected `"`, `[`, `{`, `-`, `!`, `(`, `_`, `<`, letter or digit
        1 error, 1 warning in 1 file, 1 not checked.
    "#]]
    .assert_eq(&run.stdout);
}

#[test]
fn sarif_has_the_fields_that_the_format_requires() {
    let run = bad().run_provider(&["lint", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let [scan] = &log["runs"].as_array().unwrap()[..] else { panic!("{log:#}") };
    let driver = &scan["tool"]["driver"];
    assert_eq!(driver["name"], "terraform-provider-idv");
    let rules = driver["rules"].as_array().unwrap();
    for rule in rules {
        assert!(rule["id"].is_string() && rule["shortDescription"]["text"].is_string(), "{rule:#}");
        assert!(rule["help"]["text"].is_string() && rule.get("helpUri").is_none(), "{rule:#}");
    }
    let results = scan["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(result["message"]["text"].is_string() && matches!(result["level"].as_str(), Some("error" | "warning")));
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "main.tf");
        let region = |name: &str| place["region"][name].as_u64().unwrap();
        assert!(region("startLine") >= 1 && region("startColumn") >= 1 && region("endColumn") > region("startColumn"));
    }
    // The column counts characters and not bytes: the value ends after `é`.
    assert_eq!(results[1]["locations"][0]["physicalLocation"]["region"]["endColumn"], 39);
    let invocation = &scan["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(
        invocation["toolExecutionNotifications"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "other.tf"
    );
}

#[test]
fn paths_are_relative_to_the_working_folder() {
    let workspace = workspace("");
    for folder in ["envs", "modules/a b"] {
        std::fs::create_dir_all(workspace.path().join(folder)).unwrap();
    }
    workspace.write(
        "envs/main.tf",
        "module \"it\" {\n  source = \"../modules/a b\"\n}\nmodule \"gone\" {\n  source = \"./gone\"\n}\n",
    );
    workspace.write("modules/a b/it.tf", "data \"idv_didit_lists\" \"it\" {\n  x = 1\n}\n");
    let absolute = workspace.path().join("envs").display().to_string();
    for folder in ["envs", "./envs/", &absolute] {
        let run = workspace.run_provider(&["lint", folder]);
        assert!(run.stdout.contains("modules/a b/it.tf:2:3: error [unknown-key]"), "{}", run.stdout);
        assert!(run.stdout.contains("envs/main.tf:4:1: not checked: the folder of the module"), "{}", run.stdout);
        assert_eq!(run.code, Some(1));
    }
    let sarif = workspace.run_provider(&["lint", "--format", "sarif", "envs"]).stdout;
    assert!(sarif.contains("\"modules/a%20b/it.tf\""), "{sarif}");
}

#[test]
fn exit_codes_tell_clean_found_and_failed_apart() {
    let warned = workspace("resource \"idv_vult_webhook\" \"it\" {\n  url = \"http://hooks.example.com\"\n}\n");
    assert_eq!(warned.run_provider(&["lint"]).code, Some(2));
    assert_eq!(warned.run_provider(&["lint", "--severity", "error"]).code, Some(0));
    assert_eq!(warned.run_provider(&["lint", "--ignore", "plain-http"]).code, Some(0));
    let absent = warned.run_provider(&["lint", "absent"]);
    assert_eq!(absent.code, Some(1));
    assert!(absent.stderr.contains("the folder `absent` cannot be read"), "{}", absent.stderr);
    std::fs::create_dir(warned.path().join("empty")).unwrap();
    let empty = warned.run_provider(&["lint", "empty"]);
    assert_eq!(empty.code, Some(1));
    assert!(empty.stderr.contains("has no `.tf`"), "{}", empty.stderr);
}

#[test]
fn the_guide_has_the_table_of_the_rules() {
    let table = workspace("").run_provider(&["lint", "--list-rules"]).succeeded().stdout;
    let guide = include_str!("../../docs/guides/lint.md");
    assert!(guide.contains(&table), "docs/guides/lint.md does not have the table of `lint --list-rules`:\n{table}");
}
