#!/bin/bash
# What a newcomer does: clones this commit into an empty folder, types `make run`, and asks the program whether it is
# well. Needs ports 8000 and 9464. Exit status 1 if it does not answer in time.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
git clone -q . "$folder/cumulo"
cd "$folder/cumulo"
setsid make run >"$folder/log" 2>&1 </dev/null &
group=$!
# shellcheck disable=SC2317 # called by the trap
finish() {
  kill -TERM -- "-$group" 2>/dev/null || true
  wait "$group" 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT

for _ in $(seq 1800); do
  if curl -fsS http://127.0.0.1:8000/healthz 2>/dev/null && curl -fsS http://127.0.0.1:8000/ >/dev/null; then
    printf '\nthe program answers; it said:\n'
    tail -15 "$folder/log"
    exit 0
  fi
  kill -0 "$group" 2>/dev/null || break
  sleep 1
done
echo "make run did not bring the program up:"
tail -60 "$folder/log"
exit 1
