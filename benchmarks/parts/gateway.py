"""The production mix through nginx on three services, PostgreSQL and NATS, on the same cores; and nginx's own cost."""

import contextlib
import pathlib

import dataset
import limits
import measure
import processes
import traffic
import wrk
from harness.gateway import Gateway
from harness.system import SERVICES
from parts.mix import curve
from parts.postgres import spenders
from report import Part

#: Everybody comes from one address here.
UNLIMITED = {
    f"CUMULO_GATEWAY_{name}": "10000000" for name in ("RATE_ADDRESS", "BURST_ADDRESS", "RATE_TOKEN", "BURST_TOKEN")
}


@contextlib.contextmanager
def gateway_to(ports: dict, folder: pathlib.Path):
    """`ports`: service → where it listens."""
    gateway = Gateway(folder, {name: [f"127.0.0.1:{port}"] for name, port in ports.items()}, UNLIMITED)
    try:
        yield gateway.start()
    finally:
        gateway.kill()


def nginx_processes(gateway: Gateway) -> list:
    leader = int((gateway.folder / "nginx.pid").read_text())
    return [leader, *processes.children(leader)]


def run(part: Part, options):
    proxies = {"CUMULO_TRUSTED_PROXIES": "127.0.0.0/8"}
    with (
        dataset.running("services-nats", options.postgres_accounts, options.postgres_tasks, proxies) as (
            system,
            people,
        ),
        gateway_to({name: system.programs[name].port for name in SERVICES}, system.folder / "gateway") as gateway,
    ):
        crowd = traffic.Crowd(people)
        requests, gets = crowd.production_mix(), crowd.gets()
        with limits.constant_server() as constant:
            body = constant.body
        with (
            limits.nginx(body, pinned=False) as behind,
            limits.nginx_proxy(behind.port) as proxy,
            gateway_to(dict.fromkeys(SERVICES, behind.port), system.folder / "before-a-constant") as alone,
        ):
            everybody = {**spenders(system), "gateway": lambda: nginx_processes(gateway)}

            def own(port: int, pids):
                """The same requests and the same constant behind: what differs is the gateway's."""
                return lambda: measure.sample(
                    lambda: wrk.run(port, gets, seconds=options.seconds, pinned=False), {"gateway": pids}
                )

            for port, warming in ((proxy.port, gets), (alone.port, gets), (gateway.port, requests)):
                wrk.run(port, warming, seconds=2, pinned=False)
            seen = measure.in_turn(
                options.rounds,
                proxy=own(proxy.port, lambda: proxy.pids),
                alone=own(alone.port, lambda: nginx_processes(alone)),
                get=lambda: measure.sample(
                    lambda: wrk.run(gateway.port, gets, seconds=options.seconds, pinned=False), everybody
                ),
                mix=lambda: measure.sample(
                    lambda: wrk.run(gateway.port, requests, seconds=options.seconds, pinned=False), everybody
                ),
            )
        half = curve(
            part,
            "three services, PostgreSQL, NATS, nginx",
            gateway.port,
            requests,
            seen["mix"].rate,
            options.seconds * 2,
            pinned=False,
        )[0.5]
    part.add("nginx proxying a constant, upstream kept alive", seen["proxy"])
    spent = {name: seen[name].cpu["gateway"] for name in ("proxy", "alone", "get")}
    part.add(
        "the gateway before the same constant: its own CPU", seen["alone"], spent["alone"] / spent["proxy"], at_most=1.1
    )
    part.add("GET /tasks/{id} through the gateway: its own CPU", seen["get"], spent["get"] / spent["proxy"])
    part.add("production mix through nginx, PostgreSQL, NATS", seen["mix"])
    part.add("  p99 at half of that load, open loop, ms", measure.of_outcome(half), half.p99, at_most=10)
