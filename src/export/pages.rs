//! Pages of HTML that several steps have: one file for each, which the configuration reads.

use std::collections::BTreeMap;

use super::Layout;
use super::capture::Capture;
use super::configuration::Files;
use super::hcl::Term;
use super::names::{Names, slug};
use crate::framework::Value;

/// The attribute that has a page.
const ATTRIBUTE: &str = "html";

/// A text of one line is a file only if it is longer, in characters.
const LONG: usize = 200;

/// The name of the file of each page, by its text.
#[derive(Default)]
pub(super) struct Pages(BTreeMap<String, String>);

impl Pages {
    /// The pages that are used at least twice.
    pub(super) fn of(captures: &[Capture], layout: &Layout) -> Self {
        let mut uses: Vec<(String, String, usize)> = Vec::new();
        for object in captures.iter().flat_map(|capture| &capture.objects) {
            collect(&object.config, &mut uses);
        }
        let mut names = Names::default();
        let repeated = uses.into_iter().filter(|(_, _, count)| *count > 1);
        Self(repeated.map(|(text, step, _)| (text, layout.name(&format!("{}.html", names.take(&step))))).collect())
    }

    /// The expression that reads a page, if it has a file.
    pub(super) fn term(&self, attribute: &str, value: &Value) -> Option<Term> {
        let file = self.0.get(value.as_str().filter(|_| attribute == ATTRIBUTE)?)?;
        Some(Term::verbatim(&format!("file(\"${{path.module}}/{file}\")")))
    }

    /// The files, in the folder of the resources.
    pub(super) fn files(self, layout: &Layout) -> Files {
        let folder = layout.module.as_ref().map_or_else(String::new, |module| format!("{module}/"));
        self.0.into_iter().map(|(text, name)| (format!("{folder}{name}"), text)).collect()
    }
}

/// Counts the pages below a value, with the name of the step that has each first.
fn collect(value: &Value, uses: &mut Vec<(String, String, usize)>) {
    match value {
        Value::Map(entries) => {
            let page = value
                .get(ATTRIBUTE)
                .as_str()
                .filter(|text| text.trim_end().contains('\n') || text.chars().count() > LONG);
            if let Some(text) = page {
                if let Some((_, _, count)) = uses.iter_mut().find(|(known, _, _)| known == text) {
                    *count += 1;
                } else {
                    let step = slug(value.get("name").as_str().unwrap_or_default(), "page");
                    uses.push((text.to_owned(), step, 1));
                }
            }
            for entry in entries.values() {
                collect(entry, uses);
            }
        }
        Value::List(elements) => {
            for element in elements {
                collect(element, uses);
            }
        }
        _ => {}
    }
}
