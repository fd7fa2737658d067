mock_provider "idv" {}

# HCL has no recursion, so this is stricter than `lint`: no step before the first selfie ends the workflow or leads past it.
run "every_path_has_a_selfie" {
  command = plan

  assert {
    condition     = contains(idv_onekosmos_proofing_template.driver_license.workflow[*].type, "CAPTURE_SELFIE")
    error_message = "The workflow has no CAPTURE_SELFIE."
  }

  assert {
    condition = alltrue(flatten([
      for index, step in idv_onekosmos_proofing_template.driver_license.workflow : [
        for action in coalesce(step.actions, []) : action.jump_to != null && contains(
          slice(
            idv_onekosmos_proofing_template.driver_license.workflow[*].name, 0,
            index(idv_onekosmos_proofing_template.driver_license.workflow[*].type, "CAPTURE_SELFIE") + 1
          ),
          coalesce(action.jump_to, "none")
        )
      ] if index < try(index(idv_onekosmos_proofing_template.driver_license.workflow[*].type, "CAPTURE_SELFIE"), 0)
    ]))
    error_message = "A path of the workflow ends without CAPTURE_SELFIE: the holder of a stolen document can finish on it."
  }
}
