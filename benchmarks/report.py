"""The table: rows as they come, kept as JSON by part, and put together again from several runs."""

import dataclasses
import json
import pathlib
import re
import subprocess

from harness.places import BIN
from measure import Sample


@dataclasses.dataclass
class Row:
    part: str
    what: str
    figure: str
    ratio: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    sample: dict | None = None  # a measure.Sample

    @property
    def reached(self) -> bool | None:
        if self.at_least is not None:
            return self.ratio >= self.at_least
        return self.ratio <= self.at_most if self.at_most is not None else None

    @property
    def target(self) -> str:
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return f"≤ {self.at_most:g}" if self.at_most is not None else ""


HEADING = (
    f"{'what':66} {'figure':>12} {'p50 ms':>7} {'p99':>7} {'p99.9':>7}  {'CPU µs a request':28}"
    f" {'ratio':>7} {'target':>7}"
)


def line(row: Row) -> str:
    latencies, cpu = f"{'':23}", ""
    if row.sample and row.sample["p99"]:
        latencies = " ".join(f"{row.sample[name]:7.2f}" for name in ("p50", "p99", "p999"))
    if row.sample:
        cpu = " ".join(f"{name} {spent:.1f}" for name, spent in row.sample["cpu"].items())
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    verdict = {None: "", True: "reached", False: "MISSED"}[row.reached]
    return f"{row.what:66} {row.figure:>12} {latencies}  {cpu:28} {ratio:>7} {row.target:>7} {verdict}".rstrip()


class Part:
    """The rows of one part of a run, printed as they come."""

    def __init__(self, name: str):
        self.name = name
        self.rows: list = []
        self.series: dict = {}  # plots: name → points

    def add(
        self, what: str, figure, ratio: float | None = None, at_least: float | None = None, at_most: float | None = None
    ):
        """`figure`: a Sample, or text."""
        sample = dataclasses.asdict(figure) if isinstance(figure, Sample) else None
        text = f"{figure.rate:,.0f}/s" if sample else figure
        self.rows.append(Row(self.name, what, text, ratio, at_least, at_most, sample))
        print(line(self.rows[-1]), flush=True)

    def keep(self, folder: pathlib.Path):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.name}.json").write_text(
            json.dumps(
                {
                    "part": self.name,
                    "commit": commit(),
                    "rows": [dataclasses.asdict(row) for row in self.rows],
                    "series": self.series,
                },
                indent=1,
                ensure_ascii=False,
            )
            + "\n"
        )


def commit() -> str:
    """Of the program that is measured, as it says itself."""
    said = subprocess.run([BIN / "cumulo", "--version"], capture_output=True, text=True, check=True).stdout
    return re.search(r"\((\w+)\)", said).group(1)


def merged(folder: pathlib.Path, order: list) -> list:
    """What is kept of each part, in this order; parts that were never run are left out."""
    return [json.loads((folder / f"{name}.json").read_text()) for name in order if (folder / f"{name}.json").exists()]


def table(parts: list) -> str:
    measured = "; ".join(f"{part['part']} at {part['commit']}" for part in parts)
    return "\n".join([HEADING, *(line(Row(**row)) for part in parts for row in part["rows"]), measured, summary(parts)])


def summary(parts: list) -> str:
    rows = [Row(**row) for part in parts for row in part["rows"]]
    missed = [row.what.strip() for row in rows if row.reached is False]
    return "".join(
        [
            f"targets: {sum(row.reached is True for row in rows)} reached, {len(missed)} missed",
            *(f"\n  missed: {what}" for what in missed),
        ]
    )
