//! Settings that a vendor always has and cannot delete: what was there when Terraform took over, and what destroy makes
//! of it.
//!
//! The settings are kept in private state as JSON of the vendor's own shape; which shape that is, is the vendor's affair.

use serde_json::Value as Json;

use crate::framework::{Attribute, Context, Diagnostic, Diagnostics, Model, Private, Rule, Value};

/// The key in private state.
const ORIGINAL: &str = "original";

/// What was kept; `None` if nothing was, and null if the vendor had nothing then.
pub(in crate::vendors) fn kept(private: &Private) -> Option<Json> {
    private.get(ORIGINAL)
}

/// Keeps what is there while Terraform takes over; null if there is nothing.
pub(in crate::vendors) fn keep(private: &mut Private, original: &Json) -> Result<(), Diagnostics> {
    private.set(ORIGINAL, original)
}

/// The attribute that says what destroy does.
pub(in crate::vendors) fn on_destroy() -> Attribute {
    Attribute::string("on_destroy").default("forget").rule(Rule::OneOf(&["forget", "restore"])).describe(
        "What destroy does, since the vendor has no delete: `forget` leaves the vendor's settings as they are then, \
         `restore` puts back what was there when Terraform took over.",
    )
}

/// Whether destroy puts the original back.
pub(in crate::vendors) fn restores(state: &Value) -> bool {
    state.get("on_destroy").as_str() == Some("restore")
}

/// The warning in the plan of a destroy. `what` is a plural such as "the weights"; `known` says whether the original is.
pub(in crate::vendors) fn destroy_warning(vendor: &str, what: &str, restores: bool, known: bool) -> Diagnostic {
    let detail = match (restores, known) {
        (false, _) => format!(
            "{vendor} cannot delete {what}. With `on_destroy = \"forget\"` Terraform stops managing them, and the tenant \
             keeps them as they are. To put back what was there before, apply `on_destroy = \"restore\"` first."
        ),
        (true, true) => format!(
            "{vendor} cannot delete {what}. With `on_destroy = \"restore\"` the destroy writes back what was there when \
             Terraform took over, in place of what is there now."
        ),
        (true, false) => {
            format!("What was there when Terraform took over is not known, so the destroy leaves {what} as they are.")
        }
    };
    let verb = if restores { "restores" } else { "forgets" };
    Diagnostic::warning(format!("Destroy {verb} {what}"), detail)
}

/// Warns that what was kept for a destroy is gone: Terraform drops it with the rest of private state where the provider dies
/// during an update (Terraform 1.15.5).
pub(in crate::vendors) fn warn_lost<M: Model>(ctx: &mut Context<M>, vendor: &str, what: &str) {
    let detail = format!(
        "With `on_destroy = \"restore\"` a destroy puts back what was there when Terraform took over {what}. That is not in state any \
         more, as after an apply in which the provider was killed. From now on what {vendor} has at present counts as the original. If \
         a destroy should not leave that, apply `on_destroy = \"forget\"`, and set the values that were there before by hand."
    );
    ctx.warn(format!("The original of {what} was lost"), detail);
}

/// Warns that a destroy had nothing to put back.
pub(in crate::vendors) fn warn_not_restored<M: Model>(ctx: &mut Context<M>, vendor: &str, what: &str) {
    let detail = format!("What was there when Terraform took over is not known. {vendor} keeps {what} as they are.");
    ctx.warn("Nothing was restored", detail);
}
