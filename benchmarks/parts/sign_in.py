"""Sign-in against the hashes that one thread can do, and what others notice meanwhile."""

import threading

import dataset
import limits
import load
import measure
import traffic
import wrk
from harness.system import PASSWORD
from report import Part

#: One address and a few accounts sign in all the time here.
UNLIMITED = {"CUMULO_SIGN_IN_ATTEMPTS": "1000000000", "CUMULO_SIGN_IN_ATTEMPTS_ACCOUNT": "1000000000"}


def run(part: Part, options):
    with dataset.running("standalone", options.small_accounts, options.small_tasks, UNLIMITED) as (system, people):
        program = system.programs["cumulo"]
        sign_ins = [traffic.sign_in(person.email, PASSWORD) for person in people[:32]]
        gets = traffic.Crowd(people).gets()
        load.run(program.port, sign_ins, in_order=True)  # their passwords are hashed anew, at today's cost
        wrk.run(program.port, gets, seconds=1, pinned=False)
        seen = measure.in_turn(
            options.rounds,
            limit=lambda: limits.hashes_per_second(options.seconds),
            sign_in=lambda: measure.sample(
                lambda: wrk.run(program.port, sign_ins, seconds=options.seconds, pinned=False),
                {"server": lambda: [program.process.pid]},
            ),
        )
        rate = wrk.run(program.port, gets, seconds=options.seconds, pinned=False).rate * 0.1
        alone, meanwhile = [], []
        for _ in range(options.rounds):
            alone.append(load.run(program.port, gets, rate=rate, seconds=options.seconds))
            beside = threading.Thread(
                target=lambda: wrk.run(program.port, sign_ins, seconds=options.seconds + 1, pinned=False)
            )
            beside.start()
            meanwhile.append(load.run(program.port, gets, rate=rate, seconds=options.seconds))
            beside.join()
    part.add("Argon2id hashes of one thread (19 MiB, 2 passes)", f"{seen['limit'].rate:,.0f}/s")
    part.add("POST /login, 32 connections", seen["sign_in"], seen["sign_in"].rate / seen["limit"].rate, at_least=0.9)
    quiet, busy = (measure.median([measure.of_outcome(each) for each in some]) for some in (alone, meanwhile))
    part.add("GET /tasks/{id} at a tenth of its most, open loop", quiet)
    part.add("  the same beside sign-ins: p99 against alone", busy, busy.p99 / quiet.p99, at_most=2)
