"""Dashboards as pictures, where no Grafana can be had: each panel's queries over the last minutes of a live Prometheus, drawn as
lines or numbers in the dashboard's own grid. An approximation of what Grafana shows, of the same data."""

import html
import math
import pathlib
import re
import subprocess
import time

import requests

COLOURS = ["#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2", "#b877d9", "#ffa6b0", "#96d98d", "#37872d", "#fade2a", "#c4162a"]
CELL, HEIGHT = 50, 36
STYLE = """body{margin:0;background:#111217;color:#ccccdc;font:12px Inter,'DejaVu Sans',sans-serif}h1{font-size:18px;margin:12px 16px}
.board{position:relative}.panel{position:absolute;background:#181b1f;border:1px solid #2c3235;box-sizing:border-box;padding:6px 8px;overflow:hidden}
.row{position:absolute;font-weight:600;font-size:14px;padding:8px 16px}.title{font-weight:600;white-space:nowrap;margin-bottom:4px}
.key{display:inline-block;margin-right:10px;white-space:nowrap;font-size:10px}.key i{display:inline-block;width:10px;height:3px;margin-right:4px;vertical-align:middle}
.stats{display:flex;flex-wrap:wrap;gap:4px 18px;height:80%;align-items:center}.stat b{display:block;font-size:22px;color:#73bf69}.stat.bad b{color:#f2495c}"""


def shown(value: float, unit: str) -> str:
    if math.isnan(value):
        return "–"
    if abs(value) < 1e-9:
        value = 0.0  # what is left of differences
    if unit == "s" and value:
        for limit, factor, name in ((1e-3, 1e6, "µs"), (1, 1e3, "ms"), (120, 1, "s"), (7200, 1 / 60, "min"), (math.inf, 1 / 3600, "h")):
            if abs(value) < limit:
                return f"{value * factor:.3g} {name}"
    if unit == "percentunit":
        return f"{value * 100:.4g} %"
    if unit == "bytes":
        for name in ("B", "KiB", "MiB", "GiB", "TiB"):
            if abs(value) < 1024 or name == "TiB":
                return f"{value:.3g} {name}"
            value /= 1024
    if unit == "bool_on_off":
        return "on" if value else "off"
    suffix = {"reqps": " req/s", "ops": " ops/s"}.get(unit, "")
    return (f"{value / 1000:.3g} K" if abs(value) >= 10_000 else f"{value:.4g}") + suffix


def legend(template: str, labels: dict) -> str:
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda m: labels.get(m[1], ""), template or "").strip()


def ranges(live, target, seconds: float) -> list:
    """[(legend, [(time, value)])]"""
    expression = target["expr"].replace("$__rate_interval", "10s").replace("$service", ".+")
    end = time.time()
    answer = requests.get(live.url + "/api/v1/query_range", timeout=30, params={
        "query": expression, "start": end - seconds, "end": end, "step": 2}).json()
    assert answer["status"] == "success", answer
    return [(legend(target.get("legendFormat"), each["metric"]), [(t, float(v)) for t, v in each["values"]])
            for each in answer["data"]["result"]]


def lines(series, unit, width, height, seconds) -> str:
    values = [v for _, points in series for _, v in points if math.isfinite(v)]
    top, bottom = max(values, default=1), min(0.0, round(min(values, default=0), 9))
    top = top * 1.1 if top > bottom else bottom + 1
    left, chart_width, chart_height = 62, width - 70, height - 8
    end = max((points[-1][0] for _, points in series if points), default=0)
    out = [f'<svg width="{width}" height="{height}">']
    for step in range(4):
        y = 4 + chart_height * step / 3
        out.append(f'<line x1="{left}" x2="{left + chart_width}" y1="{y:.1f}" y2="{y:.1f}" stroke="#2c3235"/>'
                   f'<text x="{left - 5}" y="{y + 3:.1f}" fill="#8e8e9c" font-size="9" text-anchor="end">'
                   f'{html.escape(shown(top - (top - bottom) * step / 3, unit))}</text>')
    for number, (_, points) in enumerate(series):
        path = " ".join(f"{left + chart_width * (1 - (end - t) / seconds):.1f},{4 + chart_height * (top - v) / (top - bottom):.1f}"
                        for t, v in points if math.isfinite(v))
        out.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[number % len(COLOURS)]}" stroke-width="1.3"/>')
    return "".join(out) + "</svg>"


def panel_html(live, panel, seconds) -> str:
    place = panel["gridPos"]
    box = f"left:{place['x'] * CELL + 4}px;top:{place['y'] * HEIGHT}px;width:{place['w'] * CELL - 8}px;height:{place['h'] * HEIGHT - 8}px"
    title = html.escape(panel["title"])
    if panel["type"] == "row":
        return f'<div class="row" style="{box}">▾ {title}</div>'
    unit = panel["fieldConfig"]["defaults"]["unit"]
    series = [one for target in panel["targets"] for one in ranges(live, target, seconds)]
    if panel["type"] == "stat":
        steps = panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [])

        def colour(value):
            return [each["color"] for each in steps if each["value"] is None or value >= each["value"]][-1]

        cells = "".join(f'<div class="stat {"bad" if colour(p[-1][1]) == "red" else ""}">{html.escape(name)}<b>{html.escape(shown(p[-1][1], unit))}</b></div>'
                        for name, p in series if p)
        return f'<div class="panel" style="{box}"><div class="title">{title}</div><div class="stats">{cells}</div></div>'
    keys = "".join(f'<span class="key"><i style="background:{COLOURS[n % len(COLOURS)]}"></i>{html.escape(name)}</span>'
                   for n, (name, _) in enumerate(series[:14]))
    width = place["w"] * CELL - 26
    rows = 1 + int(sum(40 + 6 * len(name) for name, _ in series[:14]) / width)
    drawn = lines(series, unit, width, place["h"] * HEIGHT - 54 - 14 * min(rows, 6), seconds)
    return f'<div class="panel" style="{box}"><div class="title">{title}</div>{drawn}<div>{keys}</div></div>'


def draw(live, boards: dict, folder: pathlib.Path, seconds: float = 120):
    folder.mkdir(parents=True, exist_ok=True)
    for uid, board in boards.items():
        rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
        page = folder / f"{uid}.html"
        page.write_text(f"<!doctype html><meta charset=utf-8><style>{STYLE}</style><h1>{html.escape(board['title'])}</h1><div class=board>"
                        + "".join(panel_html(live, panel, seconds) for panel in board["panels"]) + "</div>")
        subprocess.run(["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--screenshot={folder / uid}.png",
                        f"--window-size={24 * CELL + 8},{rows * HEIGHT + 50}", str(page)], check=True, capture_output=True, timeout=120)
        page.unlink()
