import {
  to       = idv_onekosmos_proofing_template.driver_license
  identity = { dvc_id = "dvc_driver_license", id = "65f1a0c00000000000000001" }
}
