//! Which objects the resources of a run claim for themselves.
//!
//! Settings that a vendor has once, such as a tenant's weights, can be declared by two resources. Each apply would then
//! overwrite what the other resource wrote. So a plan claims what it manages, and a second claim is refused.
//!
//! Terraform sends no addresses, so a claim has to be told from a repeated plan of the same resource. These are the rules, and
//! none of them refuses what is legitimate:
//!
//! - Claims belong to one configured provider. Terraform configures a new one for each walk (validate, plan, apply), and plans
//!   each resource once in a walk, twice for a replacement.
//! - The second pass of a replacement claims nothing: the first has claimed already. Core sends the planned identity, and from
//!   any version the planned private state, of the first pass with it; a create has neither.
//! - What counts is the planned key and not the prior one. So two resources may swap their keys.
//! - A destroy claims nothing, and neither does a read. So a resource may be renamed without a `moved` block, and replaced with
//!   `create_before_destroy`.
//! - A key that is not known yet claims nothing in the plan. The apply plans again, with the key, and claims then.
//!
//! Two provider blocks for one tenant are two processes, and are not compared.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::check;
use super::diagnostics::{Diagnostic, Diagnostics};
use super::schema::Schema;
use super::value::Value;

/// What a resource manages for itself alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What identifies it among the objects of the type and tenant.
    pub key: String,
    /// The summary of the error for a second claim, such as `Two resources manage the weights`.
    pub summary: String,
    /// What it is called in a sentence, such as `the weights`.
    pub object: String,
}

/// The claims of one configured provider: the configuration of the first claimant, by type and key.
#[derive(Default)]
pub(super) struct Claims(Mutex<HashMap<(&'static str, String), Value>>);

impl Claims {
    /// Claims an object for the resource with this configuration; an error if another resource has it.
    pub(super) fn claim(
        &self,
        type_name: &'static str,
        claim: Claim,
        schema: &Schema,
        config: &Value,
    ) -> Result<(), Diagnostics> {
        let Claim { key, summary, object } = claim;
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(first) = claims.get(&(type_name, key.clone())) else {
            claims.insert((type_name, key), config.clone());
            return Ok(());
        };
        let detail = format!(
            "Another resource of this configuration manages {object} too, and each apply would overwrite what the other one wrote. \
             {} Keep one `idv_{type_name}` for it. If both are in state, remove the other one by a `removed` block with `destroy = \
             false`, or by `terraform state rm`.",
            differences(schema, config, first)
        );
        Err(Diagnostic::error(summary, detail).into())
    }
}

/// A sentence about the attributes that differ between two configurations, so that both resources can be found.
fn differences(schema: &Schema, this: &Value, other: &Value) -> String {
    let different: Vec<_> = schema
        .attributes()
        .iter()
        .filter(|attribute| !attribute.write_only && this.get(&attribute.name) != other.get(&attribute.name))
        .map(|attribute| {
            let shown = |config: &Value| {
                if attribute.is_secret() { "a secret".to_owned() } else { check::show(config.get(&attribute.name)) }
            };
            format!("`{}` ({} here, {} there)", attribute.name, shown(this), shown(other))
        })
        .collect();
    if different.is_empty() {
        return "Both set the same attributes.".to_owned();
    }
    format!("They differ in {}.", different.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::Attribute;

    #[test]
    fn a_second_claim_names_what_differs_and_no_secret() {
        let schema = Schema::new(
            "",
            vec![
                Attribute::number("weight").optional(),
                Attribute::string("token").optional().sensitive(),
                Attribute::string("label").optional(),
            ],
        );
        let config = |weight: i64, token: &str| {
            let entries: [(&str, Value); 3] =
                [("weight", weight.into()), ("token", token.into()), ("label", "same".into())];
            Value::Map(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
        };
        let claim = |key: &str| Claim {
            key: key.to_owned(),
            summary: "Two resources manage the weights".to_owned(),
            object: "the weights".to_owned(),
        };
        let claims = Claims::default();
        assert!(claims.claim("acme_weights", claim("a"), &schema, &config(1, "x")).is_ok());
        assert!(claims.claim("acme_weights", claim("b"), &schema, &config(1, "x")).is_ok());
        assert!(claims.claim("acme_other", claim("a"), &schema, &config(1, "x")).is_ok());
        let refused = claims.claim("acme_weights", claim("a"), &schema, &config(2, "hush")).unwrap_err().details();
        assert!(
            refused.contains("They differ in `weight` (`2` here, `1` there), `token` (a secret here, a secret there).")
        );
        assert!(!refused.contains("hush") && !refused.contains("label"), "{refused}");
    }
}
