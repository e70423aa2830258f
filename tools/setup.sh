#!/bin/bash
# Installs what is missing on Debian 12 or 13: tools/setup.sh run|image|test|ops|bench|lint. Packages of Debian and npm only.
#   run   what building and starting Cumulo needs
#   image beside it, what the images hold
#   test  beside it, what the tests need
#   ops   beside the tests' needs, what `make verify-ops` needs
#   bench beside the tests' needs, what the benchmarks need
#   lint  beside all of the tests' and operations' needs, the checkers of .ci/run
# Does nothing, in a moment, when everything is there.
set -eu

level=${1:-run}
here=$(cd "$(dirname "$0")" && pwd)
debian=0
if [ -r /etc/os-release ]; then
  # shellcheck source=/dev/null
  debian=$(. /etc/os-release && echo "${VERSION_ID:-0}")
fi

# Debian 12 has Boost 1.81 beside its default; elsewhere the default is new enough. There the old names of time zones, which
# browsers send (Asia/Calcutta), are a package of their own.
case $debian in
  12*) boost="libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev" ;;
  *) boost="libboost-dev libboost-json-dev libboost-url-dev tzdata-legacy" ;;
esac

packages="g++ cmake ninja-build ccache mold pkg-config python3 python3-yaml ca-certificates tzdata $boost libpq-dev
  libsqlite3-dev libsodium-dev libssl-dev libcurl4-openssl-dev zlib1g-dev prometheus-cpp-dev libcli11-dev
  libhowardhinnant-date-dev libzxcvbn-dev libnats-dev"
test_packages="libgtest-dev libgmock-dev postgresql nginx-light curl python3-pytest python3-pytest-xdist
  chromium fonts-dejavu-core faketime python3-jsonschema python3-jwt python3-aiosmtpd python3-cryptography python3-requests python3-psycopg2"
image_packages="nginx-light openssl git binutils"
ops_packages="prometheus prometheus-alertmanager prometheus-node-exporter prometheus-postgres-exporter prometheus-nginx-exporter prometheus-blackbox-exporter"
bench_packages="wrk libbenchmark-dev valgrind"
lint_packages="git shellcheck clang-format-19 clang-tidy-19 valgrind"

case $level in
  run) ;;
  image) packages="$packages $image_packages" ;;
  test) packages="$packages $test_packages" ;;
  ops) packages="$packages $test_packages $ops_packages" ;;
  bench) packages="$packages $test_packages $bench_packages" ;;
  lint) packages="$packages $test_packages $ops_packages $lint_packages" ;;
  *)
    echo "usage: tools/setup.sh run|image|test|ops|bench|lint" >&2
    exit 2
    ;;
esac

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    echo "setup: these packages are missing, and neither root nor sudo is at hand:$missing" >&2
    exit 1
  fi
}

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "setup: this is no Debian; install the equivalents of: ${packages//$'\n'/}" >&2
  exit 0
fi

# shellcheck disable=SC2086 # a list of words
status=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' $packages 2>/dev/null | sed -n 's/^installed //p')
missing=""
for package in $packages; do
  if ! printf '%s\n' "$status" | grep -qx -- "$package"; then
    missing="$missing $package"
  fi
done

# The page is built with them; a newer one than Debian's may be here already.
if ! command -v node >/dev/null 2>&1; then missing="$missing nodejs"; fi
if ! command -v npm >/dev/null 2>&1; then missing="$missing npm"; fi

if [ -n "$missing" ]; then
  echo "setup: installing$missing"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q </dev/null
  # shellcheck disable=SC2086 # a list of words
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing </dev/null
fi

# A NATS server that keeps what it acknowledged (>= 2.10.27). Debian 12's own is too old, but Debian 13's single binary
# runs here: it is taken out of its package, without touching the system.
nats_server=$here/.cache/nats-server
fetch_nats_server() {
  local place sources
  place=$(mktemp -d)
  mkdir -p "$place/lists/partial" "$place/cache/archives/partial" "$here/.cache"
  sources=$(grep -lsE '^(URIs:|deb ).*debian' /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list | head -1)
  if [ "${sources##*.}" = sources ]; then
    # The first paragraph: the archive itself, not its security updates.
    awk 'BEGIN { RS = "" } NR == 1' "$sources" | sed 's/^Suites:.*/Suites: trixie/; s/^Components:.*/Components: main/' \
      >"$place/trixie.sources"
  else
    sed -n 's/^\(deb .*\)bookworm .*/\1trixie main/p' "$sources" | head -1 >"$place/trixie.list"
  fi
  sources=$(echo "$place"/trixie.*)
  local options=(-o "Dir::Etc::sourcelist=$sources" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$place/lists"
    -o "Dir::Cache=$place/cache" -o APT::Sandbox::User=root -q)
  if apt-get "${options[@]}" update </dev/null >&2 &&
    (cd "$place" && apt-get "${options[@]}" download nats-server </dev/null >&2) &&
    dpkg -x "$place"/nats-server_*.deb "$place/unpacked"; then
    mv "$(find "$place/unpacked" -type f -name nats-server -perm /111)" "$nats_server.new"
    mv "$nats_server.new" "$nats_server"
  fi
  rm -rf "$place"
  [ -x "$nats_server" ]
}

if [ "$level" != run ] && [ "$level" != image ]; then
  case $debian in
    12*)
      if [ ! -x "$nats_server" ]; then
        echo "setup: fetching nats-server"
        fetch_nats_server
      fi
      ;;
    *) dpkg-query -W nats-server >/dev/null 2>&1 || as_root apt-get install -y -q --no-install-recommends nats-server </dev/null ;;
  esac
fi

# npm_packages FOLDER WHAT: what its lockfile names, unless it is there.
npm_packages() {
  if [ ! -e "$1/node_modules/.package-lock.json" ] ||
    [ "$1/package-lock.json" -nt "$1/node_modules/.package-lock.json" ]; then
    echo "setup: installing $2"
    (cd "$1" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error </dev/null)
    touch "$1/node_modules/.package-lock.json"
  fi
}

if [ "$level" != run ] && [ "$level" != image ]; then
  npm_packages "$here/../tests/webhooks" "the reference implementation of Standard Webhooks"
  npm_packages "$here/../tests/traces" "the definition of OTLP"
fi
if [ "$level" = lint ]; then
  npm_packages "$here" "the contract's linter"
fi
