//! Reads the folder of an export, or of any configuration that is as plain: literal values and references.

use std::collections::BTreeMap;
use std::path::Path;

use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};

use crate::framework::schema::Schema;
use crate::framework::{Provider, Value, config, plan};
use crate::hcl;

use super::Error;
use super::compare::{Configured, Side, title};
use crate::tenant::{FileError, read as read_file, reference};

/// A resource block.
struct Resource {
    type_name: String,
    name: String,
    block: Block,
}

/// Reads the resources of a folder.
pub(super) fn read(provider: &Provider, folder: &str) -> Result<Side, Error> {
    let mut resources = Vec::new();
    let unreadable = |error| FileError::Unreadable { path: folder.to_owned(), error };
    let files = std::fs::read_dir(folder).map_err(unreadable)?.map(|file| Ok(file?.path()));
    let mut files = files.collect::<std::io::Result<Vec<_>>>().map_err(unreadable)?;
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "tf")) {
        let path = file.display().to_string();
        let body: Body =
            read_file(&path)?.parse().map_err(|error| Error::content(&path, format!("is not HCL: {error}")))?;
        for block in body.into_blocks().filter(|block| block.ident.as_str() == "resource") {
            let labels: Vec<String> = block.labels.iter().map(|label| label.as_str().to_owned()).collect();
            if let [type_name, name] = &labels[..]
                && provider.resources.contains_key(type_name)
            {
                resources.push(Resource { type_name: type_name.clone(), name: name.clone(), block });
            }
        }
    }
    if resources.is_empty() {
        return Err(Error::content(folder, "has no resource of this provider. Write it with `export --out`."));
    }
    let mut reader = Reader { provider, folder: Path::new(folder), resources: &resources, limits: Vec::new() };
    let mut objects: BTreeMap<String, Vec<Configured>> = BTreeMap::new();
    for resource in &resources {
        let Some(config) = reader.resource(resource) else { continue };
        let address = format!("{}.{}", resource.type_name, resource.name);
        let object = Configured { address: Some(address), config };
        objects.entry(resource.type_name.clone()).or_default().push(object);
    }
    Ok(Side { title: title(folder), objects, directory: None, limits: reader.limits })
}

struct Reader<'r> {
    provider: &'r Provider,
    folder: &'r Path,
    resources: &'r [Resource],
    limits: Vec<String>,
}

impl Reader<'_> {
    /// The attributes of a resource, as the export of the same object would have them.
    fn resource(&mut self, resource: &Resource) -> Option<Value> {
        let schema = self.provider.resources.get(&resource.type_name)?.schema().clone();
        let address = format!("{}.{}", resource.type_name, resource.name);
        for repeated in ["for_each", "count"] {
            if resource.block.body.has_attribute(repeated) {
                self.limits.push(format!("`{address}` has `{repeated}`, which is not evaluated, so it is left out."));
                return None;
            }
        }
        let mut entries = schema.empty();
        for attribute in resource.block.body.attributes() {
            let name = attribute.key.as_str();
            let Some(entry) = entries.get_mut(name) else { continue };
            match self.value(&attribute.value) {
                Ok(value) => *entry = value,
                Err(expression) => {
                    self.limits
                        .push(format!("`{name}` of `{address}` is not compared: `{expression}` is not evaluated."));
                }
            }
        }
        Some(self.as_exported(&schema, Value::Map(entries), &address))
    }

    /// The value in the form of the schema, without what an export leaves out.
    fn as_exported(&mut self, schema: &Schema, value: Value, address: &str) -> Value {
        match value.clone().conform(schema.value_type()) {
            Ok(value) => plan::with_defaults(schema, config::generate(schema, value)),
            Err(error) => {
                self.limits.push(format!("`{address}` is compared as it is written: {error}."));
                value
            }
        }
    }

    /// A literal value, or the name of the object that it refers to. A variable is null, as a secret is on the other side. The
    /// error is the expression that is neither.
    fn value(&self, expression: &Expression) -> Result<Value, String> {
        hcl::value(expression, &mut |other| {
            let unknown = || other.to_string().trim().chars().take(60).collect();
            match other {
                Expression::FuncCall(call) if call.name.name.as_str() == "file" => {
                    let name = call.args.iter().next().map(ToString::to_string).unwrap_or_default();
                    let name = name.trim().trim_matches('"').replace("${path.module}/", "");
                    std::fs::read_to_string(self.folder.join(name)).map(Value::String).map_err(|_| unknown())
                }
                _ => match hcl::reference(other).as_deref() {
                    Some(["var", _]) => Ok(Value::Null),
                    Some([type_name, name, _]) => {
                        self.reference(type_name, name).map(Value::String).ok_or_else(unknown)
                    }
                    _ => Err(unknown()),
                },
            }
        })
    }

    /// The name of the object that a resource manages.
    fn reference(&self, type_name: &str, name: &str) -> Option<String> {
        let target = self.resources.iter().find(|it| it.type_name == type_name && it.name == name)?;
        let resource = self.provider.resources.get(type_name)?;
        let literal = |attribute: &&str| {
            let value = target.block.body.get_attribute(attribute)?;
            Some(((*attribute).to_owned(), self.value(&value.value).ok()?))
        };
        let key = resource.natural_key().iter().filter_map(literal).collect();
        Some(reference(resource.as_ref(), &Value::Map(key)))
    }
}
