#!/bin/bash
# What operators rely on, each check real: tools/verify_ops.sh [--rest]. --rest leaves out what `make test` runs as well.
# A stage that this machine cannot run says SKIPPED. The last line sums up: "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.." || exit
CUMULO_TEST_BIN=$(realpath build/release/bin)
export CUMULO_TEST_BIN
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
failed=0

scenarios() {
  local name=$1
  shift
  echo "--- $name"
  /usr/bin/python3 -m pytest -n "${CUMULO_TEST_JOBS:-2}" -q -p no:cacheprovider --junit-xml "$results/$name.xml" "$@" </dev/null || failed=1
}
skipped() { printf '\n!!! SKIPPED: %s (%s)\n' "$1" "$2"; }

if [ "${1:-}" != --rest ]; then
  scenarios gateway tests/gateway
  scenarios monitoring tests/monitoring
  scenarios manifests tests/manifests
  command -v kubectl-validate >/dev/null || skipped "schemas of Kubernetes" "no kubectl-validate here"
fi
# The first scenarios of the API; those that were written for fewer replicas are played without the gateway.
CUMULO_TEST_SHAPES=gateway scenarios api-through-the-gateway tests/api/test_{accounts,authority,conventions,notifications,tasks}.py

compose=$(command -v docker-compose || true)
if [ -n "$compose" ] || docker compose version >/dev/null 2>&1; then
  echo "--- compose file"
  COMPOSE_PROFILES=monitoring ${compose:-docker compose} config -q || failed=1
else
  skipped "compose file" "no docker-compose here"
fi
if [ "${CUMULO_VERIFY_IMAGES:-}" = 1 ]; then
  echo "--- images"
  tools/images.sh && tests/containers/commands.sh --built || failed=1
  if [ -n "$compose" ] || docker compose version >/dev/null 2>&1; then
    echo "--- compose stack"
    tests/containers/compose.sh || failed=1
  else
    skipped "compose stack" "no docker-compose here"
  fi
else
  skipped "images and the compose stack" "they compile everything again; CUMULO_VERIFY_IMAGES=1 builds them"
fi
/usr/bin/python3 tools/count_results.py $failed "$results"/*.xml
