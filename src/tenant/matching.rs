//! Matches the objects of two tenants by their natural keys.

use std::collections::BTreeMap;

use crate::framework::Value;
use crate::framework::resource::DynResource;

/// The natural key of a configuration in which references are names.
pub(crate) fn key(resource: &dyn DynResource, config: &Value) -> Vec<Value> {
    resource.natural_key().iter().map(|name| config.get(name).clone()).collect()
}

/// Pairs objects with the same key: those that are equal first, then in their order.
pub(crate) fn matched<T>(
    left: Vec<T>,
    right: Vec<T>,
    key: impl Fn(&T) -> Vec<Value>,
    equal: impl Fn(&T, &T) -> bool,
) -> Vec<(Option<T>, Option<T>)> {
    let mut by_key: BTreeMap<Vec<Value>, (Vec<T>, Vec<T>)> = BTreeMap::new();
    for object in left {
        by_key.entry(key(&object)).or_default().0.push(object);
    }
    for object in right {
        by_key.entry(key(&object)).or_default().1.push(object);
    }
    let mut pairs = Vec::new();
    for (before, mut after) in by_key.into_values() {
        let mut rest = Vec::new();
        for object in before {
            match after.iter().position(|other| equal(&object, other)) {
                Some(index) => pairs.push((Some(object), Some(after.remove(index)))),
                None => rest.push(object),
            }
        }
        let count = rest.len().max(after.len());
        let fill = |side: Vec<T>| side.into_iter().map(Some).chain(std::iter::repeat_with(|| None)).take(count);
        pairs.extend(fill(rest).zip(fill(after)));
    }
    pairs
}
