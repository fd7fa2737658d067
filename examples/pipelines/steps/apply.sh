#!/bin/sh
# Applies the saved plan, and nothing else. It makes no plan of its own.
#
# PLAN_FILE (saved.tfplan)  the plan, or PLAN_FILE.enc with the passphrase PLAN_KEY.
# LOCK_TIMEOUT (5m)         how long to wait for the lock of the state.
set -eu
umask 077
: "${PLAN_FILE:=saved.tfplan}" "${LOCK_TIMEOUT:=5m}"
export TF_INPUT=false TF_IN_AUTOMATION=true

if [ -n "${PLAN_KEY:-}" ] && [ -f "$PLAN_FILE.enc" ]; then
  trap 'rm -f "$PLAN_FILE"' EXIT
  trap 'exit 1' HUP INT TERM
  openssl enc -d -aes-256-cbc -pbkdf2 -iter 600000 -pass env:PLAN_KEY -in "$PLAN_FILE.enc" -out "$PLAN_FILE"
fi
# Without a file, `terraform apply` would plan anew.
if [ ! -f "$PLAN_FILE" ]; then
  echo "There is no saved plan $PLAN_FILE. Run the plan job again, and review its report." >&2
  exit 1
fi

terraform init -no-color -lockfile=readonly
if ! terraform apply -no-color -lock-timeout="$LOCK_TIMEOUT" "$PLAN_FILE"; then
  echo "The apply failed. Terraform refuses a plan if the state has changed since, and a plan that an apply has begun with." >&2
  echo "Run the plan job again, and review its report." >&2
  exit 1
fi
