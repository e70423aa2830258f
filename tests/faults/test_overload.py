"""More than can be served: a quick 503 or 429, and the others live on."""

import concurrent.futures
import time

import pytest

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
