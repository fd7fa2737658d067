//! Completions for shells and the manual page, which follow from the arguments of the command line.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::sandbox::BINARY;
use crate::support::terraform;

fn printed(arguments: &[&str]) -> String {
    let output = terraform::command(BINARY).args(arguments).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The commands, as the help lists them.
fn commands() -> Vec<String> {
    let help = printed(&["--help"]);
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.map(|line| line.split_whitespace().next().unwrap().to_owned()).filter(|name| name != "help").collect()
}

#[test]
fn every_command_is_completed_in_every_shell() {
    let commands = commands();
    assert!(commands.len() > 10, "{commands:?}");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = printed(&["completions", shell]);
        let missing: Vec<_> = commands.iter().filter(|name| !script.contains(name.as_str())).collect();
        assert!(missing.is_empty() && script.contains("ready-file"), "{shell} does not complete {missing:?}");
    }
}

#[test]
fn bash_completes_a_command() {
    let script = format!(
        "{}\nCOMP_WORDS=(terraform-provider-idv do) COMP_CWORD=1\n\
         $(complete -p terraform-provider-idv | grep -o '_terraform[a-z_]*') terraform-provider-idv do ''\n\
         echo \"${{COMPREPLY[@]}}\"",
        printed(&["completions", "bash"])
    );
    let mut bash = Command::new("bash").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "doctor");
}

#[test]
fn manual_page_has_every_command() {
    let page = printed(&["man"]);
    assert!(page.contains("\n.TH terraform-provider-idv 1 "), "{page}");
    for name in commands() {
        assert!(page.contains(&format!(".SH \"THE COMMAND {}\"", name.to_uppercase())), "{name}");
    }
    assert!(page.contains(".SS OPTIONS") && page.contains("\\-\\-ready\\-file"), "{page}");
}
