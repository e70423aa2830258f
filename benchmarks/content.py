"""What people write into a task manager, made up: the same for every run with the same seed."""

import json
import random

#: Words by how often they come: the first ones often, the last ones rarely.
VOCABULARY = """
call write review prepare book check plan order clean fix send read ask water plant pay update meet draft
sort finish buy report budget garden kitchen invoice tomatoes team garage quarter balcony bicycle dentist passport
contract holiday school concert recipe workshop insurance printer newsletter interview spreadsheet birthday painting
curtains presentation roof violin accountant library marathon telescope aquarium kayak lighthouse saxophone""".split()
LABELS = ["home", "work", "garden", "errand", "waiting", "someday", "phone", "family", "money", "travel"]
SEARCHED = "tomatoes"


def words(chance: random.Random, count: int) -> str:
    """Word number n comes as often as 1/(n + 4): a long tail, as in any language."""
    return " ".join(
        VOCABULARY[min(int(4 * (((len(VOCABULARY) + 4) / 4) ** chance.random()) - 4), len(VOCABULARY) - 1)]
        for _ in range(count)
    )


def task(chance: random.Random, project: str = "") -> bytes:
    """A request body: about 400 bytes as an answer, so that a page of fifty is about 20 kB."""
    made: dict = {"title": words(chance, chance.randint(2, 6)).capitalize()}
    if chance.random() < 0.4:
        made["description"] = words(chance, chance.randint(3, 30)).capitalize() + "."
    if chance.random() < 0.6:
        made["due"] = f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        if chance.random() < 0.3:
            made |= {"due": made["due"] + f"T{chance.randint(7, 20):02}:00:00", "timezone": "Europe/Berlin"}
    if chance.random() < 0.4:
        made["priority"] = chance.choice(["low", "medium", "high", "urgent"])
    if chance.random() < 0.3:
        made["status"] = chance.choice(["in_progress", "done", "done"])
    made["labels"] = sorted(set(chance.choices(LABELS, k=chance.choice([0, 0, 0, 1, 1, 2]))))
    if project:
        made["project_id"] = project
    return json.dumps(made).encode()
