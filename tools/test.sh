#!/bin/bash
# Runs tests of a built tree: tools/test.sh BUILD_FOLDER all|unit|integration|concurrency|e2e|page…
# The last line sums them up: "N passed, N failed". Exit status 1 if any failed or none ran.
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

crashed=0
if [ -n "$labels" ]; then
  chosen=(-L "$labels")
  [[ $labels == *all* ]] && chosen=()
  ctest --test-dir "$folder" "${chosen[@]}" -j "$(nproc)" --output-on-failure \
    --output-junit "$results/ctest.xml" --no-tests=error </dev/null || crashed=1
fi
if [ $e2e = 1 ]; then
  CUMULO_TEST_BIN=$(realpath "$folder/bin") /usr/bin/python3 -m pytest tests -n "${CUMULO_TEST_JOBS:-2}" -q \
    -p no:cacheprovider --junit-xml "$results/pytest.xml" </dev/null || crashed=1
fi
if [ $page = 1 ]; then tools/test_page.sh "$folder" "$results" || crashed=1; fi
/usr/bin/python3 tools/count_results.py $crashed "$results"/*.xml
