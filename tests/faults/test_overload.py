"""More than can be served: a quick 503 or 429, and the others live on."""

import concurrent.futures
import threading
import time

import pytest
from harness.contract import contract
from harness.places import PATIENCE

pytestmark = pytest.mark.sanitizers


def test_sign_ins_beyond_the_hashers_are_refused_quickly(own_system):
    system = own_system(environment={"CUMULO_PASSWORD_HASH_QUEUE": "4"})
    person = system.register()

    def sign_in(n):
        begun = time.monotonic()
        answer = system.request("POST", "/login", json={"email": f"n{n}@example.org", "password": "some passphrase 1"})
        return answer.status_code, time.monotonic() - begun

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        pending = [pool.submit(sign_in, n) for n in range(200)]
        waits = []
        while not all(p.done() for p in pending):
            begun = time.monotonic()
            assert person.get("/profile").status_code == 200
            waits.append(time.monotonic() - begun)
    codes = {p.result()[0] for p in pending}
    assert codes == {401, 503}
    assert sorted(waits)[len(waits) // 2] < 1, "other requests do not wait for passwords"


@pytest.mark.parametrize("shape", ["standalone", "services-postgres"])
def test_slow_lists_of_one_account_hold_up_no_other(own_system, shape):
    system = own_system(shape)
    flooder, other = system.register(), system.register()
    other.task("garden")
    labels = [f"l{n}" for n in range(10)]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: flooder.task(f"task {n}", labels=labels), range(2000)))
    slow = f"/tasks?sort=title&limit=1&label={','.join(labels)}"
    assert flooder.get(slow).status_code == 200
    over = threading.Event()

    def flood(_):
        codes = []
        while not over.is_set():
            answer = flooder.get(slow, check=False)
            codes.append(answer.status_code)
            if answer.status_code == 429:
                assert answer.headers["retry-after"] == "1"
                contract().check("GET", slow, answer)
                time.sleep(0.1)
        return codes

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        floods = [pool.submit(flood, n) for n in range(64)]
        try:
            time.sleep(1)
            waits = []
            for _ in range(20):
                begun = time.monotonic()
                assert other.get("/tasks?sort=title&q=garden").status_code == 200
                waits.append(time.monotonic() - begun)
        finally:
            over.set()
        codes = {code for each in floods for code in each.result()}
    assert sorted(waits)[len(waits) // 2] < 0.1 * PATIENCE, "another's search does not queue behind them"
    assert codes == {200, 429}


def test_backup_while_writing(own_system, tmp_path):
    from harness.load import Writers, every_task
    from harness.system import System

    system = own_system()
    person = system.register()
    program = system.programs["cumulo"]
    with Writers(system, person) as writers:
        writers.wait_for(100)
        before = dict(writers.acknowledged)
        done = program.run("backup", str(tmp_path / "backup.cumulo"))
        assert done.returncode == 0, done.stderr
        writers.wait_for(len(writers.acknowledged) + 50)
    refused = program.run("restore", str(tmp_path / "backup.cumulo"))
    assert refused.returncode != 0, "a folder that is being served is not overwritten"
    copy = System("standalone")
    try:
        restored = copy.programs["cumulo"].run("restore", str(tmp_path / "backup.cumulo"))
        assert restored.returncode == 0, restored.stderr
        copy.start()
        twin = type(person)(copy, person.id, person.email, person.password, person.access_token, person.refresh_token)
        assert set(before) <= set(every_task(twin))
        assert twin.sign_in().get("/profile").json()["email"] == person.email
    finally:
        copy.close()
