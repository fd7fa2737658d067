resource "idv_vult_webhook" "events" {
  name = "events"
  url  = "https://hooks.example.com/idv"
}
