#!/bin/bash
# Tests of the page: tools/test_page.sh BUILD_FOLDER RESULTS_FOLDER. Types against the contract, pure functions, the size
# of what is loaded first, and every flow in a real browser against the built program. Writes JUnit files to
# RESULTS_FOLDER. Exit status 1 if anything failed.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
binaries=$(realpath "$1/bin")
results=$(realpath "$2")
failed=0
tools/build_page.sh build/page || exit 1
cd web || exit
if [ ! -e node_modules/.package-lock.json ]; then
  npm ci --no-audit --no-fund --ignore-scripts --loglevel=error </dev/null || exit 1
fi
node_modules/.bin/openapi-typescript ../contracts/openapi.yaml -o src/api/contract.d.ts >/dev/null || failed=1
node_modules/.bin/tsc --noEmit || failed=1
node tests/budget.mjs ../build/page || failed=1
node_modules/.bin/vitest run --reporter=default --reporter=junit --outputFile="$results/vitest.xml" </dev/null || failed=1
CUMULO_TEST_BIN=$binaries CUMULO_PAGE_JUNIT=$results/page.xml node_modules/.bin/playwright test </dev/null || failed=1
exit $failed
