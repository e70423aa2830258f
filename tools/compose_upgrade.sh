#!/bin/bash
# Replaces the containers of one service of compose.yaml by new ones without a pause: as many new ones beside the old ones,
# each healthy, then the old ones finish what they have and go. (`docker compose up` alone ends all of them at once.)
#   tools/compose_upgrade.sh user-service        COMPOSE names another command, CONTAINER another engine
set -euo pipefail
service=${1:?usage: tools/compose_upgrade.sh SERVICE}
cd "$(dirname "$0")/.."
container=${CONTAINER:-$(command -v docker || command -v podman)}
compose=${COMPOSE:-$(command -v docker-compose || echo "$container compose")}
run() { bash -c "$compose \"\$@\"" compose "$@"; }

mapfile -t old < <(run ps -q "$service")
run up -d --no-deps --no-recreate --wait --scale "$service=$((2 * ${#old[@]}))" "$service"
# The gateway looks the names up every five seconds, and reloads three seconds later.
sleep "${CUMULO_UPGRADE_PAUSE:-10}"
for each in "${old[@]}"; do
  "$container" stop -t 40 "$each" >/dev/null
  "$container" rm "$each" >/dev/null
done
run up -d --no-deps --no-recreate --wait --scale "$service=${#old[@]}" "$service"
