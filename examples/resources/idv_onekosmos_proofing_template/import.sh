# The id is DVC_ID/TEMPLATE_ID. Needs `template_session_id` in the provider block, or IDV_ONEKOSMOS_TEMPLATE_SESSION_ID.
# Within a part, a slash is written as %2F and a percent sign as %25.
terraform import idv_onekosmos_proofing_template.driver_license dvc_driver_license/65f1a0c00000000000000001
