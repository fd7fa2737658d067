# The policies of `terraform-provider-idv lint` for a plan: terraform show -json saved.tfplan | conftest test -p . -
#
# Set bounds by `--data FILE` with {"idv": {"production": true, "min_liveness": 0.8, "max_retries": 3}}.
package main

import rego.v1

default production := false

production := data.idv.production

default min_liveness := 0.8

min_liveness := data.idv.min_liveness

default max_retries := 3

max_retries := data.idv.max_retries

# The planned resources; those that the plan destroys are left out.
planned contains resource if {
	some change in input.resource_changes
	startswith(change.type, "idv_")
	is_object(change.change.after)
	resource := {"address": change.address, "type": change.type, "after": change.change.after}
}

deny contains sprintf("face-match-without-liveness: %s has FACE_MATCH and no LIVENESS", [resource.address]) if {
	some resource in planned
	resource.type == "idv_didit_workflow"
	features := {feature.feature | some feature in resource.after.features}
	"FACE_MATCH" in features
	not "LIVENESS" in features
}

deny contains sprintf("proofing-without-selfie: a path of %s ends without CAPTURE_SELFIE", [resource.address]) if {
	some resource in planned
	resource.type == "idv_onekosmos_proofing_template"
	workflow := resource.after.workflow
	some index in reached(workflow)
	ends(workflow, index)
}

deny contains sprintf("sanctions-weight-zero: ofac_fuzzy_match_weight of %s is 0", [resource.address]) if {
	some resource in planned
	resource.type == "idv_vult_weights"
	resource.after.ofac_fuzzy_match_weight == 0
}

deny contains sprintf("low-liveness: minimum_liveness_tolerance of %s is below %v", [resource.address, min_liveness]) if {
	some resource in planned
	resource.type == "idv_vult_weights"
	is_number(resource.after.minimum_liveness_tolerance)
	resource.after.minimum_liveness_tolerance < min_liveness
}

deny contains sprintf("forget-in-production: on_destroy of %s is forget", [resource.address]) if {
	production
	some resource in planned
	resource.after.on_destroy == "forget"
}

deny contains sprintf("many-retries: max_retry_attempts of %s is above %v", [resource.address, max_retries]) if {
	some resource in planned
	is_number(resource.after.max_retry_attempts)
	resource.after.max_retry_attempts > max_retries
}

deny contains sprintf("plain-http: %s of %s begins with http://", [name, resource.address]) if {
	some resource in planned
	some name in ["url", "callback_url"]
	startswith(resource.after[name], "http://")
	not regex.match(`^http://(localhost|127\.[0-9.]+|\[::1\])([:/]|$)`, resource.after[name])
}

# The address itself is not printed.
deny contains sprintf("token-in-url: %s of %s contains a credential", [name, resource.address]) if {
	some resource in planned
	some name in ["url", "callback_url"]
	regex.match(
		`(?i)^https?://[^/?#]*@|[?&](access_token|api_key|key|password|secret|sig|signature|token)=[^&]`,
		resource.after[name],
	)
}

# The positions of the steps that can be reached without a selfie.
reached(workflow) := graph.reachable(edges, {0 | workflow[0].type != "CAPTURE_SELFIE"}) if {
	edges := {index: next |
		some index, step in workflow
		step.type != "CAPTURE_SELFIE"
		next := {to | some to in following(workflow, index); workflow[to].type != "CAPTURE_SELFIE"}
	}
}

# A step with actions continues at the steps in `jump_to`, one without actions at the next.
following(workflow, index) := targets if {
	has_actions(workflow[index])
	jumps := {action.jump_to | some action in workflow[index].actions}
	targets := {to | some to; workflow[to].name in jumps}
}

following(workflow, index) := {next | next := index + 1; next < count(workflow)} if {
	not has_actions(workflow[index])
}

ends(workflow, index) if {
	has_actions(workflow[index])
	count([action | some action in workflow[index].actions; is_string(object.get(action, "jump_to", null))]) == 0
}

ends(workflow, index) if {
	some action in workflow[index].actions
	not is_string(object.get(action, "jump_to", null))
	is_string(object.get(action, "call", null))
}

ends(workflow, index) if {
	not has_actions(workflow[index])
	index + 1 == count(workflow)
}

has_actions(step) if count(object.get(step, "actions", null)) > 0
