#!/bin/bash
# Configures where needed and builds: tools/build.sh PRESET [--tests] [TARGET…]. Without targets, everything. --tests makes
# tests and benchmarks known; without it a first configuration leaves them out, so that running needs no test library.
set -euo pipefail
cd "$(dirname "$0")/.."

preset=$1
shift
folder=build/$preset
tests=0
if [ "${1:-}" = --tests ]; then
  tests=1
  shift
fi

configure() {
  mkdir -p "$folder"
  if ! cmake --preset "$preset" "$@" >"$folder/configure.log" 2>&1; then
    cat "$folder/configure.log"
    exit 1
  fi
}

if [ $tests = 1 ]; then
  benchmarks=OFF
  [ "$preset" = release ] && benchmarks=ON
  grep -qs '^CUMULO_TESTS:BOOL=ON' "$folder/CMakeCache.txt" ||
    configure -DCUMULO_TESTS=ON -DCUMULO_BENCHMARKS=$benchmarks
elif [ ! -e "$folder/build.ninja" ]; then
  echo "The first build takes some minutes; later ones take seconds."
  configure -DCUMULO_TESTS=OFF -DCUMULO_BENCHMARKS=OFF
fi

# A file that includes Beast takes 0.75 GB to compile: on a small machine fewer at once.
memory_jobs=$(awk '/MemAvailable/ {jobs = int($2 / 900000); print (jobs < 1 ? 1 : jobs)}' /proc/meminfo)
jobs=$(nproc)
[ "$memory_jobs" -lt "$jobs" ] && jobs=$memory_jobs
exec ninja -C "$folder" -j "$jobs" "$@"
