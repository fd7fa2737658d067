//! Reads the literal values of HCL: what an expression is without evaluating anything.
//!
//! Knows the values of the framework and the structures of `hcl_edit`, and nothing of files, schemas or objects.

use std::collections::BTreeMap;

use hcl_edit::expr::{Expression, ObjectKey, TraversalOperator};
use hcl_edit::template::Element;

use crate::framework::{Number, Value};

/// The value of a literal expression. `other` is called for each part that is none, such as a reference or a function call.
pub(crate) fn value<E>(
    expression: &Expression,
    other: &mut dyn FnMut(&Expression) -> Result<Value, E>,
) -> Result<Value, E> {
    let read = match expression {
        Expression::Null(_) => Some(Value::Null),
        Expression::Bool(value) => Some(Value::Bool(*value.value())),
        Expression::Number(value) => value.value().to_string().parse::<Number>().ok().map(Value::Number),
        Expression::Array(elements) => {
            return elements.iter().map(|element| value(element, other)).collect::<Result<_, _>>().map(Value::List);
        }
        Expression::Object(entries) => {
            let mut object = BTreeMap::new();
            for (key, entry) in entries {
                let Some(key) = key_text(key) else { return other(expression) };
                object.insert(key.to_owned(), value(entry.expr(), other)?);
            }
            Some(Value::Map(object))
        }
        _ => text(expression, None).map(Value::String),
    };
    read.map_or_else(|| other(expression), Ok)
}

/// The text of a string, a template or a heredoc. `placeholder` is in place of each interpolation and directive; with `None` a
/// template that has one has no text.
pub(crate) fn text(expression: &Expression, placeholder: Option<&str>) -> Option<String> {
    let literal = |element: &Element| match element {
        Element::Literal(text) => Some(text.value().clone()),
        _ => placeholder.map(str::to_owned),
    };
    match expression {
        Expression::String(text) => Some(text.value().clone()),
        Expression::StringTemplate(template) => template.iter().map(literal).collect(),
        Expression::HeredocTemplate(heredoc) => heredoc.template.iter().map(literal).collect(),
        _ => None,
    }
}

/// The key of an object's entry, unless it is computed.
pub(crate) fn key_text(key: &ObjectKey) -> Option<&str> {
    match key {
        ObjectKey::Ident(name) => Some(name.as_str()),
        ObjectKey::Expression(Expression::String(text)) => Some(text.value()),
        ObjectKey::Expression(_) => None,
    }
}

/// The names of a reference without indexes: `["var", "region"]` for `var.region`.
pub(crate) fn reference(expression: &Expression) -> Option<Vec<&str>> {
    let Expression::Traversal(traversal) = expression else { return None };
    let Expression::Variable(root) = &traversal.expr else { return None };
    let names = traversal.operators.iter().map(|operator| match operator.value() {
        TraversalOperator::GetAttr(name) => Some(name.as_str()),
        _ => None,
    });
    std::iter::once(Some(root.as_str())).chain(names).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Value {
        let expression: Expression = text.parse().unwrap();
        value::<()>(&expression, &mut |_| Ok(Value::Unknown)).unwrap()
    }

    #[test]
    fn literals_are_read_and_the_rest_is_left_to_the_caller() {
        assert_eq!(read("\"a\""), "a".into());
        assert_eq!(read("-2"), (-2).into());
        assert_eq!(read("[1, var.x]"), Value::List(vec![1.into(), Value::Unknown]));
        assert_eq!(read("{ a = \"${var.x}\", \"b\" = null }").get("a"), &Value::Unknown);
        assert_eq!(read("{ (var.x) = 1 }"), Value::Unknown);
    }

    #[test]
    fn templates_have_text_with_placeholders() {
        let expression: Expression = "\"https://${var.host}/x\"".parse().unwrap();
        assert_eq!(text(&expression, Some("HOST")).unwrap(), "https://HOST/x");
        assert_eq!(text(&expression, None), None);
    }

    #[test]
    fn references_have_their_names() {
        let names = |text: &str| {
            let expression: Expression = text.parse().unwrap();
            reference(&expression).map(|names| names.join("/"))
        };
        assert_eq!(names("var.a"), Some("var/a".to_owned()));
        assert_eq!(names("var.a[0]"), None);
        assert_eq!(names("f(var.a)"), None);
    }
}
