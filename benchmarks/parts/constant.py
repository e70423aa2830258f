"""N, and what our server reaches when there is nothing to do."""

import limits
import measure
import wrk
from report import Part


def run(part: Part, options):
    with limits.constant_server() as ours, limits.nginx(ours.body) as nginx, limits.bare_beast() as beast:

        def of(limit):
            return lambda: measure.sample(
                lambda: wrk.run(limit.port, limit.constants(), seconds=options.seconds), {"server": lambda: limit.pids}
            )

        seen = measure.in_turn(options.rounds, nginx=of(nginx), beast=of(beast), ours=of(ours))
    n = seen["nginx"].rate
    part.add("nginx return 200 (N)", seen["nginx"])
    part.add("bare Beast, as in its examples", seen["beast"], seen["beast"].rate / n)
    part.add("constant answer on platform/http", seen["ours"], seen["ours"].rate / n, at_least=0.85)
