data "idv_vult_service" "this" {}

# A warning in the plan when the service does not feel well.
check "vult_is_healthy" {
  assert {
    condition     = data.idv_vult_service.this.health == "healthy"
    error_message = "VULT's service says that it is ${coalesce(data.idv_vult_service.this.health, "in an unknown state")}."
  }
}
