"""Instructions of a running program, counted by callgrind, over windows of requests."""

import collections
import dataclasses
import pathlib
import re
import subprocess
import tempfile

#: The C library picks its string functions by the processor; these are what every x86-64 machine has.
ANY_PROCESSOR = {
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX,-AVX2,-AVX512F,-AVX512VL,-AVX_Fast_Unaligned_Load,-BMI2,-ERMS,-FSRM,"
    "-LZCNT,-MOVBE,-SSE4_1,-SSE4_2,-SSSE3",
    "OPENSSL_ia32cap": ":0",
}


@dataclasses.dataclass
class Window:
    """One window's instructions, by function (object file, name) itself without what it calls."""

    total: int
    functions: collections.Counter

    def by_object(self) -> collections.Counter:
        objects: collections.Counter = collections.Counter()
        for (file, _), count in self.functions.items():
            objects[file] += count
        return objects


def short(name: str) -> str:
    """A C++ name as people write it."""
    name = re.sub(
        r"std::(__cxx11::)?basic_string(_view)?<char, std::char_traits<char>(, std::allocator<char>)? >",
        r"std::string\2",
        name,
    )
    name = (
        name.replace("std::__cxx11::", "std::").replace("boost::asio::", "asio::").replace("boost::beast::", "beast::")
    )
    # A coroutine's body takes its frame, whose name repeats the function's.
    return re.sub(r"\(([\w:]*::)?(\w+)\(.*Frame\*\)$", " (coroutine)", name.replace("(anonymous namespace)::", ""))


def read_window(text: str) -> Window:
    """Of a file in callgrind's format, written without compressed names and positions."""
    functions: collections.Counter = collections.Counter()
    file = name = ""
    of_call = False
    for line in text.splitlines():
        if line.startswith("ob="):
            file = line[3:].rsplit("/", 1)[-1]
        elif line.startswith("fn="):
            name = line[3:]
        elif line.startswith("calls="):
            of_call = True
        elif line[:1].isdigit():
            if not of_call:
                functions[file, name] += int(line.split()[1])
            of_call = False
    return Window(sum(functions.values()), functions)


class Callgrind:
    """Give `launcher` to the program that is to be counted. It runs several times as slow until counting begins, fifty
    times as slow then. Threads take turns, so that a window is one total of all of them."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="cumulo-callgrind-")
        self._place = pathlib.Path(self._folder.name)
        self.launcher = [
            "valgrind",
            "--quiet",
            "--tool=callgrind",
            "--instr-atstart=no",
            "--compress-strings=no",
            "--compress-pos=no",
            f"--callgrind-out-file={self._place}/out",
            f"--vgdb-prefix={self._place}/vgdb",
        ]
        self._dumps = 0

    def _tell(self, pid: int, *command: str):
        subprocess.run(
            ["vgdb", f"--vgdb-prefix={self._place}/vgdb", f"--pid={pid}", *command],
            check=True,
            capture_output=True,
            timeout=60,
        )

    def count(self, pid: int, send, warm_up: int, requests: int, windows: int) -> Window:
        """Calls send() for each request. The cheapest window: what a program does on its own makes others dearer."""
        self._tell(pid, "instrumentation", "on")
        for _ in range(warm_up):
            send()
        seen = []
        for _ in range(windows):
            self._tell(pid, "zero")
            for _ in range(requests):
                send()
            self._tell(pid, "dump")
            self._dumps += 1
            seen.append(read_window((self._place / f"out.{self._dumps}").read_text(errors="replace")))
        self._tell(pid, "instrumentation", "off")
        return min(seen, key=lambda window: window.total)

    def close(self):
        self._folder.cleanup()
