"""Runs wrk, one thread: a closed loop, in which each connection asks again when it is answered."""

import pathlib
import re
import subprocess
import tempfile

import load

SCRIPT = """
local all = {}
local file = assert(io.open("%s", "rb"))
while true do
  local length = file:read("*n")
  if not length then break end
  file:read(1)
  local each = file:read(length)
  local at = each:find("~~", 1, true)
  all[#all + 1] = at and {each:sub(1, at - 1), each:sub(at + 2)} or each
end
file:close()
local count, random, char = #all, math.random, string.char
local variant = os.time()  -- or the next run would send the same again
function request()
  local each = all[random(count)]
  if type(each) == "string" then return each end
  variant = (variant + 1) %% 676
  return each[1] .. char(97 + math.floor(variant / 26), 97 + variant %% 26) .. each[2]
end
function done(summary, latency, requests)
  for _, share in ipairs({50, 90, 99, 99.9}) do
    io.write(string.format("latency %%g %%d\\n", share, latency:percentile(share)))
  end
  io.write(string.format("latency 100 %%d\\n", latency.max))
end
"""


def run(
    port: int, requests, *, seconds: float, connections: int = 32, pinned: bool = True
) -> load.Outcome:
    """Raises if any answer was not a 2xx or any connection failed: a rate of refusals is no rate."""
    with tempfile.TemporaryDirectory(prefix="cumulo-wrk-") as folder:
        place = pathlib.Path(folder)
        (place / "requests").write_bytes(load.framed(requests))
        (place / "script.lua").write_text(SCRIPT % (place / "requests"))
        command = [
            *(["taskset", "-c", "1"] if pinned else []),
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{max(1, round(seconds))}s",
            "--timeout",
            "10s",
            "-s",
            place / "script.lua",
            f"http://127.0.0.1:{port}",
        ]
        printed = subprocess.run([str(each) for each in command], capture_output=True, text=True, check=True).stdout
    for trouble in ("Non-2xx or 3xx responses", "Socket errors"):
        if trouble in printed:
            raise AssertionError(printed)
    milliseconds = {share: int(value) / 1000 for share, value in re.findall(r"^latency ([\d.]+) (\d+)$", printed, re.M)}
    answers = int(re.search(r"(\d+) requests in", printed).group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", printed).group(1))
    return load.Outcome(
        answers,
        rate,
        milliseconds["50"],
        milliseconds["90"],
        milliseconds["99"],
        milliseconds["99.9"],
        milliseconds["100"],
    )
