"""The requests of the benchmarks as the bytes that are sent: the same for every tool that sends them."""

import json
import random

import content


def request(method: str, path: str, token: str = "", body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def get(token: str, task: str) -> bytes:
    return request("GET", f"/tasks/{task}", token)


def page(token: str) -> bytes:
    return request("GET", "/tasks?limit=50", token)


def page_by_due(token: str) -> bytes:
    """What there is to do, the most pressing first."""
    return request("GET", "/tasks?completed=false&sort=due&limit=50", token)


def page_by_label(token: str) -> bytes:
    return request("GET", "/tasks?label=garden&limit=50", token)


def page_by_word(token: str) -> bytes:
    return request("GET", f"/tasks?q={content.SEARCHED}&limit=50", token)


def create(token: str, chance: random.Random, project: str = "") -> bytes:
    return request("POST", "/tasks", token, content.task(chance, project))


def update(token: str, task: str, chance: random.Random) -> bytes:
    """Its title ends in letters of its own whenever it is sent (load.cpp, wrk.py), or it would change nothing the
    second time."""
    title = content.words(chance, 4).capitalize() + " ~~"
    changed = {"title": title, "priority": chance.choice(["low", "medium", "high"])}
    return request("PATCH", f"/tasks/{task}", token, json.dumps(changed).encode())


def delete(token: str, task: str) -> bytes:
    return request("DELETE", f"/tasks/{task}", token)


def project_page(token: str, project: str) -> bytes:
    return request("GET", f"/tasks?project_id={project}&limit=50", token)


def sign_in(email: str, password: str) -> bytes:
    return request("POST", "/login", body=json.dumps({"email": email, "password": password}).encode())


class Crowd:
    """What many people ask for: lists of requests, to be sent in any order unless said otherwise."""

    SAMPLE = 20_000

    def __init__(self, people: list):
        self._chance = random.Random(1)
        self.largest = people[0]
        # Somebody whose page is full.
        self._busy = [person for person in people if len(person.tasks) >= 60]
        tasks = [(person, task) for person in people for task in person.tasks]
        self._chance.shuffle(tasks)
        self._kept, self._doomed = tasks[: len(tasks) // 4], tasks[len(tasks) // 4 :]

    def _some(self, make, among: list) -> list:
        return [make(each) for each in self._chance.choices(among, k=self.SAMPLE)]

    def gets(self) -> list:
        return self._some(lambda pair: get(pair[0].token, pair[1]), self._kept)

    def pages(self) -> list:
        return self._some(lambda person: page(person.token), self._busy)

    def searches(self) -> list:
        return self._some(lambda person: page_by_word(person.token), self._busy)

    def creates(self) -> list:
        """By whom the tasks that are there were made: who has many makes many."""
        return self._some(lambda pair: create(pair[0].token, self._chance, pair[0].project), self._kept)

    def updates(self) -> list:
        return self._some(lambda pair: update(pair[0].token, pair[1], self._chance), self._kept)

    def deletes(self, most: int) -> list:
        """To be sent in order. forget_deleted() says how many were."""
        assert most <= len(self._doomed), "too few tasks are left to delete"
        return [delete(person.token, task) for person, task in self._doomed[-1 : -most - 1 : -1]]

    def forget_deleted(self, count: int):
        del self._doomed[-count:]

    def production_mix(self) -> list:
        """80 % API clients, of which 65 % read a task, 23 % list a project and 12 % write; 20 % people, who list, open
        and change."""

        def client():
            kind = self._chance.random()
            if kind < 0.65:
                return get(*self._task())
            if kind < 0.88:
                person = self._chance.choice(self._busy)
                return project_page(person.token, person.project)
            if kind < 0.94:
                person, _ = self._chance.choice(self._kept)
                return create(person.token, self._chance, person.project)
            return update(*self._task(), self._chance)

        def person():
            kind = self._chance.random()
            if kind < 0.4:
                return page_by_due(self._chance.choice(self._busy).token)
            if kind < 0.8:
                return get(*self._task())
            return update(*self._task(), self._chance)

        return [client() if self._chance.random() < 0.8 else person() for _ in range(self.SAMPLE)]

    def _task(self) -> tuple:
        person, task = self._chance.choice(self._kept)
        return person.token, task
