# A configuration that another team applies.
resource "idv_didit_workflow" "kyc" {
  workflow_label = "kyc"
  features       = [{ feature = "OCR" }, { feature = "LIVENESS" }, { feature = "FACE_MATCH" }]
}

# An application that creates sessions needs only the name. Without `depends_on` it would be read before it is created here.
data "idv_didit_workflow" "kyc" {
  workflow_label = "kyc"
  depends_on     = [idv_didit_workflow.kyc]
}

output "workflow_id" {
  value = data.idv_didit_workflow.kyc.workflow_id
}
