#!/bin/bash
# The whole of compose.yaml brought up as documented and tried: the API's scenarios through its gateway, what Prometheus sees,
# and the replacement of a service under load. Where no registry can be reached, stand-ins made of Debian's packages take the
# place of the public images; there is none for Grafana and the NATS exporter, which are LEFT OUT then.
#   tests/containers/compose.sh        after make images; with podman or docker, and docker-compose
# CUMULO_TEST_PUBLIC_IMAGES=1 pulls the public images instead of making stand-ins.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD

if [ -z "${CONTAINER:-}" ]; then CONTAINER=$(command -v podman || command -v docker); fi
if [ -z "${COMPOSE:-}" ]; then COMPOSE=$(command -v docker-compose || echo "$CONTAINER compose"); fi
read -r -a compose <<<"$COMPOSE"
port=${CUMULO_HTTP_PORT:-28000}
work=$(mktemp -d)
background=()
files=(-f "$work/compose.yaml")
compose() { "${compose[@]}" --project-directory "$work" "${files[@]}" "$@"; }
end() {
  status=$?
  if [ $status != 0 ]; then compose logs --tail 40 2>&1 | tail -n 200 || true; fi
  compose down -v --remove-orphans >/dev/null 2>&1 || true
  for each in "${background[@]}"; do kill "$each" 2>/dev/null || true; done
  rm -rf "$work"
  exit $status
}
trap end EXIT

cp -r compose.yaml deploy monitoring "$work"
tools/compose_secrets.sh "$work/secrets" >/dev/null
export CUMULO_HTTP_PORT=$port CUMULO_HTTPS_PORT=$((port + 443)) COMPOSE_PROFILES=monitoring COMPOSE_PROJECT_NAME=cumulo-try
export TASK_REPLICAS=2 USER_REPLICAS=1 NOTIFICATION_REPLICAS=1

if [ "${CUMULO_TEST_PUBLIC_IMAGES:-}" != 1 ]; then
  cp tests/containers/override.yaml "$work"
  files+=(-f "$work/override.yaml")
  export BUILDAH_FORMAT=docker
  for each in postgres nats prometheus alertmanager nginx-exporter postgres-exporter node-exporter; do
    "$CONTAINER" build -q --target "$each" -t "localhost/stand-in/$each:latest" tests/containers/stand-ins >/dev/null
    name=${each^^}
    export "${name//-/_}_IMAGE=localhost/stand-in/$each:latest"
  done
  export CUMULO_REGISTRY=localhost/
  echo "!!! stand-ins for the public images; LEFT OUT: grafana, nats-exporter"
fi

case $(basename "$CONTAINER") in
  podman)
    "$CONTAINER" system service --time=0 "unix://$work/podman.sock" >"$work/podman.log" 2>&1 &
    background+=($!)
    export DOCKER_HOST=unix://$work/podman.sock
    # Nothing but systemd runs podman's health checks by itself.
    while sleep 1; do
      for each in $("$CONTAINER" ps -q --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME"); do
        "$CONTAINER" healthcheck run "$each" >/dev/null 2>&1 || true
      done
    done &
    background+=($!)
    ;;
esac

began=$SECONDS
compose up -d --wait --wait-timeout "${CUMULO_TEST_COMPOSE_WAIT:-90}"
printf '\n# up and healthy after %s s\n' $((SECONDS - began))
compose ps --format 'table {{.Service}}\t{{.Status}}'

# What runs inside the programs, or needs settings of its own, is played elsewhere.
CUMULO_TEST_SHAPES=deployed CUMULO_TEST_URL=http://127.0.0.1:$port /usr/bin/python3 -m pytest -q -p no:cacheprovider -p no:xdist \
  "$root"/tests/api/test_{accounts,authority,conventions,notifications,tasks}.py \
  -k 'not TestEveryProgram and not printed_link and not own_system and not command and not configured and not rate_limits'

echo "# what Prometheus scrapes"
prometheus=$(compose ps -q prometheus)
"$CONTAINER" exec "$prometheus" wget -qO- 'http://127.0.0.1:9090/api/v1/query?query=up' |
  /usr/bin/python3 -c 'import json, sys
down = 0
for each in json.load(sys.stdin)["data"]["result"]:
    labels = each["metric"]
    print("#  ", labels["job"].ljust(14), labels.get("service", "").ljust(22), labels["instance"].ljust(26), "up", each["value"][1])
    down += each["value"][1] != "1" and labels["job"] != "nats"
sys.exit(down)'

echo "# replacing the containers of each service while people read and write"
CUMULO_TEST_COMPOSE=$(printf '%q ' "${compose[@]}" --project-directory "$work" "${files[@]}") \
  CUMULO_TEST_SHAPES=deployed CUMULO_TEST_URL=http://127.0.0.1:$port CONTAINER=$CONTAINER \
  /usr/bin/python3 -m pytest -q -s -p no:cacheprovider -p no:xdist "$root/tests/containers/test_deployed.py"
echo "all of it worked"
