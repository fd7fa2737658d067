//! Generates the configuration that a user would write for a state.

use super::schema::{Attribute, Schema};
use super::value::Value;

/// Generates the configuration of an object that exists: it validates, and its plan is empty.
///
/// Attributes that only the provider sets, deprecated ones and values that are the default are omitted. Secrets are null: the user fills them in,
/// and an object that exists does not need them until it changes.
pub fn generate(schema: &Schema, state: Value) -> Value {
    super::check::map_object(schema.attributes(), state, &|attribute, value| {
        if is_written(attribute, &value) { value } else { Value::Null }
    })
}

fn is_written(attribute: &Attribute, value: &Value) -> bool {
    attribute.belongs_in_new_configurations() && !attribute.is_secret() && attribute.default.as_ref() != Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_attributes_that_a_user_would_write_are_kept() {
        let schema = Schema::new(
            ".",
            vec![
                Attribute::string("id").computed(),
                Attribute::string("name").required(),
                Attribute::string("label").optional().deprecated("Use `name` instead."),
                Attribute::string("kind").required().deprecated("Every kind is the same."),
                Attribute::number("weight").optional().computed(),
                Attribute::string("mode").default("forget"),
                Attribute::object(
                    "login",
                    vec![Attribute::string("user").required(), Attribute::string("password").optional().sensitive()],
                )
                .optional(),
            ],
        );
        let state = |login: Value| {
            let entries: [(&str, Value); 7] = [
                ("id", "1".into()),
                ("name", "n".into()),
                ("label", "l".into()),
                ("kind", "k".into()),
                ("weight", 3.into()),
                ("mode", "forget".into()),
                ("login", login),
            ];
            Value::Map(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
        };
        let login = Value::Map([("user".into(), "u".into()), ("password".into(), "hush".into())].into());
        let config = generate(&schema, state(login));
        assert_eq!((config.get("id"), config.get("mode")), (&Value::Null, &Value::Null));
        assert_eq!((config.get("name"), config.get("weight")), (&"n".into(), &3.into()));
        // A configuration without a required attribute is invalid.
        assert_eq!((config.get("label"), config.get("kind")), (&Value::Null, &"k".into()));
        assert_eq!(config.get("login").get("user"), &"u".into());
        assert!(config.get("login").get("password").is_null());
    }
}
