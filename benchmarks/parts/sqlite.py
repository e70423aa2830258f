"""The standalone program on SQLite, request by request."""

import dataset
import limits
import load
import measure
import processes
import traffic
import wrk
from report import Part

STALL, SLOW = 60, 20  # milliseconds


def run(part: Part, options):
    with dataset.running("standalone", options.accounts, options.tasks) as (system, people):
        program = system.programs["cumulo"]
        processes.pin(program.process.pid, limits.SERVER_CORE)
        crowd = traffic.Crowd(people)
        largest = crowd.largest

        def of(requests: list):
            return lambda: measure.sample(lambda: wrk.run(program.port, requests, seconds=options.seconds), spenders)

        def deletes():
            """No task can be deleted twice: in order, by the other generator, which knows when the list ends."""
            requests = crowd.deletes(options.tasks // 2 // options.rounds)
            seen = measure.sample(
                lambda: load.run(program.port, requests, seconds=options.seconds, in_order=True, pinned=True), spenders
            )
            crowd.forget_deleted(seen.answers)
            return seen

        spenders = {"server": lambda: [program.process.pid]}
        wrk.run(program.port, crowd.gets(), seconds=5)  # every token is verified once, and most of the file met
        with limits.constant_server() as constant, limits.nginx(constant.body) as nginx:
            seen = measure.in_turn(
                options.rounds,
                n=lambda: wrk.run(nginx.port, nginx.constants(), seconds=options.seconds).rate,
                get=of(crowd.gets()),
                page=of(crowd.pages()),
                own_page=of([traffic.page(largest.token)]),
                by_due=of([traffic.page_by_due(largest.token)]),
                by_label=of([traffic.page_by_label(largest.token)]),
                by_word=of([traffic.page_by_word(largest.token)]),
                fsync=lambda: limits.commits_per_second(program.folder, options.seconds / 2),
                create=of(crowd.creates()),
                update=of(crowd.updates()),
                delete=deletes,
            )
        long = wrk.run(program.port, crowd.creates(), seconds=options.seconds * 5)
    n, plain, create = seen["n"].rate, seen["own_page"].rate, seen["create"].rate
    part.add(f"GET /tasks/{{id}}, SQLite, {options.tasks:,} tasks", seen["get"], seen["get"].rate / n, at_least=0.55)
    part.add("GET /tasks?limit=50, SQLite", seen["page"], seen["page"].rate / n, at_least=0.15)
    part.add(f"  the same, account of {len(largest.tasks):,} tasks", seen["own_page"], plain / n)
    for name, what in {"by_due": "open, by due time", "by_label": "by label", "by_word": "by word"}.items():
        part.add(f"  {what}, same account, against the plain list", seen[name], seen[name].rate / plain, at_least=0.5)
    part.add("POST /tasks, durable, SQLite, 32 connections", seen["create"], create / n, at_least=0.22)
    part.add("  against one fsync a request", f"{seen['fsync'].rate:,.0f}/s", create / seen["fsync"].rate, at_least=6)
    part.add("  p99 of a longer run, ms", f"{long.p99:.1f} ms", long.p99, at_most=SLOW)
    part.add(
        "  longest of a longer run, ms (no checkpoint stalls)", f"{long.longest:.1f} ms", long.longest, at_most=STALL
    )
    part.add("PATCH /tasks/{id}, SQLite, against create", seen["update"], seen["update"].rate / create, at_least=0.8)
    part.add("DELETE /tasks/{id}, SQLite, against create", seen["delete"], seen["delete"].rate / create, at_least=0.8)
