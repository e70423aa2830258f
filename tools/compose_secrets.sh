#!/bin/bash
# Makes what compose.yaml mounts as secrets: random passwords and the database addresses that hold them, in ./secrets (or
# the folder given). Keeps what is there.
set -euo pipefail
folder=${1:-$(cd "$(dirname "$0")/.." && pwd)/secrets}
mkdir -p "$folder/tls"
# The folder keeps others out; the files are mounted one by one and read by the images' own users.
chmod 700 "$folder"

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
make_once() {
  if [ ! -e "$folder/$1" ]; then
    printf '%s' "$2" >"$folder/$1"
    chmod 644 "$folder/$1"
  fi
}

for name in postgres_password users_password tasks_password notifications_password monitor_password grafana_password \
  key_encryption_secret; do
  make_once "$name" "$(random)"
done
for name in users tasks notifications; do
  make_once "${name}_url" "postgres://cumulo_$name:$(cat "$folder/${name}_password")@postgres/cumulo_$name"
done
make_once smtp_password ""
echo "secrets are in $folder; keep a copy of key_encryption_secret: without it the signing keys cannot be read"
