"""What the engines and the disk do by themselves; nothing of ours is measured here."""

import contextlib
import pathlib
import tempfile

import dataset
import limits
from harness.postgres import Postgres
from report import Part

NAMES = {
    "point_read": "raw SQLite: point read of 400 bytes",
    "page_read": "raw SQLite: page of fifty clustered rows",
    "group_commit_32": "raw SQLite: row and event, 32 to a commit",
    "pipeline_read": "raw libpq: point reads, two pipelines of 16",
}


def run(part: Part, options):
    dataset.STORE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=dataset.STORE) as folder, contextlib.closing(Postgres()) as postgres:
        figures = limits.raw("sqlite", folder, seconds=options.seconds)
        figures |= limits.raw("postgres", postgres.fresh_database(), seconds=options.seconds, pinned=False)
        fsync = limits.commits_per_second(pathlib.Path(folder), options.seconds)
    for name, figure in figures.items():
        part.add(NAMES[name], f"{figure:,.0f}/s")
    part.add("SQLite commits of one small row, each with its fsync", f"{fsync:,.0f}/s")
