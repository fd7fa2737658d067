//! The environment variables for attributes of the provider block that are not set: `IDV_<VENDOR>_<ATTRIBUTE>`.

use std::collections::BTreeMap;

use super::diagnostics::{Diagnostic, Diagnostics};
use super::environment::Environment;
use super::path::Path;
use super::schema::{Attribute, Shape};
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
