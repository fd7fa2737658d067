//! What a command found: the same form for all of them, which is also the JSON.

use serde::Serialize;

use crate::framework::flow::Step;
use crate::framework::{Direction, Value};

/// The version of the JSON. It counts up when a field is removed or changes its meaning.
const VERSION: u32 = 1;

/// What differs between two sides.
#[derive(Clone, Debug, Serialize)]
pub struct Changes {
    /// The version of this form.
    pub version: u32,
    /// `report`, `impact`, `drift` or `compare`.
    pub command: &'static str,
    /// What the values before are from: `today`, `state`, or the name of a tenant.
    pub left: String,
    /// What the values after are from: `plan`, `vendor`, or the name of a tenant.
    pub right: String,
    /// The objects that differ, the most severe first.
    pub objects: Vec<ObjectChange>,
    /// How many objects are the same on both sides.
    pub unchanged: usize,
    /// What could not be compared, one sentence each.
    pub limits: Vec<String>,
}

impl Changes {
    pub(super) fn new(command: &'static str, left: &str, right: &str) -> Self {
        Self {
            version: VERSION,
            command,
            left: left.to_owned(),
            right: right.to_owned(),
            objects: Vec::new(),
            unchanged: 0,
            limits: Vec::new(),
        }
    }

    /// The changes in their order: looser before stricter before neutral, then objects that go before those that come, then by
    /// name.
    pub(super) fn sorted(mut self) -> Self {
        self.objects.sort_by_cached_key(|object| {
            (object.direction, object.action, object.type_name.clone(), object.name.clone(), object.address.clone())
        });
        self
    }

    /// The same without what changes, so that the numbers of verifications are left.
    #[must_use]
    pub fn as_impact(mut self) -> Self {
        self.command = "impact";
        for object in &mut self.objects {
            object.fields.clear();
            object.flow = None;
        }
        self
    }

    /// Whether they are those of a plan.
    pub(super) fn is_of_plan(&self) -> bool {
        matches!(self.command, "report" | "impact")
    }

    /// How many objects have this direction.
    pub fn count(&self, direction: Direction) -> usize {
        self.objects.iter().filter(|object| object.direction == direction).count()
    }

    /// Whether both sides are the same.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }
}

/// What happens to an object, or on which side it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The plan destroys it.
    Destroy,
    /// The plan stops managing settings that the vendor cannot delete.
    Release,
    /// It is in state and the vendor does not have it.
    Gone,
    /// It is only on the left side.
    OnlyLeft,
    /// The vendor has it and it is not in state.
    Unmanaged,
    /// It is only on the right side.
    OnlyRight,
    /// The plan destroys it and creates another.
    Replace,
    /// The plan creates another in its place, and stops managing it.
    CreateAndForget,
    /// The plan changes it in place.
    Update,
    /// It is on both sides with other values.
    Differs,
    /// The plan creates it.
    Create,
    /// The plan begins to manage settings that the vendor has already.
    Adopt,
    /// The plan imports it.
    Import,
    /// The plan stops managing it.
    Forget,
}

/// One object that differs.
#[derive(Clone, Debug, Serialize)]
pub struct ObjectChange {
    /// Its address in the configuration, if it has one.
    pub address: Option<String>,
    /// Its type, such as `idv_vult_webhook`.
    pub type_name: String,
    /// The vendor, as people write it.
    pub vendor: String,
    /// The kind of object in words, such as `webhook`.
    pub kind: String,
    /// What tells it from others of its kind; empty if there is one.
    pub name: String,
    /// What happens to it.
    pub action: Action,
    /// The direction of the whole change: the loosest of its parts.
    pub direction: Direction,
    /// Why the existence of the object is stricter or looser.
    pub reason: Option<String>,
    /// Who is affected.
    pub audience: String,
    /// What changes, the most severe first.
    pub fields: Vec<FieldChange>,
    /// The workflow before and after, if it differs.
    pub flow: Option<FlowChange>,
    /// How many verifications it concerned, if that was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub impact: Option<Impact>,
    /// The object before the change, or after it if it is new; without secrets.
    #[serde(skip)]
    pub(super) object: Value,
}

/// How many verifications of the last days an object concerned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Impact {
    /// The number of days.
    pub days: u16,
    /// The number of verifications; null if it is not known.
    pub count: Option<u64>,
    /// Both in words, or why the number is not known.
    pub sentence: String,
}

/// One attribute that differs.
#[derive(Clone, Debug, Serialize)]
pub struct FieldChange {
    /// The path of the attribute.
    pub path: String,
    /// What changes, as a clause: `middle name becomes required`.
    pub sentence: String,
    /// The value before. A secret is `(sensitive)`.
    pub before: String,
    /// The value after.
    pub after: String,
    /// What the change does to the verification of people.
    pub direction: Direction,
    /// Why.
    pub reason: Option<String>,
    /// Both values, if they are numbers.
    #[serde(skip)]
    pub numbers: Option<(f64, f64)>,
}

/// A workflow of steps before and after.
#[derive(Clone, Debug, Serialize)]
pub struct FlowChange {
    /// The steps before, in order.
    pub before: Vec<Step>,
    /// The steps after, in order.
    pub after: Vec<Step>,
    /// Steps that every person went through before, and not after: the step, and a path that skips it.
    pub lost: Vec<SkippedStep>,
    /// Steps that every person goes through after, and not before.
    pub gained: Vec<String>,
}

/// A step that a path skips.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SkippedStep {
    /// The name of the step before.
    pub step: String,
    /// What it does.
    #[serde(rename = "type")]
    pub kind: String,
    /// The names of the steps of a path without it.
    pub path: Vec<String>,
}
