//! The plan of an object whose vendor cannot be called yet, because its part of the provider block has an unknown value.
//!
//! Core applies nothing of a deferred plan. It shows the plan, and other blocks refer to the attributes of it. So what is not known
//! is unknown and not null. The object's own planning does not run, since it may need the client.

use super::{PlanRequest, PlanResponse};
use crate::framework::diagnostics::Diagnostics;
use crate::framework::plan;
use crate::framework::schema::Schema;
use crate::framework::value::Value;

/// The plan by the schema alone: the configuration, the defaults, and unknown values for what the vendor computes.
pub fn plan_deferred(schema: &Schema, request: PlanRequest) -> PlanResponse {
    let PlanRequest { prior, proposed, config, private, identity } = request;
    let (state, requires_replace) = if proposed.is_null() {
        (Value::Null, Vec::new())
    } else {
        let planned = plan::plan(schema, &prior, &config, proposed);
        (planned.state, planned.requires_replace)
    };
    // In the second pass of a replacement the identity is that of the object that is replaced.
    let identity = if prior.is_null() { Value::Null } else { identity };
    PlanResponse { state, requires_replace, private, identity, diagnostics: Diagnostics::new() }
}
