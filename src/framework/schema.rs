//! Schemas, built by method chains.
//!
//! There are no blocks: nested attributes do the same, and a user can compute them with expressions.

use std::collections::BTreeMap;

use super::effect::Effect;
use super::rules::Rule;
use super::spelling::{Same, Spelling};
use super::types::Type;
use super::value::Value;

/// How many objects a nested attribute holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// One object.
    Single,
    /// Objects in order.
    List,
}

/// What an attribute holds.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A plain value.
    Plain(Type),
    /// Objects with attributes of their own.
    Nested(Nesting, Vec<Attribute>),
}

/// One attribute: its name, type and description, whether the user or the provider sets it, and how it is planned.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the protocol's own flags, set by name through the builder")]
pub struct Attribute {
    /// Lower case letters, digits and underscores.
    pub name: String,
    /// What it holds.
    shape: Shape,
    value_type: Type,
    /// Full sentences of Markdown. [`Attribute::full_description`] adds those of the rules.
    pub description: String,
    /// A user must set it.
    pub required: bool,
    /// A user may set it.
    pub optional: bool,
    /// The provider may set it.
    pub computed: bool,
    /// Terraform hides it in its output.
    pub sensitive: bool,
    /// It is sent to the provider and stored nowhere.
    pub write_only: bool,
    /// The vendor never returns it, so it is not known after an import.
    pub not_returned: bool,
    /// What to use in its place, if a later version removes it.
    pub deprecated: Option<String>,
    /// A change replaces the object.
    pub requires_replace: bool,
    /// An update keeps the value of the state and does not make it unknown.
    pub use_state_for_unknown: bool,
    /// The value if a user sets none.
    pub default: Option<Value>,
    /// Checked offline on every known value.
    pub rules: Vec<Rule>,
    /// What counts as the same value, unless the type and the rules say it.
    spelling: Option<Spelling>,
    /// What a change does to the verification of people; `None` if that is not known, or nothing.
    pub effect: Option<Effect>,
    /// It says which tenant or host requests go to. Only for attributes of the provider block.
    pub locates_tenant: bool,
}

impl Attribute {
    fn new(name: &str, shape: Shape) -> Self {
        let value_type = match &shape {
            Shape::Plain(kind) => kind.clone(),
            Shape::Nested(Nesting::Single, attributes) => object_type(attributes),
            Shape::Nested(Nesting::List, attributes) => Type::list(object_type(attributes)),
        };
        Self {
            name: name.to_owned(),
            shape,
            value_type,
            description: String::new(),
            required: false,
            optional: false,
            computed: false,
            sensitive: false,
            write_only: false,
            not_returned: false,
            deprecated: None,
            requires_replace: false,
            use_state_for_unknown: false,
            default: None,
            rules: Vec::new(),
            spelling: None,
            effect: None,
            locates_tenant: false,
        }
    }

    /// An attribute of any plain type.
    pub fn of(name: &str, kind: Type) -> Self {
        Self::new(name, Shape::Plain(kind))
    }

    /// Text.
    pub fn string(name: &str) -> Self {
        Self::of(name, Type::String)
    }

    /// A number.
    pub fn number(name: &str) -> Self {
        Self::of(name, Type::Number)
    }

    /// True or false.
    pub fn bool(name: &str) -> Self {
        Self::of(name, Type::Bool)
    }

    /// One object with these attributes.
    pub fn object(name: &str, attributes: Vec<Attribute>) -> Self {
        Self::new(name, Shape::Nested(Nesting::Single, attributes))
    }

    /// A list of objects with these attributes.
    pub fn objects(name: &str, attributes: Vec<Attribute>) -> Self {
        Self::new(name, Shape::Nested(Nesting::List, attributes))
    }

    /// A user must set it.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The vendor never returns it.
    #[must_use]
    pub fn not_returned(mut self) -> Self {
        self.not_returned = true;
        self
    }

    /// It still works, and a later version removes it. `instead` is a full sentence that says what to use: "Use `x` instead."
    #[must_use]
    pub fn deprecated(mut self, instead: &str) -> Self {
        self.deprecated = Some(instead.to_owned());
        self
    }

    /// A user may set it.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// The provider sets it, always or if the user does not.
    #[must_use]
    pub fn computed(mut self) -> Self {
        self.computed = true;
        self
    }

    /// Terraform hides its value.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// It is sent to the provider and stored in neither plan nor state.
    #[must_use]
    pub fn write_only(mut self) -> Self {
        self.write_only = true;
        self
    }

    /// A change replaces the object.
    #[must_use]
    pub fn requires_replace(mut self) -> Self {
        self.requires_replace = true;
        self
    }

    /// An update keeps its value.
    #[must_use]
    pub fn use_state_for_unknown(mut self) -> Self {
        self.use_state_for_unknown = true;
        self
    }

    /// The value if a user sets none. Makes the attribute optional and computed.
    #[must_use]
    pub fn default(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self.optional = true;
        self.computed = true;
        self
    }

    /// Adds a rule.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Values for which `same` returns true are neither a change nor drift.
    #[must_use]
    pub fn semantic_equal(self, same: Same) -> Self {
        self.spelling(Spelling::of(same))
    }

    /// Declares what counts as the same value, where that does not follow from the type and the rules.
    #[must_use]
    pub fn spelling(mut self, spelling: Spelling) -> Self {
        self.spelling = Some(spelling);
        self
    }

    /// Declares what a change does to the verification of people.
    #[must_use]
    pub fn effect(mut self, effect: Effect) -> Self {
        self.effect = Some(effect);
        self
    }

    /// It says which tenant or host requests go to. For attributes of the provider block.
    #[must_use]
    pub fn locates_tenant(mut self) -> Self {
        self.locates_tenant = true;
        self
    }

    /// Sets the description: full sentences for a user who has never seen the code.
    #[must_use]
    pub fn describe(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// What counts as the same value: as declared, or else by the type and the rules. A secret is compared exactly, and so is
    /// what a user cannot set.
    pub fn same_value(&self) -> Option<Spelling> {
        let has = |wanted: fn(&Rule) -> bool| self.rules.iter().any(wanted);
        let is_settable = (self.required || self.optional) && !self.is_secret();
        self.spelling.or_else(|| match &self.shape {
            _ if !is_settable => None,
            Shape::Plain(Type::String) if has(|rule| matches!(rule, Rule::Url)) => Some(Spelling::URL),
            Shape::Plain(Type::Number) if !has(|rule| matches!(rule, Rule::Whole)) => Some(Spelling::FLOAT),
            Shape::Plain(Type::String) => Some(Spelling::TEXT),
            Shape::Plain(Type::List(element) | Type::Set(element) | Type::Map(element)) => {
                (**element == Type::String).then_some(Spelling::TEXT)
            }
            Shape::Plain(_) | Shape::Nested(..) => None,
        })
    }

    /// Whether its value must not be shown.
    pub fn is_secret(&self) -> bool {
        self.sensitive || self.write_only
    }

    /// Whether a user who begins today sets it: it is required, or optional and not deprecated. Generated configurations have only
    /// such attributes.
    pub fn belongs_in_new_configurations(&self) -> bool {
        self.required || (self.optional && self.deprecated.is_none())
    }

    /// The description with the sentences of the deprecation, the rules, the default and the planning.
    pub fn full_description(&self) -> String {
        let mut sentences = vec![self.description.clone()];
        sentences.extend(self.deprecated.iter().map(|instead| format!("Deprecated: {instead}")));
        sentences.extend(self.rules.iter().map(Rule::describe));
        match &self.default {
            Some(Value::String(text)) if text.is_empty() => sentences.push("Defaults to the empty text.".to_owned()),
            Some(Value::String(text)) => sentences.push(format!("Defaults to `{text}`.")),
            Some(Value::Bool(value)) => sentences.push(format!("Defaults to `{value}`.")),
            Some(Value::Number(number)) => sentences.push(format!("Defaults to `{number}`.")),
            _ => {}
        }
        if self.requires_replace {
            sentences.push("Changing this replaces the object.".to_owned());
        }
        sentences.join(" ")
    }

    /// What it holds.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The type of its value.
    pub fn value_type(&self) -> &Type {
        &self.value_type
    }
}

/// The type of an object with these attributes.
fn object_type(attributes: &[Attribute]) -> Type {
    let entry = |attribute: &Attribute| (attribute.name.clone(), attribute.value_type.clone());
    Type::Object(attributes.iter().map(entry).collect())
}

/// The schema of a provider or of one kind of object.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Counts up when stored state needs a migration.
    pub version: i64,
    /// Full sentences of Markdown: what the object is, and what a user should know before the first apply.
    pub description: String,
    /// What to use in place of the object, if a later version removes it.
    pub deprecated: Option<String>,
    /// Its attributes, in the order of the documentation.
    attributes: Vec<Attribute>,
    value_type: Type,
}

impl Schema {
    /// A schema of version 0.
    pub fn new(description: impl Into<String>, attributes: Vec<Attribute>) -> Self {
        let value_type = object_type(&attributes);
        Self { version: 0, description: description.into(), deprecated: None, attributes, value_type }
    }

    /// The object still works, and a later version removes it. `instead` is a full sentence that says what to use.
    #[must_use]
    pub fn deprecated(mut self, instead: &str) -> Self {
        self.deprecated = Some(instead.to_owned());
        self
    }

    /// Its attributes, in the order of the documentation.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The type of the whole object.
    pub fn value_type(&self) -> &Type {
        &self.value_type
    }

    /// An object with every attribute null.
    pub fn empty(&self) -> BTreeMap<String, Value> {
        self.attributes.iter().map(|attribute| (attribute.name.clone(), Value::Null)).collect()
    }
}
