"""What the benchmarks compute, where a mistake would not be seen in the figures."""

import random
import socket
import sys
import threading
import time

import pytest

from harness.places import BIN, ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
import callgrind  # noqa: E402
import dataset  # noqa: E402
import load  # noqa: E402
import measure  # noqa: E402
import plot  # noqa: E402
import report  # noqa: E402
import traffic  # noqa: E402

DUMP = """\
ob=/usr/bin/cumulo
fl=a.cpp
fn=serve()
10 7
cob=/lib/libc.so.6
cfn=memcpy
calls=3 0
11 900
fi=b.hpp
12 5

ob=/lib/libc.so.6
fn=memcpy
0 900
"""


def test_a_function_is_counted_without_what_it_calls():
    window = callgrind.read_window(DUMP)
    assert window.functions == {("cumulo", "serve()"): 12, ("libc.so.6", "memcpy"): 900}
    assert window.total == 912 and window.by_object() == {"cumulo": 12, "libc.so.6": 900}


def test_names_are_shown_as_people_write_them():
    text = "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >"
    assert callgrind.short(f"cumulo::(anonymous namespace)::append({text}&)") == "cumulo::append(std::string&)"
    frame = "cumulo::http::connection::serve(cumulo::http::connection::serve()::_ZN6cumulo5serveEv.Frame*)"
    assert callgrind.short(frame) == "cumulo::http::connection::serve (coroutine)"


@pytest.mark.parametrize(("accounts", "tasks"), [(100, 10_000), (10_000, 1_000_000)])
def test_the_tasks_of_all_accounts_are_as_many_as_asked_for(accounts, tasks):
    sizes = dataset.sizes(accounts, tasks)
    assert sum(sizes) == tasks and len(sizes) == accounts and min(sizes) >= 1
    assert sizes[0] == tasks // 10
    assert sorted(sizes[1:], reverse=True)[: accounts // 10][-1] > 2 * sorted(sizes)[accounts // 2]  # a long tail


def test_a_table_is_put_together_from_the_parts_of_several_runs(tmp_path):
    first, second = report.Part("constant"), report.Part("mix")
    first.add("fast", measure.Sample(1000.0, cpu={"server": 9.0}), 0.9, at_least=0.85)
    second.add("slow", "12 ms", 12.0, at_most=5)
    second.add("for the record", "7/s")
    for part in (second, first):
        part.keep(tmp_path)
    table = report.table(report.merged(tmp_path, ["constant", "never run", "mix"]))
    assert table.index("fast") < table.index("slow")
    assert table.endswith("targets: 1 reached, 1 missed\n  missed: slow")


def test_medians_are_taken_figure_by_figure_and_the_longest_is_the_longest():
    samples = [measure.Sample(rate, p99=rate, longest=rate, cpu={"server": -rate}) for rate in (3.0, 1.0, 2.0)]
    assert measure.median(samples) == measure.Sample(2.0, p99=2.0, longest=3.0, cpu={"server": -2.0})


def test_a_plot_has_every_point():
    picture = plot.svg("title", "x", "y", {"one": [(1, 1), (1000, 20)], "two": [(10, 3)]}, log_x=True)
    assert picture.count("<circle") == 3 and picture.count("<polyline") == 2


@pytest.mark.skipif(not (BIN / "load").exists(), reason="benchmarks are not built here")
def test_a_pause_of_the_server_is_in_the_latencies_of_all_that_were_due_meanwhile():
    """An open loop asks on. A closed one would have waited too, and counted one slow answer."""
    pause, rate, seconds = 0.6, 200, 2
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            connection, _ = listener.accept()
            with connection:
                for n in range(10_000_000):
                    if not connection.recv(4096):
                        return
                    if n == 50:
                        time.sleep(pause)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        threading.Thread(target=serve, daemon=True).start()
        seen = load.run(
            listener.getsockname()[1], [traffic.request("GET", "/")], rate=rate, seconds=seconds, connections=1
        )
    assert seen.longest > 1000 * pause
    # 30 % were due while it paused; a closed loop has one of them, which is no percentile of 90.
    assert seen.p90 > 1000 * pause / 10
    assert seen.answers > rate * seconds / 2


@pytest.mark.skipif(not (BIN / "load").exists(), reason="benchmarks are not built here")
def test_a_change_is_another_one_whenever_it_is_sent():
    """Or the second time nothing would be written, and the figures would be those of a read."""
    seen = set()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            connection, _ = listener.accept()
            with connection:
                while request := connection.recv(4096):
                    seen.add(request)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        threading.Thread(target=serve, daemon=True).start()
        change = traffic.update("token", "id", random.Random(1))
        load.run(listener.getsockname()[1], [change] * 20, in_order=True, connections=1)
    assert len(seen) == 20 and {len(each) for each in seen} == {len(change)}
