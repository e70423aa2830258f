#!/bin/bash
# Runs tests of a built tree: tools/test.sh BUILD_FOLDER all|unit|integration|concurrency|e2e|page…
# The last line sums them up: "N passed, N failed". Exit status 1 if any failed or none ran.
# CUMULO_TEST_AGAIN=1 runs what failed once more, by itself: what passes then is named as FLAKY and counts as passed.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

folder=$1
shift
results=$(mktemp -d)
if [ -z "${CUMULO_TEST_POSTGRES_BIN:-}" ]; then
  CUMULO_TEST_POSTGRES_BIN=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -1)
  export CUMULO_TEST_POSTGRES_BIN
fi
trap 'rm -rf "$results"' EXIT
labels=""
e2e=0
page=0
for kind in "$@"; do
  case $kind in
    e2e) e2e=1 ;;
    page) page=1 ;;
    *) labels="$labels${labels:+|}$kind" ;;
  esac
done

again=${CUMULO_TEST_AGAIN:-}
crashed=0
# twice NAME COMMAND ARG…: runs the command with its JUnit file; once more, with the words of `second`, if it failed.
second=()
twice() {
  local name=$1
  shift
  "$@" "$results/$name.xml" </dev/null && return
  if [ -n "$again" ]; then
    printf '\n--- what failed, once more\n'
    "$@" "$results/$name.again.xml" "${second[@]}" </dev/null && return
  fi
  crashed=1
}

run_ctest() {
  local file=$1
  shift
  ctest --test-dir "$folder" "${chosen[@]}" -j "$(nproc)" --output-on-failure --no-tests=error --output-junit "$file" "$@"
}

run_pytest() {
  local file=$1
  shift
  CUMULO_TEST_BIN=$(realpath "$folder/bin") /usr/bin/python3 -m pytest tests -n "${CUMULO_TEST_JOBS:-2}" -q \
    -o cache_dir="$results/pytest-cache" --junit-xml "$file" "$@"
}

if [ -n "$labels" ]; then
  chosen=(-L "$labels")
  [[ $labels == *all* ]] && chosen=()
  second=(--rerun-failed -j 1)
  twice ctest run_ctest
fi
if [ $e2e = 1 ]; then
  second=(--last-failed --last-failed-no-failures none -n 0)
  twice pytest run_pytest
fi
if [ $page = 1 ]; then tools/test_page.sh "$folder" "$results" || crashed=1; fi
/usr/bin/python3 tools/count_results.py $crashed "$results"/*.xml
