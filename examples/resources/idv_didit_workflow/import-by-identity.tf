import {
  to       = idv_didit_workflow.kyc
  identity = { workflow_id = "f0000000-0000-4000-8000-000000000001" }
}
