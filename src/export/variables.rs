//! Variables: one for each value that the vendor does not return.

use super::hcl::{self, Field, Term};
use super::names::Names;
use crate::framework::Type;
use crate::framework::schema::{Attribute, Shape};

/// One variable of the configuration.
pub(super) struct Variable {
    /// The name.
    pub(super) name: String,
    /// The address of the object that it is for.
    pub(super) address: String,
    /// Whether a plan needs a value: the attribute is required, or the object is created or changed.
    pub(super) required: bool,
    description: String,
    kind: String,
    sensitive: bool,
    /// Whether it is for the provider block, and not for a resource.
    is_setting: bool,
}

/// The variables of the configuration, in the order of their use.
#[derive(Default)]
pub(super) struct Variables {
    names: Names,
    all: Vec<Variable>,
}

impl Variables {
    /// Adds a variable for an attribute of an object, and returns the expression that reads it. `is_needed` is whether an apply
    /// creates or changes the object.
    pub(super) fn add(&mut self, address: &str, attribute: &Attribute, path: &str, is_needed: bool) -> Term {
        let object = address.split_once('.').map_or(address, |(_, name)| name);
        let stem = attribute.name.strip_suffix("_wo").unwrap_or(&attribute.name);
        let name = self.names.take(&format!("{object}_{stem}"));
        let expression = format!("var.{name}");
        self.all.push(Variable {
            name,
            address: address.to_owned(),
            required: attribute.required || is_needed,
            description: description(address, attribute, path, is_needed),
            kind: kind(attribute),
            sensitive: attribute.is_secret(),
            is_setting: false,
        });
        Term::verbatim(&expression)
    }

    /// Adds a variable for a secret attribute of the provider block, and returns the expression that reads it.
    pub(super) fn add_setting(&mut self, name: &str, path: &str, attribute: &Attribute) -> Term {
        let name = self.names.take(name);
        let expression = format!("var.{name}");
        self.all.push(Variable {
            name,
            address: "the provider".to_owned(),
            required: true,
            description: format!("`{path}` of the provider block: {}", first_sentence(attribute)),
            kind: kind(attribute),
            sensitive: true,
            is_setting: true,
        });
        Term::verbatim(&expression)
    }

    /// The names of those that are for resources.
    pub(super) fn of_resources(&self) -> impl Iterator<Item = &str> {
        self.all.iter().filter(|variable| !variable.is_setting).map(|variable| variable.name.as_str())
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Variable] {
        &self.all
    }

    /// The text of a file with all variables; `None` if there is none.
    pub(super) fn file(&self) -> Option<String> {
        (!self.all.is_empty()).then(|| hcl::file(self.all.iter().map(Variable::block)))
    }

    /// The text of a file with those for resources; `None` if there is none.
    pub(super) fn file_of_resources(&self) -> Option<String> {
        let mut variables = self.all.iter().filter(|variable| !variable.is_setting).peekable();
        variables.peek()?;
        Some(hcl::file(variables.map(Variable::block)))
    }
}

fn kind(attribute: &Attribute) -> String {
    match attribute.shape() {
        Shape::Plain(kind) => type_expression(kind),
        Shape::Nested(..) => "any".to_owned(),
    }
}

fn first_sentence(attribute: &Attribute) -> &str {
    attribute.description.split_inclusive(". ").next().unwrap_or_default().trim_end()
}

impl Variable {
    fn block(&self) -> hcl_edit::structure::Block {
        let mut fields = vec![
            Field::new("description", Term::text(&self.description)),
            Field::new("type", Term::verbatim(&self.kind)),
        ];
        if self.sensitive {
            fields.push(Field::new("sensitive", Term::verbatim("true")));
        }
        if !self.required {
            fields.push(Field::new("default", Term::verbatim("null")));
        }
        hcl::block(&[], &["variable", &self.name], fields)
    }
}

/// The description: the attribute and its object, what it is, and when it is needed.
fn description(address: &str, attribute: &Attribute, path: &str, is_needed: bool) -> String {
    let what = first_sentence(attribute);
    let when = if is_needed {
        "The vendor does not return it, and the apply needs it."
    } else if attribute.required {
        "The vendor does not return it, and a plan needs it."
    } else {
        "The vendor does not return it. It may stay null until the object changes; a change needs the value."
    };
    format!("`{path}` of {address}: {what} {when}")
}

/// The type as HCL writes it.
fn type_expression(kind: &Type) -> String {
    match kind {
        Type::String => "string".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::List(element) => format!("list({})", type_expression(element)),
        Type::Set(element) => format!("set({})", type_expression(element)),
        Type::Map(element) => format!("map({})", type_expression(element)),
        Type::Dynamic | Type::Object(_) | Type::Tuple(_) => "any".to_owned(),
    }
}
