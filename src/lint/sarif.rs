//! Reports as SARIF 2.1.0, the format of code scanning.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value as Json, json};

use super::rules::{LintRule, RULES, severity_name};
use super::{Finding, Problem, Report};

/// The schema of the format.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// What a path must not contain as a URI.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b':');

/// The report as a log with one run.
pub(super) fn document(report: &Report, version: &str) -> Json {
    let rules = RULES.map(|rule| {
        let LintRule { id, severity, summary, reason } = rule;
        json!({
            "id": id,
            "shortDescription": { "text": summary },
            "fullDescription": { "text": reason },
            "help": { "text": format!("{summary} {reason}") },
            "defaultConfiguration": { "level": severity_name(*severity) },
        })
    });
    let notification = |problem: &Problem| {
        let region = json!({ "startLine": problem.line, "startColumn": problem.column });
        json!({
            "level": "error",
            "message": { "text": problem.message },
            "locations": [location(&problem.file, &region)],
        })
    };
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "terraform-provider-idv", "version": version, "rules": rules } },
            "invocations": [{
                "executionSuccessful": report.problems.is_empty(),
                "toolExecutionNotifications": report.problems.iter().map(notification).collect::<Vec<_>>(),
            }],
            "columnKind": "unicodeCodePoints",
            "results": report.findings.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

fn result(finding: &Finding) -> Json {
    let region = json!({
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": finding.end_line,
        "endColumn": finding.end_column,
    });
    json!({
        "ruleId": finding.rule,
        "ruleIndex": RULES.iter().position(|rule| rule.id == finding.rule),
        "level": severity_name(finding.severity),
        "message": { "text": format!("{} {}", finding.message, finding.hint) },
        "locations": [location(&finding.file, &region)],
    })
}

fn location(file: &str, region: &Json) -> Json {
    let uri = utf8_percent_encode(file, PATH).to_string();
    json!({ "physicalLocation": { "artifactLocation": { "uri": uri }, "region": region } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_uris() {
        let location = location("envs/a b#1/c:d.tf", &json!({}));
        assert_eq!(location["physicalLocation"]["artifactLocation"]["uri"], "envs/a%20b%231/c%3Ad.tf");
    }
}
