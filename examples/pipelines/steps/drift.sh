#!/bin/sh
# Compares the state with the vendors. It only reads: no plan, no apply, no lock.
#
# DRIFT_FILE (drift.md)  what differs.
#
# The exit code is 0 if nothing differs, 2 if something does and 1 after a failure.
set -eu
umask 077
: "${DRIFT_FILE:=drift.md}"
export TF_INPUT=false TF_IN_AUTOMATION=true

# A state has secrets, so it does not stay.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# A failure of these has to be 1, not the code 2 that says that something differs.
terraform-provider-idv doctor || exit 1
terraform init -no-color -lockfile=readonly || exit 1
terraform state pull >"$work/state.json" || exit 1
code=0
terraform-provider-idv drift --state "$work/state.json" --format markdown >"$DRIFT_FILE" || code=$?
cat "$DRIFT_FILE"
exit "$code"
