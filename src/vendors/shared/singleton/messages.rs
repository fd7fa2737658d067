//! What a user reads about singletons.

use super::adopted::Changes;
use super::original::Original;
use crate::framework::{Claim, Diagnostic, Diagnostics, diagnostics};
use crate::vendors::shared::reconcile::Noun;

/// What settings are called in messages.
#[derive(Clone, Copy, Debug)]
pub(in crate::vendors) struct Title {
    /// The vendor, as people write it: `VULT`.
    pub vendor: &'static str,
    /// The settings, as a plural with an article: `the weights`.
    pub settings: &'static str,
    /// All of them, as a singular without an article: `set of weights`.
    pub set: &'static str,
    /// Whose they are without a label: `the tenant`.
    pub owner: &'static str,
    /// The type's name after the provider's prefix: `vult_weights`.
    pub type_name: &'static str,
    /// What a restore writes if the vendor had no settings: `a set in which nothing is required`.
    pub blank: &'static str,
}

impl Title {
    /// The settings as messages about a write with an unknown outcome name them.
    pub(super) fn noun<'n>(&self, label: Option<&'n str>) -> Noun<'n> {
        let Self { vendor, set: kind, type_name, .. } = *self;
        Noun { vendor, kind, name: label.unwrap_or_default(), type_name, console: "the vendor's console" }
    }

    /// `The weights`.
    fn capitalized(&self) -> String {
        diagnostics::capitalized(self.settings)
    }
}

/// A summary about settings, with their label.
pub(in crate::vendors) fn summary(start: &str, settings: &str, label: Option<String>, end: &str) -> String {
    diagnostics::summary(format!("{start} {settings}").trim(), &label.unwrap_or_default(), end)
}

/// The warning in the plan of a destroy.
pub(super) fn destroy(title: &Title, label: Option<String>, restores: bool, original: &Original) -> Diagnostic {
    let Title { vendor, settings, blank, .. } = title;
    let (start, detail) = match (restores, original) {
        (false, _) => (
            "Destroy forgets",
            format!(
                "{vendor} cannot delete {settings}. With `on_destroy = \"forget\"` Terraform stops managing them, and {vendor} keeps \
                 the present values. To restore the original values, apply `on_destroy = \"restore\"` first."
            ),
        ),
        (true, Original::Fields(_)) => (
            "Destroy restores",
            format!(
                "{vendor} cannot delete {settings}. With `on_destroy = \"restore\"` the destroy writes back the values that {vendor} \
                 had when Terraform adopted them, in place of the present ones."
            ),
        ),
        (true, Original::Nothing) => (
            "Destroy restores",
            format!(
                "{vendor} had none when Terraform adopted {settings}, and cannot delete them: the destroy writes {blank}."
            ),
        ),
        (true, Original::Unknown) => (
            "Cannot restore",
            format!(
                "The values that {vendor} had when Terraform adopted {settings} are not known, so the destroy leaves {settings} as \
                 they are."
            ),
        ),
    };
    Diagnostic::warning(summary(start, settings, label, ""), detail)
}

/// The warning of a read that finds none.
pub(super) fn gone_on_read(title: &Title, label: Option<String>) -> Diagnostic {
    let detail = format!(
        "{} has none for {}. They were removed outside of Terraform and are planned for creation. To stop managing them instead, \
         remove the resource and run `terraform apply`.",
        title.vendor,
        label.as_deref().unwrap_or(title.owner)
    );
    Diagnostic::warning(gone(title, label), detail)
}

/// The error of an update that finds none.
pub(super) fn gone_on_update(title: &Title, label: Option<String>) -> Diagnostic {
    let detail = format!(
        "{} has none for {}. They were removed after the plan was made. Plan again, which creates them.",
        title.vendor,
        label.as_deref().unwrap_or(title.owner)
    );
    Diagnostic::error(gone(title, label), detail)
}

fn gone(title: &Title, label: Option<String>) -> String {
    summary("", &title.capitalized(), label, "are gone")
}

/// The warning that private state has no original although a destroy needs it.
pub(super) fn original_lost(title: &Title, label: Option<String>) -> Diagnostic {
    let Title { vendor, settings, .. } = title;
    // Terraform drops private state if the provider is killed during an update (Terraform 1.15.5).
    let detail = format!(
        "With `on_destroy = \"restore\"` a destroy writes back the values that {vendor} had when Terraform adopted {settings}. State \
         does not have them any more, as after an apply during which the provider was killed. From now on the present values count \
         as the original. If a destroy should not restore those, apply `on_destroy = \"forget\"` and set the earlier values by hand."
    );
    Diagnostic::warning(summary("No original of", settings, label, ""), detail)
}

/// The warning of a destroy that has no original.
pub(super) fn not_restored(title: &Title, label: Option<String>) -> Diagnostic {
    let Title { vendor, settings, .. } = title;
    let detail = format!(
        "The values that {vendor} had when Terraform adopted {settings} are not known. {vendor} keeps the present ones."
    );
    Diagnostic::warning(summary("", &title.capitalized(), label, "were not restored"), detail)
}

/// The warning about a setting that is left out and differs from the plan.
pub(super) fn changed_after_plan(title: &Title, label: Option<String>, name: &str) -> Diagnostic {
    let Title { vendor, settings, .. } = title;
    let detail = format!(
        "Somebody changed `{name}` of {settings} after the plan was made. The configuration leaves it out, so {vendor} keeps the new \
         value; the next plan reads it."
    );
    Diagnostic::warning(summary(&format!("`{name}` of"), settings, label, "changed"), detail)
}

/// The warning about a write that was accepted and cannot be read.
pub(super) fn written_but_not_read(title: &Title, label: Option<String>, unread: &Diagnostics) -> Diagnostic {
    let detail = format!(
        "The values that were sent are kept in state; the next plan reads those that {} has.\n{}",
        title.vendor,
        unread.details()
    );
    Diagnostic::warning(summary("", &title.capitalized(), label, "were written, not read"), detail)
}

/// The error of a write that was accepted and left nothing.
pub(super) fn missing_after_write(title: &Title, label: Option<String>) -> Diagnostic {
    let detail = format!(
        "{vendor} accepted {settings} and returns none when they are read again. Check them in {vendor}'s console, then plan again.",
        vendor = title.vendor,
        settings = title.settings
    );
    Diagnostic::error(summary("", &title.capitalized(), label, "are missing"), detail)
}

/// What to do after a write whose outcome stays unknown.
pub(super) fn recovery(title: &Title) -> String {
    let Title { vendor, settings, set, .. } = title;
    format!(
        "It is not known whether the {set} was updated. Check {settings} in {vendor}'s console, and apply again once {vendor} responds. \
         If this was the first apply of a resource with `on_destroy = \"restore\"`, set the earlier values by hand before: the next \
         create keeps what it finds as the original."
    )
}

/// What two resources may not manage both.
pub(in crate::vendors) fn claim(settings: &str, label: Option<String>, key: String) -> Claim {
    let object = label.as_ref().map_or_else(|| settings.to_owned(), |label| format!("{settings} \"{label}\""));
    Claim { key, summary: summary("Two resources manage", settings, label, ""), object }
}

/// The warning of a create that changes settings which the vendor has. `restores` is whether a destroy writes them back.
pub(super) fn overwrites(title: &Title, label: Option<String>, changes: &Changes, restores: bool) -> Diagnostic {
    let Title { vendor, settings, .. } = title;
    let plural = settings.trim_start_matches("the ");
    let rest = match changes.unchanged {
        0 => String::new(),
        1 => format!("\nThe other one of {settings} stays as it is."),
        count => format!("\nThe other {count} {plural} stay as they are."),
    };
    let later = if restores {
        "A destroy writes the present values back."
    } else {
        "To write the present values back on destroy, set `on_destroy = \"restore\"`."
    };
    let detail =
        format!("{vendor} has {settings} already. The create changes them:\n\n{}{rest}\n{later}", changes.table());
    Diagnostic::warning(summary("Overwrites", settings, label, ""), detail)
}

/// The warning of a create whose present settings cannot be read.
pub(in crate::vendors) fn not_previewed(
    vendor: &str,
    settings: &str,
    label: Option<String>,
    unread: &Diagnostics,
) -> Diagnostic {
    let detail = format!(
        "The values that {vendor} has now cannot be read, so this plan does not show what the create overwrites.\n{}",
        unread.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    );
    Diagnostic::warning(summary("No preview of", settings, label, ""), detail)
}
