//! References: where an attribute has the id of another object.
//!
//! The rule is the same for all types. An attribute refers to an object if three things are so: its name is `STEM_id`; its
//! value is the identifying attribute of exactly one other object of the vendor (`id`, or a part of the identity that only
//! the vendor sets); and `STEM` matches the other's type. `list_id` and `parent_list_id` refer to an `idv_didit_list`,
//! `destination_id` to an `idv_didit_webhook_destination`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Listing, words};
use crate::framework::resource::DynResource;
use crate::framework::schema::{Attribute, Shape};
use crate::framework::{Provider, Type, Value, check};

/// The name of a type without the vendor: `webhook`.
pub(crate) fn object_name(resource: &dyn DynResource) -> &'static str {
    let name = resource.name();
    name.strip_prefix(resource.vendor()).map_or(name, |rest| rest.trim_start_matches('_'))
}

/// Whether an attribute of this name may refer to objects of a type.
pub(crate) fn refers_to(attribute: &str, resource: &dyn DynResource) -> bool {
    attribute.strip_suffix("_id").is_some_and(|stem| matches_type(stem, object_name(resource)))
}

/// Whether the stem of an attribute's name matches a type: one ends with the other.
fn matches_type(stem: &str, object: &str) -> bool {
    let ends_with =
        |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'));
    ends_with(stem, object) || ends_with(object, stem)
}

/// The attributes whose value identifies an object of a type: those of which only the vendor chooses the value.
pub(crate) fn identifying(resource: &dyn DynResource) -> impl Iterator<Item = &Attribute> {
    let identifies = |attribute: &&Attribute| {
        let given = attribute.computed && !attribute.optional && !attribute.required;
        let text = matches!(attribute.shape(), Shape::Plain(Type::String));
        let part = || resource.identity().attributes().iter().any(|part| part.name == attribute.name);
        given && text && (attribute.name == "id" || part())
    };
    resource.schema().attributes().iter().filter(identifies)
}

/// How a reference to an object is compared and shown: `the list "allowlist, phone, trusted"`.
pub(crate) fn reference(resource: &dyn DynResource, state: &Value) -> String {
    format!("the {} \"{}\"", words::kind(resource), words::name(resource, state))
}

/// An object to which attributes refer.
pub(crate) struct Entry {
    /// Its type.
    pub(crate) resource: Arc<dyn DynResource>,
    /// Its state.
    pub(crate) state: Value,
}

/// The objects of a tenant by their ids, those of the vendor's own included.
#[derive(Default)]
pub(crate) struct Directory {
    objects: Vec<Entry>,
    by_id: BTreeMap<(&'static str, String), BTreeSet<usize>>,
}

impl Directory {
    /// The objects of these listings.
    pub(crate) fn of<'l>(provider: &Provider, listings: impl IntoIterator<Item = &'l Listing>) -> Self {
        let mut directory = Self::default();
        for listing in listings {
            let Some(resource) = provider.resources.get(&listing.type_name) else { continue };
            for state in listing.objects.iter().map(|object| &object.state).chain(&listing.built_in) {
                let index = directory.objects.len();
                for id in identifying(resource.as_ref()).filter_map(|attribute| state.get(&attribute.name).as_str()) {
                    directory.by_id.entry((resource.vendor(), id.to_owned())).or_default().insert(index);
                }
                directory.objects.push(Entry { resource: Arc::clone(resource), state: state.clone() });
            }
        }
        directory
    }

    /// The one object of a vendor to which an attribute with this value refers.
    pub(crate) fn find(&self, vendor: &'static str, attribute: &str, id: &str) -> Option<&Entry> {
        let candidates = self.by_id.get(&(vendor, id.to_owned()))?.iter().filter_map(|index| self.objects.get(*index));
        let mut named = candidates.filter(|entry| refers_to(attribute, entry.resource.as_ref()));
        let found = named.next()?;
        named.next().is_none().then_some(found)
    }

    /// The states of the objects by what a reference to them is called.
    pub(crate) fn by_reference(&self) -> impl Iterator<Item = (String, Value)> {
        self.objects.iter().map(|entry| (reference(entry.resource.as_ref(), &entry.state), entry.state.clone()))
    }

    /// The one object with the natural key of another tenant's object.
    pub(crate) fn counterpart(&self, other: &Entry) -> Option<&Entry> {
        let name = reference(other.resource.as_ref(), &other.state);
        let same_type = self.objects.iter().filter(|entry| entry.resource.name() == other.resource.name());
        let mut named = same_type.filter(|entry| reference(entry.resource.as_ref(), &entry.state) == name);
        let found = named.next()?;
        named.next().is_none().then_some(found)
    }
}

impl Entry {
    /// The attribute that identifies it, and its value.
    pub(crate) fn id(&self) -> Option<(&str, &str)> {
        identifying(self.resource.as_ref())
            .find_map(|attribute| Some((attribute.name.as_str(), self.state.get(&attribute.name).as_str()?)))
    }
}

/// A configuration with names in place of the ids in its references.
pub(crate) fn name_references(resource: &dyn DynResource, config: Value, directory: &Directory) -> Value {
    check::map_object(resource.schema().attributes(), config, &|attribute, value| {
        let found = value.as_str().and_then(|id| directory.find(resource.vendor(), &attribute.name, id));
        found.map_or(value, |entry| reference(entry.resource.as_ref(), &entry.state).into())
    })
}

#[cfg(test)]
mod tests {
    use super::matches_type;

    #[test]
    fn stem_matches_a_type() {
        for (stem, object, expected) in [
            ("list", "list", true),
            ("parent_list", "list", true),
            ("destination", "webhook_destination", true),
            ("client", "webhook", false),
            ("blacklist", "list", false),
        ] {
            assert_eq!(matches_type(stem, object), expected, "{stem}_id and {object}");
        }
    }
}
