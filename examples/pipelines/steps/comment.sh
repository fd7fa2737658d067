#!/bin/sh
# Writes COMMENT_FILE as a comment on the pull request or merge request. A later run replaces the comment of an earlier one.
#
# GitHub: GITHUB_TOKEN and PULL_REQUEST, the number. GITHUB_API_URL and GITHUB_REPOSITORY are set in each job.
# GitLab: COMMENT_TOKEN, a project access token with the scope `api`. The CI_... variables are set in each job.
set -eu
: "${COMMENT_FILE:=comment.md}"
MARKER='<!-- terraform-provider-idv: plan -->'

if [ -n "${GITHUB_REPOSITORY:-}" ]; then
  header="Authorization: Bearer $GITHUB_TOKEN"
  comments="$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments"
  one="$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/comments" update=PATCH limit=65536
else
  header="PRIVATE-TOKEN: $COMMENT_TOKEN"
  comments="$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes"
  one=$comments update=PUT limit=1000000
fi

if [ -s "$COMMENT_FILE" ]; then
  file=$COMMENT_FILE
else
  file=/dev/null # the job was cancelled, or the script could not begin
fi

# The token is not an argument: other processes see those.
request() {
  printf '%s\n' "$header" | curl --silent --show-error --fail-with-body --max-time 60 -H @- -H 'Content-Type: application/json' "$@"
}

# The service cuts nothing, it refuses what is too long.
body=$(mktemp)
trap 'rm -f "$body"' EXIT
jq -Rs --arg marker "$MARKER" --argjson limit "$limit" \
  '{body: ("\($marker)\n" + if test("\\S") then . else "### The plan failed\n\nThe log of the job has the error.\n" end)[:$limit]}' \
  <"$file" >"$body"

# Only a comment of our own is replaced: the writer of another one could change it afterwards. One page of comments is read.
if [ -n "${GITHUB_REPOSITORY:-}" ]; then
  own='.user.login == "github-actions[bot]"'
else
  own=".author.id == $(request "$CI_API_V4_URL/user" | jq .id)"
fi
found=$(request "$comments?per_page=100")
id=$(printf '%s' "$found" | jq -r --arg marker "$MARKER" "[.[] | select($own and (.body | startswith(\$marker))) | .id] | first // empty")
if [ -n "$id" ]; then
  request --request "$update" --data-binary "@$body" --output /dev/null "$one/$id"
else
  request --request POST --data-binary "@$body" --output /dev/null "$comments"
fi
