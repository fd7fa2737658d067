//! What a create overwrites in settings that the vendor has already.

use std::fmt::Write;

use super::{Fields, Singleton, write};
use crate::framework::Value;

/// The settings that a create changes, and how many it does not.
#[derive(Debug, Default)]
pub(in crate::vendors) struct Changes {
    /// Name, present value and planned value, sorted by name.
    rows: Vec<(String, String, String)>,
    /// How many settings keep their values.
    pub(super) unchanged: usize,
}

impl Changes {
    /// What a plan with this configuration changes in the vendor's present values.
    pub(super) fn of<S: Singleton>(current: &Fields, plan: &Value, config: &Value) -> Self {
        let wanted = write::wanted::<S>(current, plan, config);
        let mut changes = Self::default();
        for (name, value) in current {
            let planned = wanted.get(name).unwrap_or(value);
            if plan.get(name).is_unknown() && !config.get(name).is_null() {
                changes.add(name, shown(value), shown(&Value::Unknown));
            } else {
                changes.compare(name, value, planned);
            }
        }
        changes
    }

    /// Adds a setting if the values differ, and counts it otherwise.
    pub(in crate::vendors) fn compare(&mut self, name: &str, today: &Value, planned: &Value) {
        if today == planned {
            self.unchanged += 1;
        } else {
            self.add(name, shown(today), shown(planned));
        }
    }

    /// Adds a setting whose present value the vendor does not show; `None` is a secret.
    pub(in crate::vendors) fn add_unseen(&mut self, name: &str, planned: Option<&Value>) {
        self.add(name, "(not shown)".to_owned(), planned.map_or_else(|| "(sensitive)".to_owned(), shown));
    }

    fn add(&mut self, name: &str, today: String, planned: String) {
        self.rows.push((name.to_owned(), today, planned));
    }

    /// Whether nothing changes.
    pub(in crate::vendors) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A line for each change, `name: today -> planned`. Terraform does not wrap lines that begin with a blank.
    pub(in crate::vendors) fn table(&self) -> String {
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort();
        rows.iter().fold(String::new(), |mut table, (name, today, planned)| {
            // Writing to a text does not fail.
            let _ = writeln!(table, "  {name}: {today} -> {planned}");
            table
        })
    }
}

/// A value as the table shows it: a long text is cut.
fn shown(value: &Value) -> String {
    const LONGEST: usize = 60;
    match value {
        Value::Null => "(none)".to_owned(),
        Value::Unknown => "(known after apply)".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.chars().count() > LONGEST => {
            format!("{:?}", text.chars().take(LONGEST - 1).chain(['…']).collect::<String>())
        }
        Value::String(text) => format!("{text:?}"),
        Value::List(_) | Value::Map(_) => value.describe().to_owned(),
    }
}
