# The id is DVC_ID/TEMPLATE_ID. Needs `template_session_id` in the provider block, or IDV_ONEKOSMOS_TEMPLATE_SESSION_ID.
terraform import idv_onekosmos_proofing_template.driver_license dvc_driver_license/65f1a0c00000000000000001
