"""A realistic number of tasks. One task is made through the API for each account that signs in and copied by SQL, so that
the rows are what the program itself writes, whatever the schema has become."""

import contextlib
import secrets
import sqlite3
import time

BATCH = 20_000


def accounts(system, count: int) -> list:
    system.administrator  # noqa: B018  the first account is special
    people = [system.register() for _ in range(count)]
    for person in people:
        person.template = person.task("Water the plants on the balcony", description="The tomatoes first. " * 8,
                                      priority="high", due="2026-12-01", labels=["home", "garden"])
        person.known = [person.template["id"]]
    return people


def new_id(milliseconds: int, number: int) -> str:
    """UUIDv7 text."""
    tail = secrets.token_hex(8)
    return f"{milliseconds >> 16:08x}-{milliseconds & 0xffff:04x}-7{number & 0xfff:03x}-a{tail[:3]}-{tail[3:15]}"


def spread(people: list, total: int):
    """(space, project, id, title) of every task to make: the people who sign in have 100 each, the rest belongs to
    strangers, in the order of time as it would have come."""
    strangers = [new_id(1_700_000_000_000 + n, n) for n in range(100 * len(people))]
    now = int(time.time() * 1000) - total
    own = max(1, total // (100 * len(people)))
    for n in range(total):
        if n % (total // (len(people) * own) or 1) == 0:
            person = people[(n // max(1, total // (len(people) * own))) % len(people)]
            space, project = None, person
        else:
            space, project = strangers[n * 7919 % len(strangers)], None
        yield n, space, project, new_id(now + n, n), f"Task number {n} of the garden"


def _columns(template: dict, n, space, person, id, title, projects) -> dict:
    row = dict(template if person is None else person.row)
    row.update(id=id, title=title)
    if "title_key" in row:
        row["title_key"] = title.lower()
    if person is None:
        row.update(space_id=space, project_id=projects[space], created_by=space)
    elif len(person.known) < 50:
        person.known.append(id)
    return row


def _seed(people: list, total: int, execute_many, read_row, insert_projects):
    for person in people:
        person.row = read_row(person.template["id"])
    template = people[0].row
    strangers: dict = {}
    batch = []
    pending = []
    for n, space, person, id, title in spread(people, total):
        if person is None and space not in strangers:
            strangers[space] = new_id(1_700_000_000_000 + len(strangers), len(strangers))
            pending.append((space, strangers[space]))
        batch.append(_columns(template, n, space, person, id, title, strangers))
        if len(batch) == BATCH:
            insert_projects(pending)
            execute_many(batch)
            batch, pending = [], []
    if batch:
        insert_projects(pending)
        execute_many(batch)


def tasks_sqlite(path, people: list, total: int):
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        database.executescript("PRAGMA synchronous=OFF; PRAGMA cache_size=-500000; PRAGMA foreign_keys=OFF;")

        def rows_of(table, where, value):
            return [dict(r) for r in database.execute(f"SELECT * FROM {table} WHERE {where} = ?", (value,))]

        def insert(table, rows):
            if rows:
                names = list(rows[0])
                database.executemany(f"INSERT INTO {table} ({','.join(names)}) VALUES ({','.join('?' * len(names))})",
                                     [tuple(r[n] for n in names) for r in rows])

        _seed(people, total, lambda batch: insert("tasks", batch), lambda id: rows_of("tasks", "id", id)[0],
              lambda pending: _projects(pending, people, rows_of, insert))
        database.commit()
        database.execute("ANALYZE")
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def tasks_postgres(url: str, people: list, total: int):
    import psycopg2
    import psycopg2.extras

    with contextlib.closing(psycopg2.connect(url)) as connection, connection.cursor(
            cursor_factory=psycopg2.extras.RealDictCursor) as cursor:

        def rows_of(table, where, value):
            cursor.execute(f"SELECT * FROM {table} WHERE {where} = %s", (value,))
            return [dict(r) for r in cursor.fetchall()]

        def insert(table, rows):
            if rows:
                names = list(rows[0])
                psycopg2.extras.execute_values(cursor, f"INSERT INTO {table} ({','.join(names)}) VALUES %s",
                                               [tuple(r[n] for n in names) for r in rows], page_size=1000)

        _seed(people, total, lambda batch: insert("tasks", batch), lambda id: rows_of("tasks", "id", id)[0],
              lambda pending: _projects(pending, people, rows_of, insert))
        connection.commit()
        connection.autocommit = True
        cursor.execute("VACUUM ANALYZE")


def _projects(pending, people, rows_of, insert):
    """The strangers' inboxes, copied from somebody's."""
    project = rows_of("projects", "id", people[0].template["project_id"])[0]
    member = rows_of("project_members", "project_id", project["id"])[0]
    insert("projects", [{**project, "id": p, "space_id": s, "created_by": s} for s, p in pending])
    insert("project_members", [{**member, "project_id": p, "account_id": s} for s, p in pending])


def known_tasks(people: list) -> list:
    """(token, task id) of tasks that the people who sign in have."""
    return [(p.access_token, id) for p in people for id in p.known]
