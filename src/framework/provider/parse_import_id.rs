//! `parse_import_id`: the parts of an import id, by the same code that an import uses.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::framework::kinds::function::{Failure, Function, Parameter, Signature, text};
use crate::framework::kinds::resource::DynResource;
use crate::framework::types::Type;
use crate::framework::value::Value;

/// The function, over every resource of the provider.
pub(super) struct ParseImportId(pub(super) BTreeMap<String, Arc<dyn DynResource>>);

impl Function for ParseImportId {
    fn name(&self) -> &'static str {
        "parse_import_id"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "Splits an import id into the attributes of the identity that it stands for.",
            description: "Takes the name of a resource type and an import id of it, and gives the attributes of the object's identity \
                          that the id names, with `%2F` and `%25` decoded. Useful to turn a list of ids into `identity = { ... }` of import blocks.",
            parameters: vec![
                Parameter::string(
                    "type",
                    "The full name of a resource type of this provider, such as `idv_vult_webhook`.",
                ),
                Parameter::string("id", "An import id of that type."),
            ],
            returns: Type::map(Type::String),
        }
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, Failure> {
        let (kind, id) = (text(arguments, 0)?, text(arguments, 1)?);
        let object = self.0.get(kind).ok_or_else(|| {
            let known = self.0.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            Failure::at(0, format!("`{kind}` is no resource type of this provider. The types are {known}."))
        })?;
        let state = object.parse_import_id(id).map_err(|diagnostics| Failure::at(1, diagnostics.details()))?;
        let named =
            object.identity().attributes().iter().map(|part| (part.name.to_owned(), state.get(part.name).clone()));
        Ok(Value::Map(named.filter(|(_, value)| !value.is_null()).collect()))
    }
}
