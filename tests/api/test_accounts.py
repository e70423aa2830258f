"""Registration, sign-in, sessions, tokens, profile."""

import concurrent.futures
import json
import re
import time

import jwt
import pytest
import requests
from harness.system import PASSWORD, Person, unique

pytestmark = pytest.mark.sanitizers


def pointers(answer) -> set:
    return {(e["pointer"], e["code"]) for e in answer.json()["errors"]}


class TestRegister:
    def test_answers_with_the_user_and_tokens(self, system):
        email = unique("new") + "@Example.org"
        answer = system.request("POST", "/register", json={
            "email": email, "password": PASSWORD, "name": "Ada", "timezone": "Europe/Vienna", "locale": "de"})
        assert answer.status_code == 201
        body = answer.json()
        assert body["user"]["email"] == email
        assert (body["user"]["name"], body["user"]["timezone"], body["user"]["locale"]) == ("Ada", "Europe/Vienna", "de")
        assert body["token_type"] == "Bearer" and body["expires_in"] == 900
        assert "password" not in answer.text.replace("password_", "")
        assert answer.headers["cache-control"] == "no-store"

    def test_a_taken_address_is_409_whatever_its_case(self, person):
        answer = person.system.request("POST", "/register", json={"email": person.email.upper(), "password": PASSWORD})
        assert answer.status_code == 409

    @pytest.mark.parametrize(("members", "faults"), [
        ({}, {("/email", "required"), ("/password", "required")}),
        ({"email": 7, "password": True}, {("/email", "wrong_type"), ("/password", "wrong_type")}),
        ({"email": "a@b.org", "password": PASSWORD, "admin": True, "x": 1},
         {("/admin", "unknown_member"), ("/x", "unknown_member")}),
    ])
    def test_every_fault_is_named(self, system, members, faults):
        answer = system.request("POST", "/register", json=members)
        assert answer.status_code == 422
        assert pointers(answer) == faults

    @pytest.mark.parametrize("email", ["", "a", "a@", "@b.org", "a b@c.org", "a@b@c.org", "a@b\n.org", "a@" + "b" * 300 + ".org",
                                       "a\u0000@b.org", "a@-b.org", "a@b..org"])
    def test_bad_addresses(self, system, email):
        answer = system.request("POST", "/register", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 422
        assert {e["pointer"] for e in answer.json()["errors"]} == {"/email"}

    @pytest.mark.parametrize("password", ["", "short", "password", "password1", "12345678", "aaaaaaaaaaaa", "qwertyuiop",
                                          "x" * 257])
    def test_weak_passwords(self, system, password):
        answer = system.request("POST", "/register", json={"email": unique("weak") + "@example.org", "password": password})
        assert answer.status_code == 422
        assert {e["pointer"] for e in answer.json()["errors"]} == {"/password"}

    @pytest.mark.parametrize("zone", ["Nowhere/City", "", "../../etc/passwd", "Europe/Vienna\u0000", "europe/vienna "])
    def test_unknown_time_zones(self, system, zone):
        answer = system.request("POST", "/register",
                                json={"email": unique("zone") + "@example.org", "password": PASSWORD, "timezone": zone})
        assert answer.status_code == 422
        assert {e["pointer"] for e in answer.json()["errors"]} == {"/timezone"}

    def test_the_first_account_is_the_administrator_and_no_other(self, system):
        assert system.administrator.get("/profile").json()["role"] == "administrator"
        assert system.register().get("/profile").json()["role"] == "member"

    def test_parallel_repeats_get_the_first_answer(self, person):
        members = {"email": unique("repeat") + "@example.org", "password": PASSWORD}
        headers = {"Idempotency-Key": unique("key")}

        def register(_):
            return person.system.request("POST", "/register", json=members, headers=headers)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(register, range(8)))
        assert {a.status_code for a in answers} == {201}
        assert len({a.text for a in answers}) == 1

    def test_parallel_registrations_of_one_address_make_one_account(self, person):
        members = {"email": unique("race") + "@example.org", "password": PASSWORD}
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            codes = list(pool.map(lambda _: person.system.request("POST", "/register", json=members).status_code, range(8)))
        assert sorted(codes) == [201] + [409] * 7


class TestSignIn:
    def test_gives_tokens_that_work(self, person):
        again = person.sign_in()
        assert again.get("/profile").json()["id"] == person.id

    def test_address_is_case_insensitive(self, person):
        answer = person.system.request("POST", "/login", json={"email": person.email.upper(), "password": PASSWORD})
        assert answer.status_code == 200

    def test_unknown_account_and_wrong_password_look_the_same(self, person):
        wrong = person.system.request("POST", "/login", json={"email": person.email, "password": "wrong wrong wrong"})
        unknown = person.system.request("POST", "/login", json={"email": "no@example.org", "password": "wrong wrong wrong"})
        assert wrong.status_code == unknown.status_code == 401

        def without_id(answer):
            return {k: v for k, v in answer.json().items() if k != "request_id"}

        assert without_id(wrong) == without_id(unknown)

    def test_guessing_is_throttled_for_the_account(self, person):
        codes = [person.system.request("POST", "/login", json={"email": person.email, "password": f"guess number {n}"})
                 for n in range(40)]
        refused = [c for c in codes if c.status_code == 429]
        assert refused, "forty guesses in a row must not all be heard"
        assert int(refused[0].headers["retry-after"]) > 0
        assert {c.status_code for c in codes} == {401, 429}

    def test_access_token_is_es256_with_the_promised_claims(self, person):
        keys = {k["kid"]: k for k in person.system.request("GET", "/.well-known/jwks.json").json()["keys"]}
        header = jwt.get_unverified_header(person.access_token)
        assert header["alg"] == "ES256" and header["typ"] == "at+jwt"
        key = jwt.PyJWK(keys[header["kid"]]).key
        claims = jwt.decode(person.access_token, key, algorithms=["ES256"], audience="cumulo", issuer="cumulo")
        assert claims["sub"] == person.id
        assert claims["exp"] - claims["iat"] == 900
        assert "d" not in keys[header["kid"]]


class TestRefresh:
    def refresh(self, system, token):
        return system.request("POST", "/token/refresh", json={"refresh_token": token})

    def test_rotates(self, person):
        answer = self.refresh(person.system, person.refresh_token)
        assert answer.status_code == 200
        body = answer.json()
        assert body["refresh_token"] != person.refresh_token
        assert person.system.request("GET", "/profile", token=body["access_token"]).status_code == 200

    def test_reuse_of_an_old_one_ends_the_family(self, person):
        newer = self.refresh(person.system, person.refresh_token).json()
        assert self.refresh(person.system, person.refresh_token).status_code == 401
        assert self.refresh(person.system, newer["refresh_token"]).status_code == 401
        assert person.system.request("GET", "/profile", token=newer["access_token"]).status_code == 401

    def test_twenty_in_parallel_end_the_family(self, person):
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda _: self.refresh(person.system, person.refresh_token), range(20)))
        won = [a for a in answers if a.status_code == 200]
        assert len(won) <= 1
        assert {a.status_code for a in answers} <= {200, 401}
        for each in won:
            assert self.refresh(person.system, each.json()["refresh_token"]).status_code == 401

    def test_twenty_in_parallel_with_one_key_are_one_use(self, person):
        headers = {"Idempotency-Key": unique("key")}

        def refresh(_):
            return person.system.request("POST", "/token/refresh", json={"refresh_token": person.refresh_token},
                                         headers=headers)

        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(refresh, range(20)))
        assert {a.status_code for a in answers} == {200}
        assert len({a.text for a in answers}) == 1
        assert self.refresh(person.system, answers[0].json()["refresh_token"]).status_code == 200

    @pytest.mark.parametrize("token", ["", "x", "A" * 43, "ä" * 20, "A" * 5000])
    def test_nonsense_is_refused(self, system, token):
        assert self.refresh(system, token).status_code in (401, 422)

    def test_an_access_token_is_no_refresh_token(self, person):
        assert self.refresh(person.system, person.access_token).status_code in (401, 422)

    def test_logout_ends_the_session_at_once(self, person):
        assert person.post("/logout", {"refresh_token": person.refresh_token}).status_code == 204
        assert self.refresh(person.system, person.refresh_token).status_code == 401
        assert person.get("/profile").status_code == 401


class TestCookieMode:
    """The page keeps its refresh token where no script can read it."""

    HEADER = {"X-Cumulo-Session": "cookie"}

    def sign_in(self, person):
        return person.system.request("POST", "/login", json={"email": person.email, "password": person.password},
                                     headers=self.HEADER)

    def test_the_cookie_holds_the_refresh_token(self, person):
        answer = self.sign_in(person)
        assert answer.status_code == 200 and not answer.json().get("refresh_token")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
        again = person.system.request("POST", "/token/refresh", json={}, headers=self.HEADER, cookies=answer.cookies)
        assert again.status_code == 200 and again.json()["access_token"]

    @pytest.mark.parametrize("host", ["127.evil.example", "127.0.0.1.evil.example", "128.0.0.1", "app.example"])
    def test_only_this_very_machine_gets_a_plain_cookie(self, person, host):
        answer = person.system.request("POST", "/login", json={"email": person.email, "password": person.password},
                                       headers=self.HEADER | {"Host": host})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-") and "; Secure" in cookie, cookie

    def test_the_cookie_alone_is_not_enough(self, person):
        cookies = self.sign_in(person).cookies
        assert person.system.request("POST", "/token/refresh", json={}, cookies=cookies).status_code in (401, 403, 422)

    def test_a_stored_answer_is_for_the_cookie_that_it_was_given_to(self, person):
        mine = self.sign_in(person).cookies
        name = next(iter(mine.keys()))
        headers = self.HEADER | {"Idempotency-Key": unique("key")}

        def refresh(value):
            cookie = {"Cookie": f"{name}={value}"} if value else {}
            return person.system.request("POST", "/token/refresh", json={}, headers=headers | cookie)

        first = refresh(mine[name])
        assert first.status_code == 200
        again = refresh(mine[name])
        assert again.status_code == 200 and again.json() == first.json()
        swapped = mine[name].swapcase()  # well-formed still
        for value in (swapped, swapped[:12] + mine[name][12:], mine[name][:12] + swapped[12:], "made-up", ""):
            answer = refresh(value)
            assert answer.status_code in (401, 422), (value, answer.text)
            assert "access_token" not in answer.text and "set-cookie" not in answer.headers


class TestProfile:
    def test_merges(self, person):
        before = person.get("/profile").json()
        answer = person.patch("/profile", {"name": "Grace", "timezone": "America/New_York"})
        assert answer.status_code == 200
        after = answer.json()
        assert (after["name"], after["timezone"]) == ("Grace", "America/New_York")
        assert (after["email"], after["locale"], after["id"]) == (before["email"], before["locale"], before["id"])
        assert person.put("/profile", {"locale": "de"}).json()["name"] == "Grace"

    def test_stale_if_match_changes_nothing(self, person):
        tag = person.get("/profile").headers["etag"]
        assert person.patch("/profile", {"name": "First"}, headers={"If-Match": tag}).status_code == 200
        assert person.patch("/profile", {"name": "Second"}, headers={"If-Match": tag}).status_code == 412
        assert person.get("/profile").json()["name"] == "First"

    @pytest.mark.parametrize("members", [{"role": "administrator"}, {"id": "x"}, {"email_verified": True}])
    def test_what_is_not_ours_to_change(self, person, members):
        assert person.patch("/profile", members).status_code == 422

    def test_new_password_needs_the_old_and_ends_the_other_sessions(self, person):
        second = person.sign_in()
        fresh = "quite another passphrase 9"
        wrong = person.put("/profile/password", {"current_password": "not it at all", "new_password": fresh})
        assert wrong.status_code in (401, 403, 422)
        assert second.get("/profile").status_code == 200
        assert person.put("/profile/password", {"current_password": PASSWORD, "new_password": fresh}).status_code == 204
        assert person.get("/profile").status_code == 200
        assert second.get("/profile").status_code == 401
        assert person.system.request("POST", "/login", json={"email": person.email, "password": PASSWORD}).status_code == 401
        person.password = fresh
        assert person.sign_in().get("/profile").status_code == 200

    def test_erasure_needs_the_password_and_has_a_grace_period(self, person):
        assert person.delete("/profile", json={"password": "not it at all"}).status_code in (401, 403, 422)
        answer = person.delete("/profile", json={"password": PASSWORD})
        assert answer.status_code == 202 and answer.json()["erased_after"]
        assert person.get("/profile").status_code == 401
        assert person.sign_in().get("/profile").status_code == 200, "signing in within the grace period restores"


class TestSessions:
    def test_lists_and_ends_them(self, person):
        second = person.sign_in()
        items = person.get("/sessions").json()["items"]
        assert len(items) == 2
        current = [s for s in second.get("/sessions").json()["items"] if s["current"]]
        assert len(current) == 1
        assert person.delete(f"/sessions/{current[0]['id']}").status_code == 204
        if person.system.gateway:  # the replica that did not end it hears of it within seconds (ADR 4)
            person.system.program_for("/profile").wait_for(
                lambda: all(second.get("/profile").status_code == 401 for _ in range(8)), 5)
        assert second.get("/profile").status_code == 401
        assert person.get("/profile").status_code == 200

    def test_another_users_session_is_404(self, person, other):
        foreign = other.get("/sessions").json()["items"][0]["id"]
        assert person.delete(f"/sessions/{foreign}").status_code == 404
        assert other.get("/profile").status_code == 200


class TestTokens:
    def make(self, person, scopes, **members) -> requests.Response:
        return person.post("/tokens", {"name": "script", "scopes": scopes, **members})

    def test_does_what_its_scopes_allow_and_nothing_else(self, person):
        made = self.make(person, ["tasks:read"])
        assert made.status_code == 201
        token = made.json()["token"]
        system = person.system
        assert system.request("GET", "/tasks", token=token).status_code == 200
        assert system.request("POST", "/tasks", token=token, json={"title": "x"}).status_code == 403
        assert system.request("GET", "/profile", token=token).status_code == 403
        assert system.request("GET", "/tokens", token=token).status_code == 403

    def test_is_shown_once_and_listed_without_its_secret(self, person):
        made = self.make(person, ["tasks:read"]).json()
        listed = person.get("/tokens")
        assert [t["id"] for t in listed.json()["items"]] == [made["id"]]
        assert made["token"] not in listed.text

    def test_deleting_it_ends_it_within_seconds_everywhere(self, person):
        made = self.make(person, ["tasks:read"]).json()
        assert person.delete(f"/tokens/{made['id']}").status_code == 204
        program = person.system.program_for("/tasks")
        program.wait_for(lambda: person.system.request("GET", "/tasks", token=made["token"]).status_code == 401, 15)

    def test_another_users_token_is_404(self, person, other):
        made = self.make(other, ["tasks:read"]).json()
        assert person.delete(f"/tokens/{made['id']}").status_code == 404

    @pytest.mark.parametrize("scopes", [[], ["session"], ["everything"], ["tasks:read", "tasks:read"], "tasks:read", None])
    def test_bad_scopes(self, person, scopes):
        assert self.make(person, scopes).status_code == 422

    def test_a_member_cannot_grant_what_only_administrators_have(self, person):
        assert self.make(person, ["notify:send"]).status_code in (403, 422)
        assert self.make(person.system.administrator, ["notify:send"]).status_code == 201


class TestAdministration:
    def test_only_for_administrators(self, person, other):
        assert person.get("/users").status_code == 403
        assert person.get(f"/users/{other.id}").status_code == 403
        assert person.patch(f"/users/{other.id}", {"status": "disabled"}).status_code == 403
        assert person.get("/invitations").status_code == 403

    def test_disabling_ends_every_session(self, person):
        administrator = person.system.administrator
        assert administrator.patch(f"/users/{person.id}", {"status": "disabled"}).status_code == 200
        assert person.get("/profile").status_code == 401
        refused = person.system.request("POST", "/login", json={"email": person.email, "password": PASSWORD})
        assert refused.status_code in (401, 403)
        assert administrator.patch(f"/users/{person.id}", {"status": "active"}).status_code == 200
        assert person.sign_in().get("/profile").status_code == 200

    def test_the_last_administrator_stays(self, person):
        administrator = person.system.administrator
        answer = administrator.patch(f"/users/{administrator.id}", {"role": "member"})
        assert answer.status_code in (409, 422)
        assert administrator.get("/profile").json()["role"] == "administrator"


def test_revocations_are_listed_within_seconds(person):
    url = "/.well-known/revocations"
    ended = person.get("/sessions").json()["items"][0]["id"]
    assert ended not in person.system.request("GET", url).json()["revoked"]
    assert person.request("DELETE", f"/sessions/{ended}").status_code == 204
    give_up_at = time.monotonic() + 5
    while ended not in (answer := person.system.request("GET", url)).json()["revoked"]:
        assert time.monotonic() < give_up_at
        time.sleep(0.1)
    # Another replica may not have heard yet, and then has another list.
    person.system.program_for(url).wait_for(lambda: person.system.request("GET", url, headers={
        "If-None-Match": person.system.request("GET", url).headers["ETag"]}).status_code == 304, 5)


class TestRecovery:
    def test_asking_says_nothing_about_who_exists(self, person):
        known = person.system.request("POST", "/password/reset-request", json={"email": person.email})
        unknown = person.system.request("POST", "/password/reset-request", json={"email": "nobody@example.org"})
        assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (202, known.content)

    def test_the_printed_link_sets_a_new_password_once(self, person):
        program = person.system.programs.get("cumulo") or person.system.programs["user-service"]
        printed = program.run("user", "reset-password", person.email)
        assert printed.returncode == 0, printed.stderr
        token = re.search(r"token=([A-Za-z0-9_-]+)", printed.stdout).group(1)
        fresh = "a passphrase after the reset 3"
        reset = {"token": token, "password": fresh}
        assert person.system.request("POST", "/password/reset", json=reset).status_code == 204
        assert person.system.request("POST", "/password/reset", json=reset).status_code in (404, 410, 422)
        person.password = fresh
        assert person.sign_in().get("/profile").status_code == 200

    def test_the_printed_link_verifies_the_address(self, person):
        program = person.system.programs.get("cumulo") or person.system.programs["user-service"]
        printed = program.run("user", "verify-email", person.email)
        assert printed.returncode == 0, printed.stderr
        token = re.search(r"verify-email#token=([A-Za-z0-9_-]+)", printed.stdout).group(1)
        assert person.system.request("POST", "/email/verify", json={"token": token}).status_code == 204
        assert person.get("/profile").json()["email_verified"] is True
        assert program.run("user", "verify-email", person.email).returncode == 1, "it is verified already"

    def test_nonsense_tokens(self, system):
        answer = system.request("POST", "/password/reset", json={"token": "A" * 43, "password": "a fine passphrase 44"})
        assert answer.status_code in (404, 410, 422)


def reopen(system, registration: str):
    """The same system under another registration mode, with an administrator."""
    administrator = system.administrator
    program = system.programs["cumulo"]
    program.stop()
    program.environment["CUMULO_REGISTRATION"] = registration
    program.start()
    return administrator


def test_registration_by_invitation(own_system):
    system = own_system()
    assert system.request("GET", "/registration").json() == {"mode": "open"}
    administrator = reopen(system, "invitation")
    assert system.request("GET", "/registration").json() == {"mode": "invitation"}
    members = {"email": "guest@example.org", "password": PASSWORD}
    assert system.request("POST", "/register", json=members).status_code == 403
    made = administrator.post("/invitations", {})
    assert made.status_code == 201
    invited = {**members, "invitation": made.json()["token"]}
    assert system.request("POST", "/register", json=invited).status_code == 201
    again = system.request("POST", "/register", json={**invited, "email": "second@example.org"})
    assert again.status_code in (403, 410, 422), "an invitation is for one"


def test_registration_closed(own_system):
    system = own_system(environment={"CUMULO_REGISTRATION": "closed"})
    members = {"email": "a@example.org", "password": PASSWORD}
    assert system.request("POST", "/register", json=members).status_code == 403, "not even the first account"
    made = system.programs["cumulo"].run("user", "create", "A@example.org", "--password-stdin", input=PASSWORD + "\n")
    assert made.returncode == 0, made.stderr
    answer = system.request("POST", "/login", json=members)
    assert answer.status_code == 200
    assert answer.json()["user"]["role"] == "administrator"


def test_nothing_secret_is_logged(own_system):
    system = own_system(environment={"CUMULO_LOG_LEVEL": "trace", "CUMULO_GREETING": "false"})
    person: Person = system.register()
    person.task("a very private title")
    person.sign_in()
    person.post("/tokens", {"name": "t", "scopes": ["tasks:read"]})
    system.programs["cumulo"].stop()
    log = system.programs["cumulo"].log
    for secret in (PASSWORD, person.access_token, person.refresh_token, "a very private title", person.email):
        assert secret not in log
    for line in log.splitlines():
        json.loads(line)
