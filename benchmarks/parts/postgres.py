"""Three services on PostgreSQL, all on the same cores: the task-service against pgbench with its own statements."""

import dataset
import limits
import measure
import pgbench
import processes
import traffic
import wrk
from report import Part


def spenders(system) -> dict:
    """Name → process ids of what serves requests."""

    def database() -> list:
        leader = int((system.postgres.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        return [leader, *processes.children(leader)]

    return {"server": lambda: [program.process.pid for program in system.programs.values()], "database": database}


def run(part: Part, options):
    with dataset.running("services-postgres", options.postgres_accounts, options.postgres_tasks) as (system, people):
        crowd = traffic.Crowd(people)
        gets, creates = crowd.gets(), crowd.creates()
        read_script, write_script = pgbench.scripts(system, gets[0], creates[0])
        database = system.databases["task-service"]
        port = system.programs["task-service"].port

        def of(requests: list):
            return lambda: measure.sample(
                lambda: wrk.run(port, requests, seconds=options.seconds, pinned=False), spenders(system)
            )

        wrk.run(port, gets, seconds=2, pinned=False)
        seen = measure.in_turn(
            options.rounds,
            limit_get=lambda: pgbench.run(database, read_script, clients=8, seconds=options.seconds),
            get=of(gets),
            page=of(crowd.pages()),
            limit_create=lambda: pgbench.run(database, write_script, clients=32, seconds=options.seconds),
            create=of(creates),
            update=of(crowd.updates()),
        )
    part.add("pgbench -M prepared -c 8 of the read", f"{seen['limit_get'].rate:,.0f}/s")
    part.add(
        f"GET /tasks/{{id}}, PostgreSQL, {options.postgres_tasks:,} tasks",
        seen["get"],
        seen["get"].rate / seen["limit_get"].rate,
        at_least=0.75,
    )
    part.add("GET /tasks?limit=50, PostgreSQL", seen["page"])
    part.add("pgbench -M prepared -c 32 of the write as one CTE", f"{seen['limit_create'].rate:,.0f}/s")
    part.add(
        "POST /tasks, durable, PostgreSQL, 32 connections",
        seen["create"],
        seen["create"].rate / seen["limit_create"].rate,
        at_least=1.5,
    )
    part.add("PATCH /tasks/{id}, PostgreSQL", seen["update"])
