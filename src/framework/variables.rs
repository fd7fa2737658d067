//! The environment variables for attributes of the provider block that are not set: `IDV_<VENDOR>_<ATTRIBUTE>`.

use std::collections::BTreeMap;

use super::diagnostics::{Diagnostic, Diagnostics};
use super::environment::Environment;
use super::path::Path;
use super::schema::{Attribute, Shape};
use super::spelling::same_url;
use super::types::Type;
use super::value::Value;

/// The environment variable of an attribute; `vendor` is empty for the provider's own.
pub(super) fn variable(vendor: &str, attribute: &str) -> String {
    match vendor {
        "" => format!("IDV_{}", attribute.to_uppercase()),
        vendor => format!("IDV_{}_{}", vendor.to_uppercase(), attribute.to_uppercase()),
    }
}

/// The error if a vendor's attribute is missing: names the attribute and its variable. `why` is a sentence about the attribute.
pub fn missing(vendor: &str, attribute: &str, why: &str) -> Diagnostic {
    let detail = format!(
        "{why} Set `{attribute}` in `{vendor} = {{ ... }}` of the provider block, or the environment variable `{}`.",
        variable(vendor, attribute)
    );
    Diagnostic::error(format!("`{vendor}.{attribute}` is missing"), detail).at(Path::to(attribute))
}

/// Adds the variable to the description of an attribute.
pub(super) fn with_variable(vendor: &str, mut attribute: Attribute) -> Attribute {
    let variable = variable(vendor, &attribute.name);
    attribute.description =
        format!("{} The environment variable `{variable}` stands in for it.", attribute.description);
    attribute
}

/// The values of a block, completed from environment variables.
pub(super) fn fill(
    environment: &Environment,
    vendor: &str,
    attributes: &[Attribute],
    block: &Value,
    diagnostics: &mut Diagnostics,
) -> Value {
    let entries = attributes.iter().map(|attribute| {
        let configured = block.get(&attribute.name);
        let variable = variable(vendor, &attribute.name);
        let value = match environment.get(&variable) {
            Some(text) if configured.is_null() && !block.is_unknown() => parse(attribute, &variable, &text)
                .unwrap_or_else(|mistake| {
                    diagnostics.push(mistake);
                    Value::Null
                }),
            _ => configured.clone(),
        };
        (attribute.name.clone(), value)
    });
    Value::Map(entries.collect())
}

/// Warns of a secret that may go to another tenant than its own: the block has another address than the environment, and a
/// secret comes from the environment.
///
/// An address in the block and a secret in the environment are what most configurations have. Only an address in both places,
/// with two values, shows that the environment is meant for another tenant.
pub(super) fn foreign_secrets(
    environment: &Environment,
    vendor: &str,
    attributes: &[Attribute],
    block: &Value,
) -> Diagnostics {
    let set = |attribute: &&Attribute| environment.get(&variable(vendor, &attribute.name)).is_some();
    let from_environment = |attribute: &&Attribute| attribute.is_secret() && block.get(&attribute.name).is_null();
    let secrets: Vec<_> = attributes.iter().filter(from_environment).filter(set).collect();
    let differs = |attribute: &&Attribute| {
        let (configured, variable) = (block.get(&attribute.name), variable(vendor, &attribute.name));
        let both = configured.as_str().zip(environment.get(&variable));
        attribute.locates_tenant && both.is_some_and(|(configured, found)| !same_url(configured, &found))
    };
    let Some(address) = attributes.iter().find(differs).filter(|_| !secrets.is_empty()) else {
        return Diagnostics::new();
    };
    let names: Vec<_> = secrets.iter().map(|secret| format!("`{}`", variable(vendor, &secret.name))).collect();
    let (name, variable) = (&address.name, variable(vendor, &address.name));
    let configured = block.get(name).as_str().unwrap_or_default();
    let detail = format!(
        "The provider block sets `{name}` to `{configured}`, and the environment has `{variable}` with another value. The secret \
         comes from {names}, so a secret that belongs to the address of the environment goes to `{configured}`. If the block is \
         for another tenant, set its secrets in the block, such as by input variables. If both are one tenant, unset \
         `{variable}`.",
        names = names.join(" and "),
    );
    Diagnostic::warning(format!("`{vendor}.{name}` is not that of the environment"), detail).at(Path::to(name)).into()
}

/// Parses a variable as the attribute's type: text, a number, `true` or `false`, a list separated by commas, a map as JSON.
fn parse(attribute: &Attribute, variable: &str, text: &str) -> Result<Value, Diagnostic> {
    let Shape::Plain(kind) = attribute.shape() else { return Ok(Value::Null) };
    let parsed = match kind {
        Type::Number => text.trim().parse().map(Value::Number).map_err(|_| "a number"),
        Type::Bool => text.trim().parse().map(Value::Bool).map_err(|_| "`true` or `false`"),
        Type::List(_) | Type::Set(_) => {
            let elements = text.split(',').map(str::trim).filter(|element| !element.is_empty());
            Ok(Value::List(elements.map(Value::from).collect()))
        }
        Type::Map(_) => serde_json::from_str::<BTreeMap<String, String>>(text)
            .map(|entries| Value::Map(entries.into_iter().map(|(key, value)| (key, value.into())).collect()))
            .map_err(|_| "a JSON object of strings"),
        _ => Ok(Value::from(text)),
    };
    let wrong = |detail: String| {
        Diagnostic::error(format!("Environment variable `{variable}` cannot be used"), detail)
            .at(Path::to(&attribute.name))
    };
    let show = !attribute.is_secret();
    let found = if show { format!("; found `{text}`") } else { String::new() };
    let value = parsed.map_err(|expected| wrong(format!("`{variable}` must hold {expected}{found}.")))?;
    match attribute.rules.iter().find_map(|rule| rule.violation(&value, show)) {
        Some(violation) => Err(wrong(format!("`{variable}` {violation}"))),
        None => Ok(value),
    }
}
