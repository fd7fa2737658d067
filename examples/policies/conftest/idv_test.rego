# One plan that passes and one that fails for each policy: conftest verify -p . (or opa test .)
package main_test

import data.main
import rego.v1

plan(type, after) := {"resource_changes": [{
	"address": sprintf("%s.it", [type]),
	"type": type,
	"change": {"actions": ["create"], "after": after},
}]}

ids(messages) := {id | some message in messages; id := split(message, ":")[0]}

rules(type, after) := ids(messages) if {
	messages := main.deny with input as plan(type, after)
}

in_production(type, after) := ids(messages) if {
	messages := main.deny with input as plan(type, after) with data.idv.production as true
}

features(names) := {"features": [{"feature": name, "config": null} | some name in names]}

workflow(jump) := {"workflow": [
	{"name": "front", "type": "CAPTURE_FRONT", "actions": [{"jump_to": jump, "call": null}]},
	{"name": "selfie", "type": "CAPTURE_SELFIE", "actions": null},
	{"name": "wait", "type": "PROCESSING", "actions": [{"jump_to": null, "call": "submit"}]},
]}

test_face_match_with_liveness_passes if {
	rules("idv_didit_workflow", features(["OCR", "LIVENESS", "FACE_MATCH"])) == set()
}

test_face_match_without_liveness_fails if {
	rules("idv_didit_workflow", features(["OCR", "FACE_MATCH"])) == {"face-match-without-liveness"}
}

test_proofing_with_selfie_passes if {
	rules("idv_onekosmos_proofing_template", workflow("selfie")) == set()
}

test_proofing_with_a_path_around_the_selfie_fails if {
	rules("idv_onekosmos_proofing_template", workflow("wait")) == {"proofing-without-selfie"}
}

test_weight_of_sanctions_passes if rules("idv_vult_weights", {"ofac_fuzzy_match_weight": 15}) == set()

test_weight_of_sanctions_zero_fails if {
	rules("idv_vult_weights", {"ofac_fuzzy_match_weight": 0}) == {"sanctions-weight-zero"}
}

test_liveness_passes if rules("idv_vult_weights", {"minimum_liveness_tolerance": 0.8}) == set()

test_low_liveness_fails if rules("idv_vult_weights", {"minimum_liveness_tolerance": 0.79}) == {"low-liveness"}

test_forget_elsewhere_passes if rules("idv_vult_weights", {"on_destroy": "forget"}) == set()

test_forget_in_production_fails if {
	in_production("idv_vult_weights", {"on_destroy": "forget"}) == {"forget-in-production"}
}

test_retries_pass if rules("idv_didit_workflow", {"max_retry_attempts": 3, "features": []}) == set()

test_many_retries_fail if rules("idv_didit_workflow", {"max_retry_attempts": 4, "features": []}) == {"many-retries"}

test_https_and_loopback_pass if {
	rules("idv_vult_webhook", {"url": "https://hooks.example.com/"}) == set()
	rules("idv_vult_webhook", {"url": "http://127.0.0.1:8080/"}) == set()
}

test_plain_http_fails if rules("idv_vult_webhook", {"url": "http://hooks.example.com/"}) == {"plain-http"}

test_address_without_credential_passes if rules("idv_vult_webhook", {"url": "https://x.com/?tokens=1"}) == set()

test_token_in_url_fails if rules("idv_vult_webhook", {"url": "https://x.com/?a=1&token=hush"}) == {"token-in-url"}

test_destroyed_resources_are_left_out if rules("idv_vult_webhook", null) == set()
