# A diagram for a wiki or a pull request: ```mermaid, this text, ```.
output "flow" {
  value = provider::idv::proofing_flow_diagram(local.workflow)
}

# The same value as `workflow` of idv_onekosmos_proofing_template.
locals {
  workflow = [
    { name = "welcome", type = "HTML", html = "<p>Hello</p>", actions = [{ name = "begin", on = "click", jump_to = "front" }] },
    { name = "front", type = "CAPTURE_FRONT" },
    { name = "wait", type = "PROCESSING", actions = [{ name = "submit", on = "load", call = "submit" }] },
  ]
}
