data "idv_didit_workflows" "all" {}

output "published_workflows" {
  value = {
    for workflow in data.idv_didit_workflows.all.workflows : workflow.workflow_label => workflow.workflow_id...
    if workflow.status == "published"
  }
}
