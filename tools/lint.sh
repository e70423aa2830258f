#!/bin/bash
# Every checker, all the way through, so that one run names every finding: tools/lint.sh [BUILD_FOLDER]. The folder is a
# configured one, for clang-tidy; build/release if left out. Exit status 1 if any checker found something.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
folder=${1:-build/release}
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true

failed=()
check() {
  local name=$1 began=$SECONDS
  shift
  if "$@"; then
    echo "lint: $name ok ($((SECONDS - began)) s)"
  else
    echo "lint: $name FAILED ($((SECONDS - began)) s)"
    failed+=("$name")
  fi
}

layout() { git ls-files -z '*.cpp' '*.hpp' | xargs -0 clang-format-19 --dry-run --Werror; }
contract() { tools/node_modules/.bin/redocly lint --config contracts/redocly.yaml contracts/openapi.yaml; }
shell() {
  local file first scripts=()
  while read -r file; do
    if [ -f "$file" ] && IFS= read -r first <"$file" && [[ $first =~ ^\#!.*[/\ ](ba)?sh$ ]]; then
      scripts+=("$file")
    fi
  done < <(git ls-files)
  echo "${#scripts[@]} scripts"
  shellcheck "${scripts[@]}"
}
tidy() {
  if [ ! -e "$folder/compile_commands.json" ]; then
    cmake --preset "$(basename "$folder")" >/dev/null || return 1
  fi
  tools/tidy.py "$folder"
}

check "layout (clang-format)" layout
check "include rules" tools/check_includes.py
check "contract (Redocly)" contract
check "shell scripts" shell
check "clang-tidy" tidy

if [ ${#failed[@]} -gt 0 ]; then
  echo "lint: ${#failed[@]} failed: ${failed[*]}"
  exit 1
fi
