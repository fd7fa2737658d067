//! The rules of `lint`: id, severity, what a finding is, and why it matters. The table in the guide is made from them.

use std::fmt::Write;

use crate::framework::Severity;
use crate::framework::rules::nearest;

/// A rule.
#[derive(Debug, PartialEq, Eq)]
pub struct LintRule {
    /// Its id, which comments, flags and reports name. It never changes.
    pub id: &'static str,
    /// How bad a finding is.
    pub severity: Severity,
    /// What is found, as a sentence.
    pub summary: &'static str,
    /// Why it matters, as a sentence.
    pub reason: &'static str,
}

const fn error(id: &'static str, summary: &'static str, reason: &'static str) -> LintRule {
    LintRule { id, severity: Severity::Error, summary, reason }
}

const fn warning(id: &'static str, summary: &'static str, reason: &'static str) -> LintRule {
    LintRule { id, severity: Severity::Warning, summary, reason }
}

/// A key that the schema does not have.
pub(super) const UNKNOWN_KEY: LintRule = error(
    "unknown-key",
    "A key is not in the provider's schema, at any depth.",
    "Terraform drops unknown keys of nested attributes without a message, so the setting is not applied.",
);

/// Two resources for the same settings.
pub(super) const DUPLICATE_SETTINGS: LintRule = error(
    "duplicate-settings",
    "Two resources manage the same settings of a tenant.",
    "Each apply writes the values of one of them over those of the other.",
);

/// A secret in a file.
pub(super) const LITERAL_SECRET: LintRule = error(
    "literal-secret",
    "A secret is written as a literal, or as the default of its variable.",
    "Everybody who can read the repository, or a copy of it, has the secret.",
);

/// A credential in an address.
pub(super) const TOKEN_IN_URL: LintRule = error(
    "token-in-url",
    "An address contains a password or a token.",
    "Addresses are kept in state and in logs in plain text.",
);

/// An address without TLS.
pub(super) const PLAIN_HTTP: LintRule = warning(
    "plain-http",
    "An address that receives data or credentials begins with `http://`. Loopback addresses are exempt.",
    "Personal data and signatures cross the network in plain text.",
);

/// A comment that switches nothing off.
pub(super) const BAD_IGNORE: LintRule = warning(
    "bad-ignore",
    "A comment `idv-lint: ignore=` has no reason or names an unknown rule. It has no effect.",
    "Nobody can tell later whether the exception still holds.",
);

/// A face match without a liveness check.
pub(super) const FACE_MATCH_WITHOUT_LIVENESS: LintRule = warning(
    "face-match-without-liveness",
    "A Didit workflow has `FACE_MATCH` and no `LIVENESS`.",
    "A photo of the document's owner passes the face match.",
);

/// A proofing workflow in which a path has no selfie.
pub(super) const PROOFING_WITHOUT_SELFIE: LintRule = warning(
    "proofing-without-selfie",
    "A 1Kosmos proofing template has a path that ends without `CAPTURE_SELFIE`.",
    "Whoever holds a stolen document can finish on that path.",
);

/// A match on the sanctions list that does not count.
pub(super) const SANCTIONS_WEIGHT_ZERO: LintRule = warning(
    "sanctions-weight-zero",
    "`ofac_fuzzy_match_weight` of VULT is 0.",
    "A match on the OFAC sanctions list does not change the score.",
);

/// A low tolerance of liveness.
pub(super) const LOW_LIVENESS: LintRule = warning(
    "low-liveness",
    "`minimum_liveness_tolerance` of VULT is below the bound of `--min-liveness`. Off without the flag.",
    "The lower it is, the more recordings and masks pass as a live person.",
);

/// Settings that nobody restores.
pub(super) const FORGET_IN_PRODUCTION: LintRule = warning(
    "forget-in-production",
    "`on_destroy` is `forget` in a path with `prod`, `production` or `live`.",
    "A destroy leaves the settings of the production tenant as they are, and nobody manages them.",
);

/// Many attempts.
pub(super) const MANY_RETRIES: LintRule = warning(
    "many-retries",
    "`max_retry_attempts` of Didit is above the bound of `--max-retries`. Off without the flag.",
    "Each attempt is another chance for a forged document.",
);

/// All rules, in the order of the table.
pub const RULES: [&LintRule; 12] = [
    &UNKNOWN_KEY,
    &DUPLICATE_SETTINGS,
    &LITERAL_SECRET,
    &TOKEN_IN_URL,
    &PLAIN_HTTP,
    &FACE_MATCH_WITHOUT_LIVENESS,
    &PROOFING_WITHOUT_SELFIE,
    &SANCTIONS_WEIGHT_ZERO,
    &LOW_LIVENESS,
    &FORGET_IN_PRODUCTION,
    &MANY_RETRIES,
    &BAD_IGNORE,
];

/// The rule with an id. The error is a message for the command line.
pub fn rule(id: &str) -> Result<&'static LintRule, String> {
    RULES.into_iter().find(|rule| rule.id == id).ok_or_else(|| {
        let ids = RULES.map(|rule| rule.id);
        let hint = nearest(id, &ids).map_or_else(
            || "`--list-rules` prints the rules.".to_owned(),
            |nearest| format!("Did you mean `{nearest}`?"),
        );
        format!("there is no rule `{id}`. {hint}")
    })
}

/// The severity as reports write it.
pub(super) fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// The table of the rules, as Markdown.
pub fn table() -> String {
    let mut text = "| rule | severity | what is found | why |\n|---|---|---|---|\n".to_owned();
    for LintRule { id, severity, summary, reason } in RULES {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| `{id}` | {} | {summary} | {reason} |", severity_name(*severity));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_rule_is_named_with_the_nearest() {
        assert_eq!(rule("plain-http").unwrap(), &PLAIN_HTTP);
        assert!(rule("plain-htp").unwrap_err().ends_with("Did you mean `plain-http`?"));
        assert!(rule("x").unwrap_err().contains("--list-rules"));
    }

    #[test]
    fn ids_are_distinct_and_sentences_end() {
        let ids: std::collections::BTreeSet<_> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), RULES.len());
        assert!(RULES.iter().all(|rule| rule.summary.ends_with('.') && rule.reason.ends_with('.')));
    }
}
