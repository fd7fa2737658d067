//! Finds the one object that a data source names, by its id or by its name.
//!
//! An id is unique. Only the names of lists are unique at Didit, so a name that several objects have is an error with their ids.

use std::fmt::Write;

use super::client::Collection;
use crate::framework::rules::{listed, nearest};
use crate::framework::spelling::same_text;
use crate::framework::{Attr, Diagnostic, Diagnostics, Path};

/// How many objects an error lists.
const LISTED: usize = 10;

/// The two attributes of a data source, of which a configuration sets one, and the objects that they select from.
pub(super) struct Lookup<'l> {
    pub(super) collection: Collection,
    /// The name and the value of the attribute with the id.
    pub(super) id: (&'static str, &'l Attr<String>),
    /// The name and the value of the attribute with the name.
    pub(super) name: (&'static str, &'l Attr<String>),
}

/// An object that a lookup may select.
pub(super) struct Candidate<'c, T> {
    pub(super) id: &'c str,
    pub(super) name: &'c str,
    pub(super) row: &'c T,
}

impl Lookup<'_> {
    /// Checks that one attribute is set, and only one.
    pub(super) fn check(&self, diagnostics: &mut Diagnostics) {
        let ((id, has_id), (name, has_name)) =
            ((self.id.0, !self.id.1.is_null()), (self.name.0, !self.name.1.is_null()));
        if has_id && has_name {
            let detail = format!("Each of them alone selects the {}. Remove one.", self.collection.one());
            diagnostics.error(Path::to(name), format!("`{name}` conflicts with `{id}`"), detail);
        } else if !has_id && !has_name {
            let detail = format!("Set `{id}` or `{name}` to select the {}.", self.collection.one());
            diagnostics.error(Path::root(), format!("Neither `{id}` nor `{name}` is set"), detail);
        }
    }

    /// The one object that the configuration selects.
    pub(super) fn find<'c, T>(
        &self,
        candidates: impl Iterator<Item = Candidate<'c, T>>,
    ) -> Result<Candidate<'c, T>, Diagnostic> {
        let candidates: Vec<_> = candidates.collect();
        let wanted = |candidate: &Candidate<'_, T>| match (self.id.1.as_str(), self.name.1.as_str()) {
            (Some(id), _) => candidate.id == id,
            (None, Some(name)) => same_text(candidate.name, name),
            (None, None) => false,
        };
        let (mut found, others): (Vec<_>, Vec<_>) = candidates.into_iter().partition(wanted);
        match (found.pop(), found.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some(last), false) => {
                found.push(last);
                Err(self.ambiguous(&found))
            }
            (None, _) => Err(self.absent(&others)),
        }
    }

    fn ambiguous<T>(&self, found: &[Candidate<'_, T>]) -> Diagnostic {
        let (name, text) = (self.name.0, self.name.1.as_str().unwrap_or_default());
        let mut detail =
            format!("{} {} have this name. Set `{}` to the id of one:", found.len(), self.collection.many(), self.id.0);
        for candidate in found.iter().take(LISTED) {
            // Writing to a String cannot fail.
            let _ = write!(detail, "\n- `{}`", candidate.id);
        }
        if found.len() > LISTED {
            let _ = write!(detail, "\n- and {} more", found.len() - LISTED);
        }
        Diagnostic::error(self.collection.summary(text, "is ambiguous"), detail).at(Path::to(name))
    }

    fn absent<T>(&self, others: &[Candidate<'_, T>]) -> Diagnostic {
        let by_id = !self.id.1.is_null();
        let (attribute, text) = if by_id { self.id } else { self.name };
        let text = text.as_str().unwrap_or_default();
        let known: Vec<_> = others.iter().map(|other| if by_id { other.id } else { other.name }).collect();
        let hint = match nearest(text, &known) {
            Some(near) => format!("Did you mean `{near}`?"),
            None if known.is_empty() => format!("The application has no {}.", self.collection.many()),
            None if known.len() <= LISTED => format!("It has {}.", listed(&known, "and")),
            None => format!("It has {} others, such as {}.", known.len(), listed(&known[..LISTED], "and")),
        };
        let detail = format!("Didit has no {} whose `{attribute}` is `{text}`. {hint}", self.collection.one());
        Diagnostic::error(self.collection.summary(text, "does not exist"), detail).at(Path::to(attribute))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [(&str, &str); 4] = [("a", "KYC"), ("b", "Age"), ("c", "KYC "), ("Age", "other")];

    fn find(id: Option<&str>, name: Option<&str>) -> Result<String, String> {
        let (id, name) = (Attr::from(id.map(str::to_owned)), Attr::from(name.map(str::to_owned)));
        let lookup =
            Lookup { collection: Collection::workflows(), id: ("workflow_id", &id), name: ("workflow_label", &name) };
        let candidates = ROWS.iter().map(|row| Candidate { id: row.0, name: row.1, row });
        lookup
            .find(candidates)
            .map(|found| found.id.to_owned())
            .map_err(|error| format!("{}: {}", error.path, error.detail))
    }

    #[test]
    fn id_or_unique_name_selects_an_object() {
        assert_eq!(find(Some("c"), None).as_deref(), Ok("c"));
        // The id of another object is no name.
        assert_eq!(find(None, Some("Age")).as_deref(), Ok("b"));
        assert_eq!(find(Some("Age"), None).as_deref(), Ok("Age"));
    }

    #[test]
    fn ambiguous_name_lists_the_ids_and_unknown_name_suggests_one() {
        let ambiguous = find(None, Some("KYC")).unwrap_err();
        assert_eq!(
            ambiguous,
            "workflow_label: 2 workflows have this name. Set `workflow_id` to the id of one:\n- `a`\n- `c`"
        );
        let absent = find(None, Some("ages")).unwrap_err();
        assert!(absent.ends_with("`workflow_label` is `ages`. Did you mean `Age`?"), "{absent}");
        let absent = find(Some("x-y-z"), None).unwrap_err();
        assert_eq!(
            absent,
            "workflow_id: Didit has no workflow whose `workflow_id` is `x-y-z`. It has `a`, `b`, `c` and `Age`."
        );
    }
}
