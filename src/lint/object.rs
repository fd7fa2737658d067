//! The objects of a folder: blocks of this provider with their schemas, and what they set at any depth.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::Range;

use hcl_edit::Span;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, BlockLabel, Body, Structure};

use crate::framework::resource::DynResource;
use crate::framework::schema::{Attribute, Nesting, Shape};
use crate::framework::{Provider, Value};
use crate::hcl;

use super::source::{File, Folder};

/// Arguments and blocks that Terraform itself defines.
const META: &[&str] = &[
    "alias",
    "connection",
    "count",
    "depends_on",
    "dynamic",
    "for_each",
    "lifecycle",
    "provider",
    "provisioner",
    "timeouts",
    "version",
];

/// Functions of which an argument, or each of several, is the result or a part of it.
const TRANSPARENT: &[&str] = &[
    "coalesce",
    "coalescelist",
    "concat",
    "distinct",
    "ephemeralasnull",
    "merge",
    "nonsensitive",
    "reverse",
    "sensitive",
    "tolist",
    "tomap",
    "toset",
    "trimspace",
    "try",
];

/// How many locals are followed from one to the next.
const MOST_LOCALS: usize = 8;

/// A block of this provider.
pub(super) struct Object<'f> {
    pub(super) file: &'f File,
    pub(super) block: &'f Block,
    /// The body that has the attributes of the schema.
    body: &'f Body,
    pub(super) attributes: &'f [Attribute],
    /// Its address, such as `data.idv_didit_lists.all`.
    pub(super) address: String,
    /// The type, if it is a managed resource.
    pub(super) resource: Option<&'f dyn DynResource>,
}

/// One key of an object, or of an object inside it.
pub(super) enum Part<'p> {
    /// An attribute with its value.
    Attribute { attribute: &'p Attribute, value: &'p Expression, path: &'p str },
    /// A key that the schema does not have.
    Unknown(Unknown<'p>),
}

/// A key that the schema does not have.
pub(super) struct Unknown<'p> {
    pub(super) key: &'p str,
    pub(super) span: Range<usize>,
    /// The path of the object around it; empty at the top.
    pub(super) parent: &'p str,
    /// The keys that exist.
    pub(super) known: Vec<&'p str>,
    /// Whether it is the block form of an attribute.
    pub(super) is_block: bool,
}

/// The objects of a folder, in the order of the files.
pub(super) fn objects<'f>(provider: &'f Provider, folder: &'f Folder) -> Vec<Object<'f>> {
    let nested = |(file, block): (&'f File, &'f Block)| {
        // A `check` block contains a data source.
        let inner = block.body.blocks().filter(|_| block.has_ident("check"));
        std::iter::once((file, block)).chain(inner.map(move |block| (file, block)))
    };
    folder.blocks().flat_map(nested).filter_map(|(file, block)| object(provider, file, block)).collect()
}

fn object<'f>(provider: &'f Provider, file: &'f File, block: &'f Block) -> Option<Object<'f>> {
    let kind = block.ident.as_str();
    let labels: Vec<&str> = block.labels.iter().map(BlockLabel::as_str).collect();
    if (kind, &labels[..]) == ("provider", &[provider.name]) {
        let (address, attributes) = (format!("provider.{}", provider.name), provider.schema().attributes());
        return Some(Object { file, block, body: &block.body, attributes, address, resource: None });
    }
    let [type_name, name] = labels[..] else { return None };
    let resource = provider.resources.get(type_name).map(AsRef::as_ref).filter(|_| kind == "resource");
    let schema = match kind {
        "resource" => resource?.schema(),
        "data" => provider.data_sources.get(type_name)?.schema(),
        "ephemeral" => provider.ephemerals.get(type_name)?.schema(),
        "action" => provider.actions.get(type_name)?.schema(),
        "list" => provider.lists.get(type_name)?.filters(),
        _ => return None,
    };
    let body = match kind {
        "action" | "list" => &block.body.blocks().find(|inner| inner.has_ident("config"))?.body,
        _ => &block.body,
    };
    let address = if kind == "resource" { format!("{type_name}.{name}") } else { format!("{kind}.{type_name}.{name}") };
    Some(Object { file, block, body, attributes: schema.attributes(), address, resource })
}

impl Object<'_> {
    /// Visits every key of the object, also in nested objects, wherever they are written.
    pub(super) fn visit(&self, visit: &mut dyn FnMut(Part<'_>)) {
        for structure in self.body {
            match structure {
                Structure::Attribute(attribute) => {
                    let key = (attribute.key.as_str(), attribute.key.span());
                    entry(self.attributes, META, key, &attribute.value, "", visit);
                }
                Structure::Block(block) if !META.contains(&block.ident.as_str()) => {
                    let key = block.ident.as_str();
                    let (span, known) = (block.ident.span().unwrap_or_default(), names(self.attributes));
                    let is_block = known.contains(&key);
                    visit(Part::Unknown(Unknown { key, span, parent: "", known, is_block }));
                }
                Structure::Block(_) => {}
            }
        }
    }

    /// Its attributes as they are written; null if left out, unknown if that needs an evaluation.
    pub(super) fn value(&self, folder: &Folder) -> Value {
        let value = |attribute: &Attribute| {
            let written = self.body.get_attribute(&attribute.name);
            let value = written.map_or(Value::Null, |written| literal(folder, &written.value, MOST_LOCALS));
            (attribute.name.clone(), value)
        };
        Value::Map(self.attributes.iter().map(value).collect::<BTreeMap<_, _>>())
    }

    /// Where an attribute is written, or the head of the block.
    pub(super) fn span(&self, attribute: &str) -> Range<usize> {
        self.body.get_attribute(attribute).and_then(|attribute| attribute.key.span()).unwrap_or_else(|| self.head())
    }

    /// The words before the block's brace.
    pub(super) fn head(&self) -> Range<usize> {
        head(self.block)
    }
}

/// The words before a block's brace.
pub(super) fn head(block: &Block) -> Range<usize> {
    let start = block.ident.span().unwrap_or_default();
    let end = block.labels.last().and_then(Span::span).unwrap_or_else(|| start.clone());
    start.start..end.end
}

fn names(attributes: &[Attribute]) -> Vec<&str> {
    attributes.iter().map(|attribute| attribute.name.as_str()).collect()
}

fn entry(
    attributes: &[Attribute],
    also: &[&str],
    (key, span): (&str, Option<Range<usize>>),
    value: &Expression,
    parent: &str,
    visit: &mut dyn FnMut(Part<'_>),
) {
    let Some(attribute) = attributes.iter().find(|attribute| attribute.name == key) else {
        if !also.contains(&key) {
            let (span, known) = (span.unwrap_or_default(), names(attributes));
            visit(Part::Unknown(Unknown { key, span, parent, known, is_block: false }));
        }
        return;
    };
    let path = if parent.is_empty() { key.to_owned() } else { format!("{parent}.{key}") };
    visit(Part::Attribute { attribute, value, path: &path });
    match attribute.shape() {
        Shape::Plain(_) => {}
        Shape::Nested(Nesting::Single, nested) => {
            for object in branches(value) {
                nested_object(nested, object, &path, visit);
            }
        }
        Shape::Nested(Nesting::List, nested) => {
            for (index, element) in elements(value) {
                nested_object(nested, element, &format!("{path}[{index}]"), visit);
            }
        }
    }
}

fn nested_object(attributes: &[Attribute], object: &Expression, path: &str, visit: &mut dyn FnMut(Part<'_>)) {
    let Expression::Object(entries) = object else { return };
    for (key, value) in entries {
        if let Some(text) = hcl::key_text(key) {
            entry(attributes, &[], (text, key.span()), value.expr(), path, visit);
        }
    }
}

/// The expressions that may become the value of an expression, or a part of it, as far as they are written in it.
pub(super) fn branches(expression: &Expression) -> Vec<&Expression> {
    match expression {
        Expression::Parenthesis(inner) => branches(inner.inner()),
        Expression::Conditional(either) => {
            [&either.true_expr, &either.false_expr].into_iter().flat_map(branches).collect()
        }
        Expression::FuncCall(call) if !call.name.is_namespaced() && TRANSPARENT.contains(&call.name.name.as_str()) => {
            call.args.iter().flat_map(branches).collect()
        }
        other => vec![other],
    }
}

/// The elements of a list with their places in it; `*` where the place is computed.
fn elements(expression: &Expression) -> Vec<(String, &Expression)> {
    let mut found = Vec::new();
    for list in branches(expression) {
        match list {
            Expression::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    let place =
                        if matches!(expression, Expression::Array(_)) { index.to_string() } else { "*".to_owned() };
                    found.extend(branches(element).into_iter().map(|element| (place.clone(), element)));
                }
            }
            Expression::ForExpr(each) if each.key_expr.is_none() => {
                found.extend(branches(&each.value_expr).into_iter().map(|element| ("*".to_owned(), element)));
            }
            _ => {}
        }
    }
    found
}

/// The branches of an expression, with those of the locals that it refers to, and their files.
pub(super) fn origins<'f>(
    folder: &'f Folder,
    file: &'f File,
    expression: &'f Expression,
) -> Vec<(&'f File, &'f Expression)> {
    let mut found = Vec::new();
    let mut next = vec![(file, expression, MOST_LOCALS)];
    while let Some((file, expression, left)) = next.pop() {
        for branch in branches(expression) {
            let local = match hcl::reference(branch).as_deref() {
                Some(["local", name]) if left > 0 => folder.local(name),
                _ => None,
            };
            match local {
                Some((file, expression)) => next.push((file, expression, left - 1)),
                None => found.push((file, branch)),
            }
        }
    }
    found
}

/// The value of an expression, unknown where it is not literal.
fn literal(folder: &Folder, expression: &Expression, left: usize) -> Value {
    let read = hcl::value::<Infallible>(expression, &mut |other| {
        Ok(match hcl::reference(other).as_deref() {
            Some(["local", name]) if left > 0 => {
                folder.local(name).map_or(Value::Unknown, |(_, local)| literal(folder, local, left - 1))
            }
            _ => Value::Unknown,
        })
    });
    match read {
        Ok(value) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The unknown keys of an attribute value, with the paths of their objects. The attribute is a list of objects.
    fn unknown(value: &str) -> Vec<String> {
        let attributes = [Attribute::objects(
            "items",
            vec![Attribute::string("name"), Attribute::object("inner", vec![Attribute::string("name")])],
        )];
        let expression: Expression = value.parse().unwrap();
        let mut found = Vec::new();
        entry(&attributes, &[], ("items", None), &expression, "", &mut |part| {
            if let Part::Unknown(unknown) = part {
                found.push(format!("{}.{}", unknown.parent, unknown.key));
            }
        });
        found
    }

    #[test]
    fn unknown_keys_are_found_at_any_depth() {
        assert_eq!(unknown("[{ name = 1 }, { nme = 1, inner = { x = 1 } }]"), ["items[1].nme", "items[1].inner.x"]);
        assert_eq!(unknown("[{ \"nme\" = 1 }]"), ["items[0].nme"]);
    }

    #[test]
    fn objects_are_found_wherever_they_are_written() {
        for value in [
            "[for x in var.y : { nme = x }]",
            "var.z ? [{ nme = 1 }] : []",
            "concat(var.y, [{ nme = 1 }])",
            "[for x in var.y : merge(x, { nme = 1 })]",
            "([(var.z ? { nme = 1 } : null)])",
            "tolist(try([{ nme = 1 }], []))",
        ] {
            let found = unknown(value);
            assert!(matches!(&found[..], [one] if one.ends_with("].nme")), "{value}: {found:?}");
        }
    }

    #[test]
    fn what_cannot_be_known_is_skipped() {
        for value in [
            "var.items",
            "[var.item]",
            "[{ (var.key) = 1 }]",
            "f({ nme = 1 })",
            "[{ name = { nme = 1 } }]",
            "{ nme = 1 }",
        ] {
            assert_eq!(unknown(value), Vec::<String>::new(), "{value}");
        }
    }
}
