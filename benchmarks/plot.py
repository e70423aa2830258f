"""Plots as SVG, of what the parts keep as series."""

import math
import pathlib

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 720, 420, 70, 40, 40, 60
COLOURS = ["#2f6fdb", "#d9480f", "#2b8a3e", "#862e9c", "#5f3dc4", "#c2255c"]


class Axis:
    def __init__(self, values: list, start: float, end: float, logarithmic: bool):
        self._scale = math.log10 if logarithmic else float
        self._logarithmic = logarithmic
        self._low = min(values) if logarithmic else 0
        self._high = max(values)
        self._start, self._end = start, end

    def place(self, value: float) -> float:
        low, high = self._scale(self._low), self._scale(self._high)
        return self._start + (self._scale(value) - low) / (high - low or 1) * (self._end - self._start)

    def ticks(self) -> list:
        if self._logarithmic:
            powers = range(math.floor(math.log10(self._low)), math.ceil(math.log10(self._high)) + 1)
            return [
                each for power in powers for each in (10.0**power, 3 * 10.0**power) if self._low <= each <= self._high
            ]
        step = 10 ** math.floor(math.log10(self._high))
        step = step / 5 if self._high / step < 2 else step / 2 if self._high / step < 5 else step
        return [step * n for n in range(int(self._high / step) + 1)]


def label(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def svg(title: str, x_label: str, y_label: str, lines: dict, log_x: bool = False, log_y: bool = False) -> str:
    """`lines`: name → [(x, y), …]."""
    points = [point for line in lines.values() for point in line]
    x = Axis([p[0] for p in points], LEFT, WIDTH - RIGHT, log_x)
    y = Axis([p[1] for p in points], HEIGHT - BOTTOM, TOP, log_y)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
        ' font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-size="15" font-weight="bold">{title}</text>',
    ]
    for tick in x.ticks():
        out.append(
            f'<path d="M{x.place(tick):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#e9ecef"/>'
            f'<text x="{x.place(tick):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{label(tick)}</text>'
        )
    for tick in y.ticks():
        out.append(
            f'<path d="M{LEFT} {y.place(tick):.1f}H{WIDTH - RIGHT}" stroke="#e9ecef"/>'
            f'<text x="{LEFT - 8}" y="{y.place(tick) + 4:.1f}" text-anchor="end">{label(tick)}</text>'
        )
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 18}" text-anchor="middle">{x_label}</text>')
    out.append(
        f'<text transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">{y_label}'
        "</text>"
    )
    for n, (name, line) in enumerate(lines.items()):
        colour = COLOURS[n % len(COLOURS)]
        path = " ".join(f"{x.place(a):.1f},{y.place(b):.1f}" for a, b in line)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x.place(a):.1f}" cy="{y.place(b):.1f}" r="3" fill="{colour}"/>' for a, b in line]
        out.append(
            f'<rect x="{LEFT + 12}" y="{TOP + 8 + 18 * n}" width="12" height="12" fill="{colour}"/>'
            f'<text x="{LEFT + 30}" y="{TOP + 18 + 18 * n}">{name}</text>'
        )
    return "\n".join([*out, "</svg>"]) + "\n"


def draw(parts: list, folder: pathlib.Path):
    for part in parts:
        if part["part"] == "growth":
            lines = {what: [(p["tasks"], p["cpu"]) for p in points] for what, points in part["series"].items()}
            picture = svg(
                "Cost of a request as the system grows",
                "tasks in the system",
                "server CPU, µs a request",
                lines,
                log_x=True,
            )
            (folder / "growth.svg").write_text(picture)
            continue
        for shape, points in part["series"].items():
            lines = {name: [(p["offered"], p[name]) for p in points] for name in ("p50", "p99", "p99.9")}
            picture = svg(
                f"Production mix: {shape}",
                "offered, requests/s (open loop)",
                "latency from when due, ms",
                lines,
                log_y=True,
            )
            (folder / f"latency-{part['part']}.svg").write_text(picture)
