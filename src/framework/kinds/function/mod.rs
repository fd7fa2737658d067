//! Functions: pure computations that a configuration calls, offline and without a configured provider.

use std::sync::Arc;

use crate::framework::types::Type;
use crate::framework::value::Value;

/// The parameters and the result of a function.
#[derive(Clone, Debug)]
pub struct Signature {
    /// One sentence.
    pub summary: &'static str,
    /// Full sentences of Markdown.
    pub description: &'static str,
    /// Its parameters, in order.
    pub parameters: Vec<Parameter>,
    /// The type of its result.
    pub returns: Type,
}

/// One parameter. Unknown and null arguments never reach the function: core returns unknown or an error for them.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Type,
    /// Full sentences of Markdown.
    pub description: &'static str,
}

impl Parameter {
    /// A parameter of any type.
    pub fn of(name: &'static str, kind: Type, description: &'static str) -> Self {
        Self { name, kind, description }
    }

    /// A parameter that is text.
    pub fn string(name: &'static str, description: &'static str) -> Self {
        Self::of(name, Type::String, description)
    }
}

/// Why a call failed, and because of which argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Whole sentences.
    pub text: String,
    /// The argument's position from zero.
    pub argument: Option<usize>,
}

impl Failure {
    /// A failure because of an argument.
    pub fn at(argument: usize, text: impl Into<String>) -> Self {
        Self { text: text.into(), argument: Some(argument) }
    }
}

/// A function. The same arguments always return the same result: core compares plan and apply.
pub trait Function: Send + Sync + 'static {
    /// Its name after `provider::idv::`.
    fn name(&self) -> &'static str;
    /// Its parameters and result.
    fn signature(&self) -> Signature;
    /// Computes it. There are as many arguments as parameters, and all are known.
    fn call(&self, arguments: &[Value]) -> Result<Value, Failure>;
}

/// A function of any type.
pub type DynFunction = Arc<dyn Function>;

/// The text of an argument.
pub fn text(arguments: &[Value], position: usize) -> Result<&str, Failure> {
    arguments.get(position).and_then(Value::as_str).ok_or_else(|| Failure::at(position, "Must be a string."))
}
