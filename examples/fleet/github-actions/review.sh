#!/bin/sh
# Counts the plans of a run. Prints the tenants whose plan changes something as JSON, and writes the counts for a reviewer.
#
# TENANTS                    the names of all tenants, as JSON.
# PLANS (plans)              the folder with `changes-<tenant>/changes` of each plan: `true`, `false` or `failed`.
# COMMENT_FILE (comment.md)  the text for the reviewer.
set -eu
: "${PLANS:=plans}" "${COMMENT_FILE:=comment.md}"

changed='' failed='' unchanged=0 all=0
for tenant in $(printf '%s' "$TENANTS" | jq -r '.[]'); do
  all=$((all + 1))
  case $(cat "$PLANS/changes-$tenant/changes" 2>/dev/null || true) in
    true) changed="$changed $tenant" ;;
    false) unchanged=$((unchanged + 1)) ;;
    *) failed="$failed $tenant" ;;
  esac
done

list() {
  title=$1
  shift
  [ $# -eq 0 ] || printf '\n%s\n\n' "$title"
  for tenant in "$@"; do printf -- '- %s\n' "$tenant"; done
}
# The names are words.
# shellcheck disable=SC2086
{
  set -- $changed
  printf '### %s of %s tenants change, %s do not\n' "$#" "$all" "$unchanged"
  list 'These change; the summary of the run has the report of each:' $changed
  list 'The plan of these failed, and nothing of them is applied; the jobs have the errors:' $failed
} >"$COMMENT_FILE"
# shellcheck disable=SC2086
jq -nc '$ARGS.positional' --args $changed
