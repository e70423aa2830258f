"""wrk, one thread and 32 connections on core 1."""

import json
import pathlib
import re
import subprocess
import tempfile


def run(url: str, seconds: float, script: str | None = None, pinned: bool = True, connections: int = 32) -> float:
    """Requests per second. Raises if any answer was not 2xx or any connection failed: a rate of refusals is no rate."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s"]
    if pinned:
        command = ["taskset", "-c", "1", *command]
    with tempfile.TemporaryDirectory() as folder:
        if script:
            path = pathlib.Path(folder) / "script.lua"
            path.write_text(script)
            command += ["-s", str(path)]
        printed = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    for trouble in ("Non-2xx or 3xx responses", "Socket errors"):
        if trouble in printed:
            raise AssertionError(printed)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", printed).group(1))


def _lua(value) -> str:
    return "{" + ",".join(_lua(v) for v in value) + "}" if isinstance(value, (list, tuple)) else json.dumps(value)


def get_tasks(url: str, pairs: list, seconds: float, pinned: bool = True) -> float:
    """GET /tasks/{id} of random known tasks, each with its owner's token."""
    script = f"local pairs_ = {_lua(pairs)}\n" + """
function request()
  local p = pairs_[math.random(#pairs_)]
  return wrk.format("GET", "/tasks/" .. p[2], {["Authorization"] = "Bearer " .. p[1]})
end"""
    return run(url, seconds, script, pinned)


def list_tasks(url: str, people: list, seconds: float, pinned: bool = True) -> float:
    script = f"local tokens = {_lua([p.access_token for p in people])}\n" + """
function request()
  return wrk.format("GET", "/tasks?limit=50", {["Authorization"] = "Bearer " .. tokens[math.random(#tokens)]})
end"""
    return run(url, seconds, script, pinned)


def create_tasks(url: str, people: list, seconds: float, pinned: bool = True) -> float:
    script = f"local tokens = {_lua([p.access_token for p in people])}\n" + """
local body = '{"title":"Water the plants on the balcony","description":"The tomatoes first.","priority":"high","due":"2026-12-01"}'
function request()
  return wrk.format("POST", "/tasks", {["Authorization"] = "Bearer " .. tokens[math.random(#tokens)],
    ["Content-Type"] = "application/json"}, body)
end"""
    return run(url, seconds, script, pinned)
