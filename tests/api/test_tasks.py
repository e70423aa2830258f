"""Tasks: the main job."""

import concurrent.futures
import datetime

import pytest

pytestmark = pytest.mark.sanitizers

MISSING = "0190a0a0-0000-7000-8000-000000000000"


def titles(answer) -> list:
    assert answer.status_code == 200, answer.text
    return [t["title"] for t in answer.json()["items"]]


def every_page(person, path, limit=7) -> list:
    items, cursor = [], ""
    while True:
        answer = person.get(f"{path}{'&' if '?' in path else '?'}limit={limit}{cursor}")
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert len(body["items"]) <= limit
        items += body["items"]
        if body["next_cursor"] is None:
            assert "link" not in answer.headers
            return items
        assert 'rel="next"' in answer.headers["link"]
        cursor = f"&cursor={body['next_cursor']}"


class TestCreate:
    def test_with_a_title_alone(self, person):
        answer = person.post("/tasks", {"title": "  Buy milk  "})
        assert answer.status_code == 201
        task = answer.json()
        assert answer.headers["location"].endswith(f"/tasks/{task['id']}")
        assert answer.headers["etag"]
        assert task["title"] == "Buy milk"
        assert (task["status"], task["priority"], task["due"], task["labels"]) == ("todo", "none", None, [])
        assert task["created_by"] == person.id and task["completed_at"] is None and task["version"] == 1
        assert person.get(f"/tasks/{task['id']}").json() == task

    def test_with_everything(self, person):
        project = person.project("Trip")
        members = {"title": "Passport 🛂", "description": "# Steps\n* photo", "project_id": project["id"],
                   "status": "in_progress", "priority": "urgent", "due": "2026-12-01T17:00:00",
                   "timezone": "Europe/Vienna", "labels": ["home", "Errand"]}
        task = person.task(**members)
        assert {k: task[k] for k in members} == members

    def test_in_the_inbox_unless_told_otherwise(self, person):
        inbox = [p for p in person.get("/projects").json()["items"] if p["is_inbox"]]
        assert len(inbox) == 1
        assert person.task()["project_id"] == inbox[0]["id"]

    @pytest.mark.parametrize("due", ["2026-12-01", "2024-02-29", "2026-12-01T17:00:00", "2026-12-01T16:00:00Z"])
    def test_the_three_forms_of_due_come_back_exactly(self, person, due):
        task = person.task(due=due)
        assert task["due"] == due
        assert person.get(f"/tasks/{task['id']}").json()["due"] == due

    def test_a_local_due_is_in_the_persons_zone_unless_told(self, person):
        person.patch("/profile", {"timezone": "Asia/Tokyo"})
        again = person.sign_in()
        assert again.task(due="2026-12-01")["timezone"] == "Asia/Tokyo"
        assert again.task(due="2026-12-01", timezone="Europe/Vienna")["timezone"] == "Europe/Vienna"

    @pytest.mark.parametrize(("members", "pointer"), [
        ({}, "/title"), ({"title": None}, "/title"), ({"title": ""}, "/title"), ({"title": "   "}, "/title"),
        ({"title": "x" * 501}, "/title"), ({"title": 5}, "/title"), ({"title": "a\u0000b"}, "/title"),
        ({"title": "a\nb"}, "/title"),
        ({"title": "x", "description": "x" * 70_000}, "/description"),
        ({"title": "x", "status": "maybe"}, "/status"), ({"title": "x", "priority": 3}, "/priority"),
        ({"title": "x", "due": "2026-02-30"}, "/due"), ({"title": "x", "due": "2025-02-29"}, "/due"),
        ({"title": "x", "due": "tomorrow"}, "/due"), ({"title": "x", "due": "2026-13-01"}, "/due"),
        ({"title": "x", "due": "2026-12-01T25:00:00"}, "/due"), ({"title": "x", "due": "2026-12-01T17:00:00+0100"}, "/due"),
        ({"title": "x", "due": 1764547200}, "/due"),
        ({"title": "x", "due": "2026-12-01", "timezone": "Mars/Base"}, "/timezone"),
        ({"title": "x", "labels": "home"}, "/labels"), ({"title": "x", "labels": ["ok", ""]}, "/labels/1"),
        ({"title": "x", "labels": [1]}, "/labels/0"), ({"title": "x", "labels": ["l" * 101]}, "/labels/0"),
        ({"title": "x", "labels": [f"l{n}" for n in range(51)]}, "/labels"),
        ({"title": "x", "project_id": MISSING}, "/project_id"), ({"title": "x", "project_id": "inbox"}, "/project_id"),
        ({"title": "x", "id": MISSING}, "/id"), ({"title": "x", "version": 9}, "/version"),
        ({"title": "x", "created_by": MISSING}, "/created_by"),
    ])
    def test_bad_input_names_its_place_and_changes_nothing(self, person, members, pointer):
        answer = person.post("/tasks", members)
        assert answer.status_code == 422, answer.text
        assert pointer in {e["pointer"] for e in answer.json()["errors"]}, answer.text
        assert titles(person.get("/tasks")) == []

    def test_all_faults_at_once(self, person):
        answer = person.post("/tasks", {"title": "", "status": "x", "due": "2026-02-30", "colour": "red"})
        assert {e["pointer"] for e in answer.json()["errors"]} >= {"/status", "/colour"}

    def test_limits_count_characters_not_bytes(self, person):
        assert person.task("ü" * 500)["title"] == "ü" * 500


class TestChange:
    @pytest.mark.parametrize("verb", ["PUT", "PATCH"])
    def test_merges(self, person, verb):
        task = person.task("Before", description="kept", due="2026-12-01", labels=["a"], priority="high")
        answer = person.request(verb, f"/tasks/{task['id']}", json={"title": "After", "due": None})
        assert answer.status_code == 200
        after = answer.json()
        assert after["title"] == "After" and after["due"] is None
        assert (after["description"], after["labels"], after["priority"]) == ("kept", ["a"], "high")
        assert after["version"] == task["version"] + 1
        assert after["updated_at"] > task["updated_at"] and after["created_at"] == task["created_at"]
        assert person.get(f"/tasks/{task['id']}").json() == after

    def test_completing_and_reopening(self, person):
        task = person.task()
        done = person.patch(f"/tasks/{task['id']}", {"status": "done"}).json()
        assert done["completed_at"] is not None
        assert person.patch(f"/tasks/{task['id']}", {"title": "still done"}).json()["completed_at"] == done["completed_at"]
        assert person.patch(f"/tasks/{task['id']}", {"status": "todo"}).json()["completed_at"] is None

    def test_moves_between_projects(self, person):
        project = person.project()
        task = person.task()
        moved = person.patch(f"/tasks/{task['id']}", {"project_id": project["id"]}).json()
        assert moved["project_id"] == project["id"]
        assert titles(person.get(f"/tasks?project_id={project['id']}")) == [task["title"]]

    @pytest.mark.parametrize("members", [{"title": None}, {"title": ""}, {"status": None}, {"id": MISSING}, {"x": 1}, {"labels": [None]}])
    def test_bad_changes_change_nothing(self, person, members):
        task = person.task()
        assert person.patch(f"/tasks/{task['id']}", members).status_code == 422
        assert person.get(f"/tasks/{task['id']}").json() == task

    def test_64_parallel_patches_with_one_if_match_have_one_winner(self, person):
        task = person.task()
        tag = person.get(f"/tasks/{task['id']}").headers["etag"]

        def change(n):
            return person.patch(f"/tasks/{task['id']}", {"title": f"by {n}"}, headers={"If-Match": tag}).status_code

        with concurrent.futures.ThreadPoolExecutor(64) as pool:
            codes = list(pool.map(change, range(64)))
        assert sorted(codes) == [200] + [412] * 63
        assert person.get(f"/tasks/{task['id']}").json()["version"] == 2

    def test_parallel_patches_without_if_match_lose_nothing(self, person):
        task = person.task()
        members = [{"title": "T"}, {"description": "D"}, {"priority": "high"}, {"labels": ["l"]}, {"due": "2026-12-01"}]
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            assert set(pool.map(lambda m: person.patch(f"/tasks/{task['id']}", m).status_code, members)) == {200}
        after = person.get(f"/tasks/{task['id']}").json()
        for each in members:
            assert {k: after[k] for k in each} == each
        assert after["version"] == 6


class TestTrash:
    def test_delete_restore_and_delete_for_good(self, person):
        task = person.task("Rubbish", labels=["x"])
        assert person.delete(f"/tasks/{task['id']}").status_code == 204
        assert person.get(f"/tasks/{task['id']}").status_code == 404
        assert person.patch(f"/tasks/{task['id']}", {"title": "x"}).status_code == 404
        assert person.delete(f"/tasks/{task['id']}").status_code == 404
        assert titles(person.get("/tasks")) == [] and titles(person.get("/tasks?q=rubbish")) == []
        assert titles(person.get("/trash")) == ["Rubbish"]
        restored = person.post(f"/tasks/{task['id']}/restore")
        assert restored.status_code == 200 and restored.json()["labels"] == ["x"]
        assert titles(person.get("/tasks")) == ["Rubbish"] and titles(person.get("/trash")) == []
        person.delete(f"/tasks/{task['id']}")
        assert person.delete(f"/trash/{task['id']}").status_code == 204
        assert titles(person.get("/trash")) == []
        assert person.post(f"/tasks/{task['id']}/restore").status_code == 404

    def test_emptying(self, person):
        for n in range(3):
            person.delete(f"/tasks/{person.task(str(n))['id']}")
        kept = person.task("kept")
        assert person.delete("/trash").status_code in (200, 204)
        assert titles(person.get("/trash")) == []
        assert person.get(f"/tasks/{kept['id']}").status_code == 200

    def test_stale_delete_is_refused(self, person):
        task = person.task()
        tag = person.get(f"/tasks/{task['id']}").headers["etag"]
        person.patch(f"/tasks/{task['id']}", {"title": "newer"})
        assert person.delete(f"/tasks/{task['id']}", headers={"If-Match": tag}).status_code == 412
        assert person.get(f"/tasks/{task['id']}").status_code == 200


class TestList:
    def test_newest_first(self, person):
        for n in range(3):
            person.task(f"t{n}")
        assert titles(person.get("/tasks")) == ["t2", "t1", "t0"]

    @pytest.mark.parametrize("sort", ["created_at", "-created_at", "updated_at", "-updated_at", "due", "-due", "priority",
                                      "-priority", "title", "-title"])
    def test_pages_hold_everything_once_in_order(self, person, sort):
        priorities = ["none", "low", "medium", "high", "urgent"]
        dues = [None, "2026-01-01", "2026-03-01T08:00:00", "2026-02-01T00:00:00Z"]
        for n in range(23):
            person.task(f"title {n * 7 % 10}", priority=priorities[n % 5], due=dues[n % 4])
        items = every_page(person, f"/tasks?sort={sort}")
        assert len({t["id"] for t in items}) == 23
        name = sort.lstrip("-")
        key = {"priority": lambda t: priorities.index(t["priority"]), "due": lambda t: (t["due"] or "")[:10]}.get(
            name, lambda t: t[name])
        keys = [key(t) for t in items if name != "due" or t["due"]]
        assert keys == sorted(keys, reverse=sort.startswith("-"))

    @pytest.mark.parametrize("sort", ["-created_at", "due", "title"])
    def test_pages_of_long_tasks_end_early(self, person, sort):
        for n in range(40):
            person.task(f"t{n}", description="long " * 12_000, **({"due": f"2026-03-{n + 1:02}"} if n < 21 else {}))
        seen, cursor, pages = [], "", 0
        while True:
            answer = person.get(f"/tasks?limit=200&sort={sort}{cursor}", headers={"Accept-Encoding": "identity"})
            assert answer.status_code == 200 and len(answer.content) < 1.3 * 1024 * 1024
            body = answer.json()
            assert body["items"]
            seen += [t["title"] for t in body["items"]]
            pages += 1
            if body["next_cursor"] is None:
                break
            cursor = f"&cursor={body['next_cursor']}"
        assert sorted(seen) == sorted(f"t{n}" for n in range(40)) and pages == 3

    def test_pages_stay_whole_while_tasks_are_added(self, person):
        for n in range(20):
            person.task(f"old {n}")
        first = person.get("/tasks?limit=10").json()
        for n in range(5):
            person.task(f"new {n}")
        second = person.get(f"/tasks?limit=10&cursor={first['next_cursor']}").json()
        seen = [t["title"] for t in first["items"] + second["items"]]
        assert seen == [f"old {n}" for n in reversed(range(20))]

    @pytest.mark.parametrize(("query", "expected"), [
        ("status=done", {"b"}), ("status=todo,in_progress", {"a", "c", "d"}), ("priority=high", {"a"}),
        ("priority=high,low", {"a", "b"}), ("label=home", {"a", "c"}), ("label=home,work", {"c"}),
        ("completed=true", {"b"}), ("completed=false", {"a", "c", "d"}),
        ("due_before=2026-06-01T00:00:00Z", {"a"}), ("due_after=2026-06-01T00:00:00Z", {"b"}),
        ("q=apple", {"a"}), ("q=app", {"a"}), ("q=banana bread", {"b"}), ("q=Zürich", {"d"}), ("q=zürich", {"d"}),
        ("q=apple&status=done", set()), ("q=nothing", set()),
        ("label=home&priority=high&status=todo", {"a"}),
    ])
    def test_filters(self, person, query, expected):
        person.task("a", description="one apple", priority="high", due="2026-05-01", labels=["home"])
        person.task("b", description="banana bread", priority="low", due="2026-07-01", status="done")
        person.task("c", labels=["Home", "work"])
        person.task("d", description="nach Zürich", status="in_progress")
        assert set(titles(person.get(f"/tasks?{query}"))) == expected

    @pytest.mark.parametrize(("q", "status"), [("ж" * 200, 200), ("😀" * 200, 200), ("ж" * 201, 422), ("x" * 201, 422)])
    def test_what_is_searched_for_is_counted_in_characters(self, person, q, status):
        assert person.get("/tasks", params={"q": q}).status_code == status

    @pytest.mark.parametrize("q", ['"', "a\"b", "title:a", "a OR b", "NOT a", "a*", "(", "a AND", "^a", "-a", "a - b", "''",
                                   "%", "_", "\\", "NEAR(a b)", "{a}", ":", "a:*", "&|!", "<->", "ﬀ", "😀", "%00", "x" * 200])
    def test_search_never_trips_over_its_input(self, person, q):
        person.task("a b")
        assert person.get("/tasks", params={"q": q}).status_code in (200, 422)

    @pytest.mark.parametrize(("query", "parameter"), [
        ("limit=0", "?limit"), ("limit=201", "?limit"), ("limit=x", "?limit"), ("limit=-1", "?limit"),
        ("limit=99999999999999999999", "?limit"), ("cursor=x", "?cursor"), ("cursor=AAAA", "?cursor"),
        ("sort=secret", "?sort"), ("status=maybe", "?status"), ("due_before=yesterday", "?due_before"),
        ("completed=perhaps", "?completed"), ("colour=red", "?colour"), ("project_id=x", "?project_id"),
        ("label=" + ",".join(f"l{n}" for n in range(11)), "?label"),
    ])
    def test_bad_parameters_are_named(self, person, query, parameter):
        answer = person.get(f"/tasks?{query}")
        assert answer.status_code == 422, answer.text
        assert parameter in {e["pointer"] for e in answer.json()["errors"]}

    def test_a_cursor_of_another_sort_is_refused(self, person):
        for n in range(3):
            person.task(str(n))
        cursor = person.get("/tasks?limit=1&sort=title").json()["next_cursor"]
        assert person.get(f"/tasks?limit=1&sort=due&cursor={cursor}").status_code == 422

    def test_unchanged_lists_are_304(self, person):
        person.task()
        tag = person.get("/tasks").headers["etag"]
        assert person.get("/tasks", headers={"If-None-Match": tag}).status_code == 304
        person.task()
        assert person.get("/tasks", headers={"If-None-Match": tag}).status_code == 200

    def test_unchanged_tasks_are_304(self, person):
        task = person.task()
        tag = person.get(f"/tasks/{task['id']}").headers["etag"]
        assert person.get(f"/tasks/{task['id']}", headers={"If-None-Match": tag}).status_code == 304
        assert person.get(f"/tasks/{task['id']}", headers={"If-None-Match": f'"x", W/{tag}'}).status_code == 304

    def test_canonical_and_short_paths_are_one(self, person):
        person.task()
        assert person.get("/api/v1/tasks").json() == person.get("/tasks").json()

    def test_labels(self, person):
        person.task("1", labels=["home", "errand"])
        person.task("2", labels=["home"])
        items = {x["name"]: x["tasks"] for x in person.get("/labels").json()["items"]}
        assert items == {"home": 2, "errand": 1}

    def test_updated_since(self, person):
        person.task("old")
        moment = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        person.task("new")
        assert titles(person.get("/tasks", params={"updated_since": moment})) == ["new"]


class TestProjects:
    def test_life_of_one(self, person):
        made = person.post("/projects", {"name": "Garden", "description": "Beds"})
        assert made.status_code == 201
        project = made.json()
        assert person.get(f"/projects/{project['id']}").json() == project
        changed = person.patch(f"/projects/{project['id']}", {"name": "Big garden"}).json()
        assert (changed["name"], changed["description"]) == ("Big garden", "Beds")
        assert person.put(f"/projects/{project['id']}", {"description": None}).json()["name"] == "Big garden"
        names = [p["name"] for p in person.get("/projects").json()["items"]]
        assert "Big garden" in names and len(names) == 2

    def test_deleting_takes_its_tasks_along_and_restoring_brings_them_back(self, person):
        project = person.project()
        inside = person.task("inside", project_id=project["id"])
        thrown = person.task("thrown before", project_id=project["id"])
        person.delete(f"/tasks/{thrown['id']}")
        outside = person.task("outside")
        assert person.delete(f"/projects/{project['id']}").status_code == 204
        assert person.get(f"/projects/{project['id']}").status_code == 404
        assert person.get(f"/tasks/{inside['id']}").status_code == 404
        assert titles(person.get("/tasks")) == [outside["title"]]
        assert person.post(f"/projects/{project['id']}/restore").status_code == 200
        assert set(titles(person.get("/tasks"))) == {"inside", "outside"}

    def test_the_inbox_stays(self, person):
        inbox = next(p for p in person.get("/projects").json()["items"] if p["is_inbox"])
        assert person.delete(f"/projects/{inbox['id']}").status_code in (403, 409, 422)
        assert person.patch(f"/projects/{inbox['id']}", {"name": "X"}).status_code in (403, 409, 422)
        assert person.task()["project_id"] == inbox["id"]

    @pytest.mark.parametrize("members", [{}, {"name": ""}, {"name": "x" * 300}, {"name": 1}, {"name": "x", "y": 1},
                                         {"name": "x", "is_inbox": True}])
    def test_bad_input(self, person, members):
        assert person.post("/projects", members).status_code == 422
