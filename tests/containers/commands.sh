#!/bin/bash
# The commands that an operator types, one after the other, as they stand: build, run, ask each port. With podman in docker's
# place where there is no docker. Prints a log of it, with sizes, times to the first answer and resident memory, and ends
# what it started. Compiles everything once (minutes): CUMULO_VERIFY_IMAGES=1 make verify-ops runs it.
#   tests/containers/commands.sh [--built]     --built: the images are there already
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ -z "${CONTAINER:-}" ]; then CONTAINER=$(command -v podman || command -v docker); fi
export BUILDAH_FORMAT=docker # podman keeps a HEALTHCHECK in this format only
docker() { "$CONTAINER" "$@"; }
said() {
  printf '\n$ %s\n' "$*"
  "$@"
}
started=()
end() {
  for each in "${started[@]}"; do docker rm -f -v "$each" >/dev/null; done
}
trap end EXIT
fail() {
  printf 'FAILED: %s\n' "$*"
  exit 1
}

# build NAME FOLDER: docker build -t NAME FOLDER
build() {
  printf '\n$ docker build -t %s %s\n' "$1" "$2"
  docker build -t "$1" "$2" | tail -n 2
}
# run NAME PORT: docker run -d -p PORT:PORT NAME, until it answers.
run() {
  local began ended id
  printf '\n$ docker run -d -p %s:%s %s\n' "$2" "$2" "$1"
  began=$(date +%s%N)
  id=$(docker run -d -p "$2:$2" "$1")
  started+=("$id")
  echo "$id"
  until curl -fs -o /dev/null "http://127.0.0.1:$2/readyz"; do
    [ "$(($(date +%s%N) - began))" -lt 60000000000 ] || fail "$1 does not answer: $(docker logs "$id" 2>&1 | tail -5)"
    sleep 0.02
  done
  ended=$(date +%s%N)
  printf '# %s: first answer of /readyz after %s ms\n' "$1" "$(((ended - began) / 1000000))"
}

printf '# %s, %s, %s\n' "$("$CONTAINER" --version)" "$(uname -sm)" "$(git rev-parse --short HEAD 2>/dev/null || echo 'no checkout')"
if [ "${1:-}" != --built ]; then
  build cumulo-build .
  for each in user-service task-service notification-service api-gateway; do build "$each" "./$each"; done
  build cumulo ./standalone
fi

printf '\n# images: size, user, health check, labels\n'
for each in user-service task-service notification-service api-gateway cumulo; do
  bytes=$(docker image inspect --format '{{.Size}}' "$each")
  printf '# %-21s %5.1f MB  %s\n' "$each" "$(awk "BEGIN {print $bytes / 1e6}")" \
    "$(docker image inspect --format '{{.Config.User}}  {{index .Config.Labels "org.opencontainers.image.version"}}' "$each")"
  [ "$bytes" -le 60000000 ] || fail "$each is larger than 60 MB"
  [ "$(docker image inspect --format '{{.Config.User}}' "$each")" = 65532:65532 ] || fail "$each does not run as 65532"
  docker image inspect "$each" | grep -q Healthcheck || fail "$each has no health check"
done

run user-service 8080
said curl -fsS http://127.0.0.1:8080/healthz
said curl -fsS http://127.0.0.1:8080/.well-known/jwks.json
said curl -fsS http://127.0.0.1:8080/register -H 'Content-Type: application/json' \
  -d '{"email":"ada@example.org","password":"seven purple llamas on a bicycle","name":"Ada"}' | cut -c1-160
run task-service 8081
said curl -fsS http://127.0.0.1:8081/healthz
said curl -sS http://127.0.0.1:8081/tasks
run notification-service 8082
said curl -fsS http://127.0.0.1:8082/healthz
said curl -sS http://127.0.0.1:8082/notifications
run cumulo 8000
said curl -fsS http://127.0.0.1:8000/healthz

printf '\n# what a service that stands alone says it lacks\n'
docker logs "${started[1]}" 2>&1 | grep -E '"(warn|info)"' | cut -c1-240 | head -6

printf '\n# health by the image itself; resident memory, idle; a second start in a read-only root; SIGTERM\n'
for each in "${started[@]}"; do
  name=$(docker inspect --format '{{.ImageName}}' "$each" 2>/dev/null || docker inspect --format '{{.Config.Image}}' "$each")
  name=${name##*/}
  name=${name%:*}
  docker exec "$each" "/usr/bin/$name" --healthcheck >/dev/null || fail "$name: --healthcheck"
  memory=$(awk '/VmRSS/ {printf "%.1f", $2 / 1024}' "/proc/$(docker inspect --format '{{.State.Pid}}' "$each")/status")
  began=$(date +%s%N)
  docker stop -t 30 "$each" >/dev/null
  code=$(docker inspect --format '{{.State.ExitCode}}' "$each")
  printf '# %-21s healthy, %s MiB, stopped with %s after %s ms\n' "$name" "$memory" "$code" "$((($(date +%s%N) - began) / 1000000))"
  [ "$code" = 0 ] || fail "$name ends with $code at SIGTERM"
done
for each in user-service task-service notification-service cumulo; do
  docker run --rm --read-only --tmpfs /tmp "$each" --version >/dev/null || fail "$each in a read-only root"
done
printf '\nall of it worked\n'
