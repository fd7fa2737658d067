#!/bin/sh
# Checks the vendors and the configuration, saves a plan, and writes what it changes for the reviewer.
#
# COMMENT_FILE (comment.md)  the text for the reviewer. It is also written if a step fails, and then has the errors.
# PLAN_FILE (saved.tfplan)   the plan. It has sensitive values in plain text.
# PLAN_KEY                   encrypts the plan as PLAN_FILE.enc with this passphrase and deletes the plain one.
# CHANGES_FILE (changes)     `true` if the plan changes something, or else `false`.
# REPORT_FORMAT (markdown)   the format of the report.
# LOCK_TIMEOUT (5m)          how long to wait for the lock of the state.
set -eu
umask 077
: "${COMMENT_FILE:=comment.md}" "${PLAN_FILE:=saved.tfplan}" "${CHANGES_FILE:=changes}"
: "${REPORT_FORMAT:=markdown}" "${LOCK_TIMEOUT:=5m}"
export TF_INPUT=false TF_IN_AUTOMATION=true

# A plan that an earlier run left here would be applied if this one fails.
rm -f "$PLAN_FILE" "$PLAN_FILE.enc" "$CHANGES_FILE" "$COMMENT_FILE"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# Runs a step and sets `code` to its exit code. If the code is not 0 and not the one that $1 allows besides, writes the comment
# with the errors and ends with 1.
step() {
  allowed=$1 name=$2
  shift 2
  code=0
  "$@" >"$work/out" 2>"$work/err" || code=$?
  cat "$work/out"
  cat "$work/err" >&2
  [ "$code" -ne 0 ] && [ "$code" -ne "$allowed" ] || return 0
  # Terraform saves the plan that failed, too.
  rm -f "$PLAN_FILE"
  # Terraform's errors are on standard error. The other commands have their findings on standard output, and an end on the other.
  if [ "$1" = terraform ]; then
    cp "$work/err" "$work/errors"
  else
    cat "$work/out" "$work/err" >"$work/errors"
  fi
  {
    printf '### The plan failed: %s\n\nNothing is applied. The exit code is %s.\n\n````text\n' "$name" "$code"
    tail -c 30000 "$work/errors"
    printf '\n````\n'
  } >"$COMMENT_FILE"
  exit 1
}

step 0 doctor terraform-provider-idv doctor
step 0 lint terraform-provider-idv lint .
# The lock file has the version and the checksum of each provider. An `init` that would change it fails.
step 0 'terraform init' terraform init -no-color -lockfile=readonly
step 0 'terraform validate' terraform validate -no-color
step 2 'terraform plan' terraform plan -no-color -detailed-exitcode -lock-timeout="$LOCK_TIMEOUT" -out="$PLAN_FILE"
changes=false
[ "$code" -eq 0 ] || changes=true

# The JSON has sensitive values in plain text, so it does not stay. The report does not have them.
terraform show -json -no-color "$PLAN_FILE" >"$work/plan.json"
step 2 report terraform-provider-idv report --format "$REPORT_FORMAT" "$work/plan.json"
cp "$work/out" "$COMMENT_FILE"

if [ -n "${PLAN_KEY:-}" ]; then
  openssl enc -aes-256-cbc -pbkdf2 -iter 600000 -salt -pass env:PLAN_KEY -in "$PLAN_FILE" -out "$PLAN_FILE.enc"
  rm "$PLAN_FILE"
fi
echo "$changes" >"$CHANGES_FILE"
