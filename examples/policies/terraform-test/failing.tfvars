# Violates every policy: `terraform test -var-file=failing.tfvars` fails in each file.
features                   = ["OCR", "FACE_MATCH"]
max_retry_attempts         = 9
after_front                = "wait"
ofac_fuzzy_match_weight    = 0
minimum_liveness_tolerance = 0.4
on_destroy                 = "forget"
webhook_url                = "http://hooks.example.com/idv?token=hush"
