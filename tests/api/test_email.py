"""The e-mail channel against a real SMTP server; its mails are judged by Python's own parser."""

import re
import time

import pytest

from harness.mail import MailServer
from harness.places import PATIENCE
from harness.system import unique

pytestmark = pytest.mark.sanitizers


@pytest.fixture(scope="module")
def mailed(systems):
    """A mail server and a system that uses it."""
    from harness.system import System
    server = MailServer().start()
    system = System("standalone", server.settings(CUMULO_PUBLIC_URL="https://cumulo.example.org/",
                                                  CUMULO_SMTP_TIMEOUT=HANG)).start()
    settle(server, system.administrator)
    yield system, server
    system.close()
    server.stop()


@pytest.fixture
def system(mailed):
    return mailed[0]


@pytest.fixture
def server(mailed):
    return mailed[1]


def test_the_channel_is_told_of(system):
    assert system.request("GET", "/notifications/channels").json()["email"] is True


def send(person, title, **members):
    answer = person.post("/notify", {"user_id": person.id, "title": title, "channels": ["email"], **members})
    assert answer.status_code == 202, answer.text
    assert [d["status"] for d in answer.json()["deliveries"]] == ["pending"]
    return answer.json()["id"]


def status(person, notification, wanted, seconds=20):
    deadline = time.monotonic() + seconds * PATIENCE
    while True:
        delivery = person.get(f"/notify/{notification}").json()["deliveries"][0]
        if delivery["status"] == wanted:
            return delivery
        assert time.monotonic() < deadline, delivery
        time.sleep(0.02)


def assert_well_formed(mail):
    message = mail.message
    assert message.defects == [] and not message.is_attachment()
    for part in message.walk():
        assert part.defects == [], part.defects
        for name, value in part.items():
            assert not getattr(value, "defects", ()), (name, value, value.defects)
    assert message.get_content_type() == "multipart/alternative"
    assert [p.get_content_type() for p in message.iter_parts()] == ["text/plain", "text/html"]
    for name in ("Date", "From", "To", "Message-ID", "Subject", "MIME-Version", "Auto-Submitted", "List-Id"):
        assert len(message.get_all(name)) == 1, name
    lines = mail.raw.split(b"\r\n")
    assert all(b"\n" not in line and b"\r" not in line and len(line) <= 998 for line in lines)
    assert all(c < 128 for c in mail.raw)


class TestMails:
    @pytest.mark.parametrize(("title", "body", "name"), [
        ("Tea is ready", "Green\nor black?", "Ann"),
        ("Ümläute und 🍵 " + "é" * 150, "Zeile\n.\n..\nFrom here = there\n" + "x" * 3000, "Ann \"the\" Ünger, \\ Jr. <a@b>"),
        ("=?utf-8?Q?not=20encoded?=", "{{name}} {{title}}", "{{link}}"),
        ("<script>alert(1)</script>", "</p><script>alert('x')</script> & \"quotes\"", "<b>Bob</b>"),
        ("a " * 99 + "b", "trailing \t \n\n\n", ""),
    ])
    def test_well_formed(self, system, server, title, body, name):
        person = server.verify(system.register(**({"name": name} if name else {})))
        notification = send(person, title, body=body, link="/app/tasks?a=1&b=2")
        status(person, notification, "delivered")
        mail = server.about(title)[-1]
        assert_well_formed(mail)
        message = mail.message
        assert mail.sender == "cumulo@mail.example.org" and mail.recipients == [person.email]
        assert message["Subject"] == title
        assert message["To"].addresses[0].addr_spec == person.email
        assert message["To"].addresses[0].display_name == name
        assert message["From"].addresses[0].display_name == "Cumulo"
        assert message["Message-ID"] == f"<{notification}@mail.example.org>"
        assert message["Auto-Submitted"] == "auto-generated"
        assert abs(message["Date"].datetime.timestamp() - time.time()) < 60 * PATIENCE
        text, html = (part.get_content() for part in message.iter_parts())
        assert title in text and body.rstrip() in text.replace("\r\n", "\n")
        assert "https://cumulo.example.org/app/tasks?a=1&b=2" in text
        assert 'href="https://cumulo.example.org/app/tasks?a=1&amp;b=2"' in html
        assert "<script" not in html and "<b>" not in html
        assert "{{" not in html.replace("{{name}} {{title}}", "").replace("{{link}}", "")

    def test_in_the_readers_language(self, system, server):
        person = server.verify(system.register(name="Änne", locale="de-CH"))
        title = unique("Auf Deutsch")
        send(person, title, link="https://example.org/x")
        message = server.wait_about(title)[0].message
        text, html = (part.get_content() for part in message.iter_parts())
        assert "Hallo Änne," in text and "Öffnen: https://example.org/x" in text
        assert '<html lang="de">' in html and message["Content-Language"] == "de"

    def test_an_address_cannot_carry_a_header(self, system, server):
        for address in ("a@example.org\r\nBcc: b@example.org", "a@example.org\nX: y", "<a@example.org>, b@example.org"):
            answer = system.request("POST", "/register", json={"email": address, "password": "correct horse battery 7"})
            assert answer.status_code == 422

    def test_the_inbox_does_not_wait_for_the_mail(self, system, server):
        person = server.verify(system.register())
        server.delay = 1
        try:
            answer = person.post("/notify", {"user_id": person.id, "title": unique("Both"), "channels": ["email", "inbox"]})
            assert [d["status"] for d in answer.json()["deliveries"]] == ["pending", "delivered"]
            assert len(person.get("/notifications").json()["items"]) == 1
        finally:
            server.delay = 0

    def test_connections_are_used_again(self, system, server):
        person = server.verify(system.register())
        for n in range(3):
            status(person, send(person, unique("Pooled")), "delivered")
        before = server.dialogues
        for n in range(10):
            status(person, send(person, unique("Pooled")), "delivered")
        assert server.dialogues - before <= 2


class TestUnverified:
    def test_links_are_all_that_goes_to_an_address_that_is_not_verified(self, system, server):
        person = system.register()
        settle(server, person)
        title = unique("Not asked for")
        items = [{"user_id": person.id, "title": title, "channels": ["email"]}] * 3
        accepted = person.post("/notify/batch", {"items": items}).json()["items"]
        for each in accepted:
            assert status(person, each["id"], "disabled")["detail"] == "the address is not verified"
        assert server.about(title) == []
        server.verify(person)
        status(person, send(person, title), "delivered")
        assert len(server.about(title)) == 1, "what came before is not made up for"


class TestLinks:
    def link_in(self, mail):
        return re.search(r"#token=([\w-]+)", mail.message.get_body(("plain",)).get_content())[1]

    def test_have_no_word_of_whoever_registered(self, system, server):
        """It may be a stranger, who picks the name and has the link sent to somebody else's address."""
        person = system.register(name="Your account was hacked, go to evil.example")
        assert system.request("POST", "/password/reset-request", json={"email": person.email}).status_code == 202
        for subject in ("Confirm your e-mail address", "Set a new password"):
            deadline = time.monotonic() + 20 * PATIENCE
            while not (mails := [m for m in server.about(subject) if m.recipients == [person.email]]):
                assert time.monotonic() < deadline
                time.sleep(0.02)
            assert mails[0].message["To"].addresses[0].display_name == ""
            assert b"evil" not in mails[0].raw and b"Hello" not in mails[0].raw

    def test_a_reset_leaves_nothing_in_place_that_sends_tasks_elsewhere(self, system, server):
        """Whoever had the account before, or registered somebody else's address, may have added a webhook."""
        person = system.register()
        assert person.post("/webhooks", {"url": "https://hooks.example.org/", "events": ["*"]}).status_code == 201
        back = self.reset(system, server, person)
        deadline = time.monotonic() + 20 * PATIENCE
        while (webhook := back.get("/webhooks").json()["items"][0])["enabled"]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert webhook["paused_because"] == "owner"
        told = {n["title"]: n["body"] for n in back.get("/notifications").json()["items"]}
        assert "Paused webhooks: 1." in told["Your password was changed"]

    def reset(self, system, server, person):
        """The person with a new password, by the link that is mailed."""
        assert system.request("POST", "/password/reset-request", json={"email": person.email}).status_code == 202
        deadline = time.monotonic() + 20 * PATIENCE
        while not (mails := [m for m in server.about("Set a new password") if m.recipients == [person.email]]):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        person.password = "another horse battery staple 8"
        body = {"token": self.link_in(mails[0]), "password": person.password}
        assert system.request("POST", "/password/reset", json=body).status_code == 204
        return person.sign_in()

    def test_who_has_reset_the_password_has_shown_that_the_address_is_theirs(self, system, server):
        back = self.reset(system, server, system.register())
        deadline = time.monotonic() + 20 * PATIENCE
        title = unique("Shown")
        while not server.about(title):
            assert time.monotonic() < deadline
            back.post("/notify", {"user_id": back.id, "title": title, "channels": ["email"]})
            time.sleep(0.1)

    def test_verification(self, system, server):
        person = system.register()
        mails = [m for m in server.wait_about("Confirm your e-mail address") if m.recipients == [person.email]]
        deadline = time.monotonic() + 20 * PATIENCE
        while not mails:
            assert time.monotonic() < deadline
            mails = [m for m in server.about("Confirm your e-mail address") if m.recipients == [person.email]]
        assert_well_formed(mails[0])
        answer = system.request("POST", "/email/verify", json={"token": self.link_in(mails[0])})
        assert answer.status_code in (200, 204), answer.text
        assert person.get("/profile").json()["email_verified"] is True
        assert person.get("/notifications").json()["items"] == [], "a link is never in the inbox"


#: So long an attempt takes that meets a server that hangs.
HANG = f"{int(2 * PATIENCE)}s"
STEPS = ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "END"]


def settle(server, person):
    """The mail that a registration causes has come: the next one is the test's own."""
    deadline = time.monotonic() + 30 * PATIENCE
    while not any(m.recipients == [person.email] for m in list(server.received)):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def after_two_attempts(administrator) -> dict:
    """The letter of its registration, tried and tried again."""
    deadline = time.monotonic() + 20 * PATIENCE
    while not (waiting := administrator.get("/deliveries?status=pending").json()["items"]) or waiting[0]["attempts"] < 2:
        assert time.monotonic() < deadline, waiting
        time.sleep(0.02)
    return waiting[0]


def assert_overcome(server, person, title, seconds=30):
    """Sent at a second attempt or later, and once."""
    delivery = status(person, send(person, title), "delivered", seconds)
    assert delivery["attempts"] >= 2 and delivery["detail"] is None
    mails = server.about(title)
    assert len(mails) == 1
    assert_well_formed(mails[0])


class TestFaults:
    @pytest.mark.parametrize("step", STEPS)
    @pytest.mark.parametrize("how", ["451 try later", "disconnect", "hang"])
    def test_passing_ones_are_overcome(self, system, server, step, how):
        person = server.verify(system.register())
        server.cut()
        server.fault(step, how, 2 if step == "EHLO" and how.startswith("4") else 1)  # EHLO refused, then HELO
        assert_overcome(server, person, unique(f"{how} at {step}"))

    @pytest.mark.parametrize("how", ["421 bye", "500 what", "disconnect", "hang"])
    def test_the_end_of_the_dialogue_does_not_matter(self, system, server, how):
        person = server.verify(system.register())
        server.fault("QUIT", how)
        title = unique(f"{how} at QUIT")
        assert status(person, send(person, title), "delivered")["attempts"] == 1
        server.cut()
        server._faults.clear()
        assert len(server.about(title)) == 1

    @pytest.mark.parametrize(("step", "reply"), [("CONNECT", "554 no service"), ("EHLO", "550 not you"),
                                                 ("MAIL", "550 5.7.1 sender refused")])
    def test_refusals_of_ourselves_are_tried_again(self, system, server, step, reply):
        person = server.verify(system.register())
        server.cut()
        server.fault(step, reply, 2)
        assert status(person, send(person, unique("refused")), "delivered")["attempts"] >= 2

    @pytest.mark.parametrize("step", ["DATA", "END"])
    def test_a_message_refused_for_good_has_failed(self, system, server, step):
        person = server.verify(system.register())
        server.fault(step, "554 5.6.0 refused")
        delivery = status(person, send(person, unique("refused")), "failed")
        assert delivery["attempts"] == 1 and "554 5.6.0 refused" in delivery["detail"]
        assert status(person, send(person, unique("next")), "delivered"), "the address is as good as before"

    def test_an_address_refused_for_good_is_left_alone(self, system, server):
        person = server.verify(system.register())
        server.refuse[person.email] = "550 5.1.1 no such mailbox"
        assert "550 5.1.1" in status(person, send(person, unique("bounce")), "failed")["detail"]
        notice = person.get("/notifications").json()["items"]
        assert len(notice) == 1 and "550 5.1.1 no such mailbox" in notice[0]["body"]
        del server.refuse[person.email]
        title = unique("not sent")
        assert "takes no mail" in status(person, send(person, title), "failed")["detail"]
        assert server.about(title) == []
        assert len(person.get("/notifications").json()["items"]) == 1, "told once"

    def test_a_server_that_is_not_there_is_waited_for(self, own_system):
        server = MailServer()
        system = own_system("standalone", server.settings())
        person = system.register()
        after_two_attempts(person)
        server.start()
        try:
            server.verify(person)
            assert len(server.about("Confirm your e-mail address")) == 1
        finally:
            server.stop()


class TestFaultsBeforeTheMail:
    """Of STARTTLS and AUTH, with a mail server that demands both."""

    @pytest.fixture(scope="class")
    def secured(self, tmp_path_factory):
        from harness.system import System
        server = MailServer(tmp_path_factory.mktemp("mail"), "starttls", ("mailer", "s3cret")).start()
        system = System("standalone", server.settings(CUMULO_SMTP_USER="mailer", CUMULO_SMTP_PASSWORD="s3cret",
                                                      CUMULO_SMTP_TIMEOUT=HANG)).start()
        settle(server, system.administrator)
        yield system, server
        system.close()
        server.stop()

    @pytest.mark.parametrize("step", ["CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL"])
    @pytest.mark.parametrize("how", ["454 try later", "550 no", "disconnect", "hang"])
    def test_are_overcome(self, secured, step, how):
        system, server = secured
        person = server.verify(system.register())
        server.cut()
        # EHLO refused, then HELO; AUTH by one mechanism, then by another.
        server.fault(step, how, 2 if step in ("EHLO", "AUTH") and how[0].isdigit() else 1)
        assert_overcome(server, person, unique(f"{how} at {step}"))
        server._faults.clear()


class TestTransport:
    @pytest.mark.parametrize("tls", ["starttls", "implicit"])
    def test_tls_and_sign_in(self, own_system, tmp_path, tls):
        server = MailServer(tmp_path, tls, ("mailer", "s3cret")).start()
        try:
            system = own_system("standalone", server.settings(CUMULO_SMTP_USER="mailer", CUMULO_SMTP_PASSWORD="s3cret",
                                                              CUMULO_SMTP_BOUNCES="bounces@mail.example.org"))
            person = server.verify(system.register())
            status(person, send(person, "Over TLS"), "delivered")
            mail = server.about("Over TLS")[0]
            assert_well_formed(mail)
            assert mail.sender == "bounces@mail.example.org"
            assert mail.message["From"].addresses[0].addr_spec == "cumulo@mail.example.org"
            log = system.programs["cumulo"].log
            assert "s3cret" not in log and "Over TLS" not in log
        finally:
            server.stop()

    @pytest.mark.parametrize("tls", ["starttls", "implicit", None])
    def test_without_trust_nothing_is_sent(self, own_system, tmp_path, tls):
        server = MailServer(tmp_path, tls).start()
        try:
            system = own_system("standalone", {**server.settings(), "CUMULO_SMTP_TLS": "required",
                                               "CUMULO_OUTBOUND_CA_FILE": ""})
            assert after_two_attempts(system.register())["detail"]
            assert server.received == []
        finally:
            server.stop()
