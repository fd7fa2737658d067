#!/bin/sh
# Runs a command with the secrets that only it needs: `with-secrets.sh COMMAND [ARGUMENT...]`.
#
# Each file of SECRETS_FOLDER (/run/secrets/idv) is a variable: its name is that of the file, such as IDV_DIDIT_API_KEY.
set -eu
for file in "${SECRETS_FOLDER:=/run/secrets/idv}"/*; do
  [ -f "$file" ] || continue
  export "$(basename "$file")=$(cat "$file")"
done
exec "$@"
