"""Taking figures in turn, so that a machine that drifts drifts for all of them."""

import dataclasses
import statistics

import load
import processes


@dataclasses.dataclass
class Sample:
    """One load, or the medians of several. Latencies in milliseconds; CPU microseconds a request by who spent them."""

    rate: float
    p50: float = 0
    p99: float = 0
    p999: float = 0
    longest: float = 0
    cpu: dict = dataclasses.field(default_factory=dict)
    answers: int = 0


def sample(send, spenders: dict | None = None) -> Sample:
    """`send()` runs a load and returns its load.Outcome. `spenders`: name → function that lists process ids."""
    spenders = spenders or {}
    before = {name: processes.cpu_seconds(pids()) for name, pids in spenders.items()}
    seen: load.Outcome = send()
    cpu = {name: 1e6 * (processes.cpu_seconds(pids()) - before[name]) / seen.answers for name, pids in spenders.items()}
    return dataclasses.replace(of_outcome(seen), cpu=cpu)


def median(samples: list) -> Sample:
    of = lambda value: statistics.median(map(value, samples))  # noqa: E731
    return Sample(
        of(lambda s: s.rate),
        of(lambda s: s.p50),
        of(lambda s: s.p99),
        of(lambda s: s.p999),
        max(s.longest for s in samples),
        {name: of(lambda s, name=name: s.cpu[name]) for name in samples[0].cpu},
    )


def in_turn(rounds: int, **measures) -> dict:
    """Calls each measure once a round, in turn; what it returns is a Sample or a rate. The median of each."""
    seen: dict = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            figure = measure()
            seen[name].append(figure if isinstance(figure, Sample) else Sample(figure))
    return {name: median(samples) for name, samples in seen.items()}


def of_outcome(seen: load.Outcome) -> Sample:
    return Sample(seen.rate, seen.p50, seen.p99, seen.p999, seen.longest, answers=seen.answers)
