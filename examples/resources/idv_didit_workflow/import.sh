# The id is the WORKFLOW_ID, which all versions share. The data source idv_didit_workflows lists ids.
terraform import idv_didit_workflow.kyc f0000000-0000-4000-8000-000000000001
