#!/usr/bin/python3
"""Runs clang-tidy over the C++ of the tree: tidy.py BUILD_FOLDER [FILE...].

Takes compile commands from a configured build folder. Without files: every source that is not a test. A clang
precompiled header of platform/core/pch.hpp stands in for g++'s, which makes a run several times as fast.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLANG = "clang++-19"
TIDY = "clang-tidy-19"
# What only g++ knows, and its precompiled header.
GNU_ONLY = re.compile(r"\s(?:-fpch-preprocess|-Winvalid-pch|-Wno-\S+|-fdiagnostics-color\S*|-include \S+cmake_pch\.hxx)(?=\s)")


def compile_commands(folder, pch):
    entries = []
    for entry in json.loads((folder / "compile_commands.json").read_text()):
        command = entry["command"]
        command = command[re.search(r"\S*(?:c\+\+|g\+\+)(?=\s)", command).start():]
        if entry["file"].endswith("pch.cpp"):
            pch_command = GNU_ONLY.sub("", f"{command} ")
        elif entry["file"].startswith(str(folder)):
            continue  # generated
        entries.append(dict(entry, command=GNU_ONLY.sub("", f"{command} ").replace(" -o ", f" -include-pch {pch} -o ", 1)))
    return entries, pch_command


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    wanted = {str(pathlib.Path(name).resolve()) for name in sys.argv[2:]}
    work = folder / "tidy"
    work.mkdir(exist_ok=True)
    pch = work / "pch.hpp.pch"
    entries, pch_command = compile_commands(folder, pch)
    flags = [word for word in pch_command.split()[1:] if word.startswith(("-I", "-D", "-std", "-O", "-f", "-W"))]
    for before, after in zip(pch_command.split(), pch_command.split()[1:]):
        if before == "-isystem":
            flags += [before, after]
    # Without the times of the headers in it: packages upgraded during a run would make every later file fail.
    subprocess.run([CLANG, *flags, "-Xclang", "-fno-pch-timestamp", "-x", "c++-header", ROOT / "platform/core/pch.hpp",
                    "-o", pch], check=True, cwd=folder)
    (work / "compile_commands.json").write_text(json.dumps(entries))

    files = [entry["file"] for entry in entries if not entry["file"].endswith("pch.cpp")]
    files = [name for name in files if (name in wanted if wanted else "/tests/" not in name and "/testing/" not in name)]

    def check(name):
        began = time.monotonic()
        done = subprocess.run([TIDY, "-p", work, "--quiet", name], capture_output=True, text=True)
        return name, done.returncode, done.stdout, done.stderr, time.monotonic() - began

    failed = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, status, said, errors, seconds in pool.map(check, sorted(set(files))):
            shown = os.path.relpath(name, ROOT)
            print(f"{shown} {seconds:.1f} s", flush=True)
            if status != 0:
                failed.append(shown)
                print(said or errors, flush=True)
    print(f"clang-tidy: {len(files)} files, {len(failed)} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
