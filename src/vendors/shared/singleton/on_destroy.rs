//! The attribute `on_destroy`: what a destroy does to settings that the vendor cannot delete.

use crate::framework::{Attribute, Rule, Value};

const NAME: &str = "on_destroy";

/// `on_destroy` of settings that can be restored: `forget`, which is the default, or `restore`.
pub(in crate::vendors) fn forget_or_restore() -> Attribute {
    Attribute::string(NAME).default("forget").rule(Rule::OneOf(&["forget", "restore"])).describe(
        "What destroy does, since the vendor has no delete: `forget` leaves the settings as they are, `restore` writes back \
         the values that the vendor had when Terraform adopted them. It has no effect where Terraform does not destroy, as with \
         `destroy = false` in a `removed` block or in the `lifecycle`.",
    )
}

/// `on_destroy` of an object that can be switched off, such as "the bucket": `disable`, which is the default, or `forget`.
pub(in crate::vendors) fn disable_or_forget(object: &str) -> Attribute {
    Attribute::string(NAME).default("disable").rule(Rule::OneOf(&["disable", "forget"])).describe(format!(
        "What destroy does, since the vendor has no delete: `disable` switches {object} off, `forget` leaves it as it is. It has \
         no effect where Terraform does not destroy, as with `destroy = false` in a `removed` block or in the `lifecycle`."
    ))
}

/// Whether a destroy restores the original.
pub(super) fn restores(state: &Value) -> bool {
    state.get(NAME).as_str() == Some("restore")
}
