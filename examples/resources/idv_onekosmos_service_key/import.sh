# The id is the key's tag. Creating the resource adopts the key as well, so an import is never needed.
terraform import idv_onekosmos_service_key.pipeline pipeline
