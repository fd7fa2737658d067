//! HCL in the layout of `terraform fmt`: a tree of what to write, and its conversion to the structures of `hcl_edit`.
//!
//! `hcl_edit` writes and escapes; this module sets the white space. `terraform fmt` aligns the `=` of adjacent assignments
//! on one line each; an assignment over several lines is not aligned.

use hcl_edit::expr::{Array, Expression, Object, ObjectKey, ObjectValue, ObjectValueTerminator};
use hcl_edit::structure::{Attribute, Block, Body};
use hcl_edit::template::{Element, HeredocTemplate, StringTemplate, Template};
use hcl_edit::{Decorate, Ident};

use crate::framework::Value;

/// One level of indentation.
const INDENT: &str = "  ";
/// The end marker of a heredoc.
const HEREDOC: &str = "EOT";

/// The value of an attribute or of an entry.
pub(super) enum Term {
    /// An expression on one line.
    Line(Expression),
    /// Text over several lines.
    Heredoc(Expression),
    /// An object, a line for each attribute.
    Object(Vec<Field>),
    /// A list, each element on lines of its own.
    List(Vec<Term>),
}

/// One attribute or entry.
pub(super) struct Field {
    name: String,
    term: Term,
    comment: Option<String>,
}

impl Field {
    /// A name and its value.
    pub(super) fn new(name: impl Into<String>, term: Term) -> Self {
        Self { name: name.into(), term, comment: None }
    }

    /// The same field with a comment line above it.
    pub(super) fn with_comment(self, comment: String) -> Self {
        Self { comment: Some(comment), ..self }
    }
}

impl Term {
    /// Literal text, with every template escaped. Text of whole lines becomes a heredoc.
    pub(super) fn text(text: &str) -> Self {
        if is_heredoc(text) {
            let template = Template::from(literals(text));
            return Self::Heredoc(HeredocTemplate::new(Ident::new_sanitized(HEREDOC), template).into());
        }
        Self::quoted(text)
    }

    /// Literal text on one line.
    pub(super) fn quoted(text: &str) -> Self {
        Self::Line(quoted(text))
    }

    /// An expression such as `var.name`; an invalid expression becomes literal text.
    pub(super) fn verbatim(expression: &str) -> Self {
        Self::Line(expression.parse().unwrap_or_else(|_| quoted(expression)))
    }

    /// A value that has no nested schema.
    pub(super) fn value(value: &Value) -> Self {
        match value {
            Value::Null | Value::Unknown => Self::Line(Expression::null()),
            Value::Bool(value) => Self::Line((*value).into()),
            // Parsed from its digits, because a double would lose some.
            Value::Number(number) => Self::verbatim(&number.to_string()),
            Value::String(text) => Self::text(text),
            Value::List(elements) => Self::list(elements.iter().map(Self::element).collect()),
            Value::Map(entries) => {
                Self::Object(entries.iter().map(|(name, value)| Field::new(name, Self::value(value))).collect())
            }
        }
    }

    /// A value as an element of a list, without heredocs: no comma may follow the end marker.
    fn element(value: &Value) -> Self {
        value.as_str().map_or_else(|| Self::value(value), Self::quoted)
    }

    /// A list, on one line if every element is.
    pub(super) fn list(elements: Vec<Term>) -> Self {
        if elements.iter().all(|element| matches!(element, Self::Line(_))) {
            let expressions = elements.into_iter().map(|element| element.into_expression(0));
            return Self::Line(expressions.collect::<Array>().into());
        }
        Self::List(elements)
    }

    fn is_one_line(&self) -> bool {
        match self {
            // `terraform fmt` aligns the line on which a heredoc begins.
            Self::Line(_) | Self::Heredoc(_) => true,
            Self::Object(fields) => fields.is_empty(),
            Self::List(terms) => terms.is_empty(),
        }
    }

    fn into_expression(self, depth: usize) -> Expression {
        match self {
            Self::Line(expression) | Self::Heredoc(expression) => expression,
            Self::Object(fields) => object(fields, depth).into(),
            Self::List(terms) => array(terms, depth).into(),
        }
    }
}

/// A block at the root of a file, with a comment above it.
pub(super) fn block(comment: &[String], words: &[&str], fields: Vec<Field>) -> Block {
    let (kind, labels) = words.split_first().map_or(("", &[][..]), |(kind, labels)| (*kind, labels));
    let mut block = Block::new(Ident::new_sanitized(kind));
    block.labels = labels.iter().map(|label| (*label).into()).collect();
    block.body = body(fields, 1);
    let comment: Vec<_> = comment.iter().map(|line| format!("# {line}\n")).collect();
    block.decor_mut().set_prefix(comment.concat());
    block
}

/// A file of blocks with an empty line between them.
pub(super) fn file(blocks: impl IntoIterator<Item = Block>) -> String {
    blocks.into_iter().map(|block| Body::from_iter([block]).to_string()).collect::<Vec<_>>().join("\n")
}

/// A block with attributes and one other block.
pub(super) fn nested_block(outer: &str, attributes: Vec<Field>, inner: &str, fields: Vec<Field>) -> Block {
    let mut nested = Block::new(Ident::new_sanitized(inner));
    nested.body = body(fields, 2);
    nested.body.decor_mut().set_suffix(INDENT);
    nested.decor_mut().set_prefix(format!("\n{INDENT}"));
    let mut block = Block::new(Ident::new_sanitized(outer));
    block.body = body(attributes, 1);
    block.body.push(nested);
    block
}

fn body(fields: Vec<Field>, depth: usize) -> Body {
    let widths = widths(&fields);
    let attributes = fields.into_iter().zip(widths).map(|(field, width)| {
        let prefix = prefix(field.comment.as_deref(), depth);
        let padding = padding(&field.name, width);
        let mut attribute = Attribute::new(Ident::new_sanitized(&field.name), field.term.into_expression(depth));
        attribute.decor_mut().set_prefix(prefix);
        attribute.key.decor_mut().set_suffix(padding);
        attribute
    });
    attributes.collect()
}

fn object(fields: Vec<Field>, depth: usize) -> Object {
    let mut object = Object::new();
    if fields.is_empty() {
        return object;
    }
    let widths = widths(&fields);
    for (index, (field, width)) in fields.into_iter().zip(widths).enumerate() {
        let newline = if index == 0 { "\n" } else { "" };
        let mut key = key(&field.name);
        key.decor_mut().set_prefix(format!("{newline}{}", prefix(field.comment.as_deref(), depth + 1)));
        key.decor_mut().set_suffix(padding(&key_text(&field.name), width));
        let mut value = ObjectValue::new(field.term.into_expression(depth + 1));
        value.set_terminator(ObjectValueTerminator::Newline);
        object.insert(key, value);
    }
    object.set_trailing(INDENT.repeat(depth));
    object
}

fn array(terms: Vec<Term>, depth: usize) -> Array {
    let mut array = Array::new();
    if terms.is_empty() {
        return array;
    }
    for term in terms {
        let mut element = term.into_expression(depth + 1);
        element.decor_mut().set_prefix(format!("\n{}", INDENT.repeat(depth + 1)));
        array.push(element);
    }
    array.set_trailing_comma(true);
    array.set_trailing(format!("\n{}", INDENT.repeat(depth)));
    array
}

/// The width of each field's name: the longest name among the fields that are aligned with it.
fn widths(fields: &[Field]) -> Vec<usize> {
    let mut widths = Vec::with_capacity(fields.len());
    // A comment is a line without an assignment, so it ends a group too.
    let groups = fields.chunk_by(|a, b| a.term.is_one_line() && b.term.is_one_line() && b.comment.is_none());
    for group in groups {
        let width = group.iter().map(|field| columns(&key_text(&field.name))).max().unwrap_or_default();
        widths.extend(std::iter::repeat_n(width, group.len()));
    }
    widths
}

fn padding(name: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(columns(name)) + 1)
}

fn columns(text: &str) -> usize {
    text.chars().count()
}

fn prefix(comment: Option<&str>, depth: usize) -> String {
    let indent = INDENT.repeat(depth);
    comment.map_or_else(|| indent.clone(), |comment| format!("{indent}# {comment}\n{indent}"))
}

/// The key of an object's entry, quoted if it is no identifier.
fn key(name: &str) -> ObjectKey {
    match Ident::try_new(name) {
        Ok(ident) => ident.into(),
        Err(_) => quoted(name).into(),
    }
}

fn key_text(name: &str) -> String {
    match Ident::try_new(name) {
        Ok(_) => name.to_owned(),
        Err(_) => quoted(name).to_string(),
    }
}

fn quoted(text: &str) -> Expression {
    StringTemplate::from(literals(text)).into()
}

/// Splits text after each template marker (`${`, `%{`): `hcl_edit` escapes the first marker of a piece, and may miss one
/// after another sign, as in `${a} $${b}`.
fn literals(text: &str) -> Vec<Element> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = ["${", "%{"].into_iter().filter_map(|marker| rest.find(marker)).min() {
        let (piece, after) = rest.split_at(at + 2);
        pieces.push(Element::from(piece));
        rest = after;
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(Element::from(rest));
    }
    pieces
}

/// Whether a heredoc gives exactly this text: a heredoc always ends with a new line, and has no escapes.
fn is_heredoc(text: &str) -> bool {
    let plain = |character: char| !character.is_control() || matches!(character, '\n' | '\t');
    text.ends_with('\n')
        && text.lines().count() > 1
        && text.chars().all(plain)
        && text.lines().all(|line| line.trim() != HEREDOC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(fields: Vec<Field>) -> String {
        file([block(&[], &["resource", "idv_x", "y"], fields)])
    }

    #[test]
    fn single_lines_are_aligned_and_longer_values_are_not() {
        let inner =
            |name: &str| Term::Object(vec![Field::new("a", Term::text(name)), Field::new("long", Term::text("x"))]);
        let text = rendered(vec![
            Field::new("id", Term::text("1")),
            Field::new("name", Term::value(&true.into())),
            Field::new("object", inner("o")),
            Field::new("b", Term::text("2")),
            Field::new("commented", Term::text("3")).with_comment("Why.".to_owned()),
            Field::new("list", Term::list(vec![inner("l")])),
            Field::new("tags", Term::value(&Value::List(vec!["a".into(), "b\n".into()]))),
            Field::new("none", Term::Object(Vec::new())),
        ]);
        expect_test::expect![[r#"
            resource "idv_x" "y" {
              id   = "1"
              name = true
              object = {
                a    = "o"
                long = "x"
              }
              b = "2"
              # Why.
              commented = "3"
              list = [
                {
                  a    = "l"
                  long = "x"
                },
              ]
              tags = ["a", "b\n"]
              none = {}
            }
        "#]]
        .assert_eq(&text);
    }

    #[test]
    fn text_is_escaped() {
        let text = |text: &str| rendered(vec![Field::new("t", Term::text(text))]);
        let between =
            |whole: String| whole.trim_end().trim_end_matches('}').split_once("t = ").unwrap().1.trim_end().to_owned();
        for (given, expected) in [
            ("${a} $${b} %{c} %%{d} $ % {", r#""$${a} $$${b} %%{c} %%%{d} $ % {""#),
            ("a \"b\" \\ \t \u{7}", r#""a \"b\" \\ \t \u0007""#),
            ("one line\n", r#""one line\n""#),
            ("two\n${lines}\n", "<<EOT\ntwo\n$${lines}\nEOT"),
            ("two\nlines", r#""two\nlines""#),
            ("two\nEOT\n", r#""two\nEOT\n""#),
            ("", r#""""#),
            ("ünïcødé 🙂", r#""ünïcødé 🙂""#),
        ] {
            assert_eq!(between(text(given)), expected);
        }
    }

    #[test]
    fn numbers_keep_their_digits_and_keys_are_quoted_if_needed() {
        let number = Value::Number("0.123456789012345678901".parse().unwrap());
        let map = Value::Map([("a b".to_owned(), number), ("c".to_owned(), (-7).into())].into());
        expect_test::expect![[r#"
            resource "idv_x" "y" {
              map = {
                "a b" = 0.123456789012345678901
                c     = -7
              }
            }
        "#]]
        .assert_eq(&rendered(vec![Field::new("map", Term::value(&map))]));
    }
}
