#!/bin/bash
# Builds the page: tools/build_page.sh FOLDER. Does nothing, in a moment, when FOLDER holds what the sources make; one
# folder serves every build tree. Needs Node.js 18 or newer and npm.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p "$1"
folder=$(realpath "$1")
made=$folder.inputs

# All trees of one clone build at once now and then.
exec 9>"$folder.lock"
flock 9

inputs=$(find web/src web/public web/index.html web/*.ts web/package.json web/package-lock.json -type f ! -name contract.d.ts \
  -print0 | sort -z | xargs -0 sha256sum | sha256sum)
if [ -e "$folder/index.html" ] && [ "$(cat "$made" 2>/dev/null)" = "$inputs" ]; then
  exit 0
fi
if [ ! -e web/node_modules/.package-lock.json ] || [ web/package-lock.json -nt web/node_modules/.package-lock.json ]; then
  (cd web && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error </dev/null)
  touch web/node_modules/.package-lock.json
fi
rm -f "$made"
(cd web && CUMULO_PAGE_OUT=$folder node node_modules/vite/bin/vite.js build --logLevel warn </dev/null)
echo "$inputs" >"$made"
