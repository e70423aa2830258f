"""A real SMTP server that can be told to misbehave at any step of the dialogue."""

import asyncio
import dataclasses
import datetime
import email
import email.policy
import pathlib
import re
import ssl
import threading
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from .places import PATIENCE, free_port

STEPS = ("CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "END", "QUIT")


@dataclasses.dataclass
class Received:
    sender: str
    recipients: list
    message: email.message.EmailMessage
    raw: bytes
    at: float


class _Session(SMTP):
    """Asks the mail server for its faults before each command."""

    def __init__(self, handler, **keywords):
        super().__init__(handler, **keywords)
        self.owner = handler

    def connection_made(self, transport):
        super().connection_made(transport)
        self.owner.transports.add(transport)

    async def _handle_client(self):
        if await self.owner.misbehave("CONNECT", self):  # in place of the greeting
            self.transport.close()
        else:
            await super()._handle_client()

    async def _or_fault(self, step, argument, regular):
        if not await self.owner.misbehave(step, self):
            await regular(argument)

    async def smtp_EHLO(self, argument):
        await self._or_fault("EHLO", argument, super().smtp_EHLO)

    async def smtp_HELO(self, argument):
        await self._or_fault("EHLO", argument, super().smtp_HELO)

    async def smtp_STARTTLS(self, argument):
        await self._or_fault("STARTTLS", argument, super().smtp_STARTTLS)

    async def smtp_AUTH(self, argument):
        await self._or_fault("AUTH", argument, super().smtp_AUTH)

    async def smtp_MAIL(self, argument):
        await self._or_fault("MAIL", argument, super().smtp_MAIL)

    async def smtp_RCPT(self, argument):
        await self._or_fault("RCPT", argument, super().smtp_RCPT)

    async def smtp_DATA(self, argument):
        await self._or_fault("DATA", argument, super().smtp_DATA)

    async def smtp_QUIT(self, argument):
        await self._or_fault("QUIT", argument, super().smtp_QUIT)


class MailServer:
    """`fault(step, how, times)`: the next dialogues fail there; `how` is a reply ("451 later"), "hang" or "disconnect".
    `tls`: None, "starttls" or "implicit", with a certificate of its own."""

    def __init__(self, folder: pathlib.Path | None = None, tls: str | None = None, user: tuple | None = None):
        self.received: list[Received] = []
        self.transports = set()
        self.delay = 0.0
        self.refuse = {}  # address → reply to RCPT
        self.dialogues = 0
        self._faults: list = []
        self._lock = threading.Lock()
        self._user = user
        self.port = free_port()
        self.tls = tls
        self.certificate = None
        context = None
        if tls:
            self.certificate, key = make_certificate(folder)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate, key)
        owner = self

        class Server(Controller):
            def factory(self):
                return _Session(owner, tls_context=context if tls == "starttls" else None,
                                require_starttls=tls == "starttls", auth_required=user is not None,
                                authenticator=owner._sign_in, auth_require_tls=tls == "starttls", timeout=120,
                                ident="mail server under test", enable_SMTPUTF8=True)

        self._controller = Server(self, hostname="127.0.0.1", port=self.port,
                                  ssl_context=context if tls == "implicit" else None, ready_timeout=20 * PATIENCE)

    @property
    def url(self) -> str:
        return f"smtp{'s' if self.tls == 'implicit' else ''}://localhost:{self.port}"

    def settings(self, **more) -> dict:
        return {"CUMULO_SMTP_URL": self.url, "CUMULO_SMTP_FROM": "Cumulo <cumulo@mail.example.org>",
                "CUMULO_SMTP_TLS": "required" if self.tls else "optional", "CUMULO_DELIVERY_FIRST_PAUSE": "50ms",
                "CUMULO_DELIVERY_POLL": "50ms", "CUMULO_SMTP_TIMEOUT": f"{int(10 * PATIENCE)}s",
                **({"CUMULO_OUTBOUND_CA_FILE": str(self.certificate)} if self.tls else {}), **more}

    def start(self) -> "MailServer":
        self._controller.start()
        return self

    def stop(self):
        if self._controller.loop.is_running():
            self.cut()
            self._controller.stop()

    def cut(self):
        """Closes every connection, so that the next mail begins a dialogue anew."""
        def close():
            for transport in self.transports:
                if not transport.is_closing():
                    transport.abort()
            self.transports.clear()
        self._controller.loop.call_soon_threadsafe(close)

    def fault(self, step: str, how: str, times: int = 1):
        assert step in STEPS
        with self._lock:
            self._faults.append([step, how, times])

    def _take_fault(self, step):
        with self._lock:
            for each in self._faults:
                if each[0] == step:
                    each[2] -= 1
                    if each[2] == 0:
                        self._faults.remove(each)
                    return each[1]
        return None

    async def misbehave(self, step, session) -> bool:
        if step == "EHLO":
            self.dialogues += 1
        how = self._take_fault(step)
        if how is None:
            return False
        if how == "hang":
            await asyncio.sleep(3600)
        elif how == "disconnect":
            session.transport.abort()
        else:
            await session.push(how)
        return True

    def _sign_in(self, server, session, envelope, mechanism, data):
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self._user)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.delay:
            await asyncio.sleep(self.delay)
        how = self._take_fault("END")
        if how == "hang":
            await asyncio.sleep(3600)
        if how == "disconnect":
            server.transport.abort()
            return "451 gone"
        if how:
            return how
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        with self._lock:
            self.received.append(Received(envelope.mail_from, list(envelope.rcpt_tos), message, envelope.content, time.time()))
        return "250 OK"

    def about(self, subject: str) -> list[Received]:
        with self._lock:
            return [each for each in self.received if each.message["Subject"] == subject]

    def wait_about(self, subject: str, seconds: float = 20, count: int = 1) -> list[Received]:
        deadline = time.monotonic() + seconds * PATIENCE
        while len(self.about(subject)) < count:
            assert time.monotonic() < deadline, f"no mail about {subject!r} in {seconds} s"
            time.sleep(0.01)
        return self.about(subject)

    def verify(self, person):
        """Follows the link that came with the registration, and waits until mails go to the address."""
        def until(holds):
            deadline = time.monotonic() + 30 * PATIENCE
            while not (found := holds()):
                assert time.monotonic() < deadline, person.email
                time.sleep(0.02)
            return found

        letter = until(lambda: [m.message for m in list(self.received) if m.recipients == [person.email]])[0]
        token = re.search(r"#token=([\w-]+)", letter.get_body(("plain",)).get_content())[1]
        assert person.system.request("POST", "/email/verify", json={"token": token}).status_code == 204

        def goes_out():
            probe = {"user_id": person.id, "title": "Verified", "channels": ["email"]}
            sent = person.post("/notify", probe).json()["id"]
            return until(lambda: (s := person.get(f"/notify/{sent}").json()["deliveries"][0]["status"]) != "pending" and s) == "delivered"

        until(goes_out)
        return person


def make_certificate(folder: pathlib.Path) -> tuple:
    """A certificate for localhost that vouches for itself, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.utcnow()
    certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
                   .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
                   .not_valid_after(now + datetime.timedelta(days=30))
                   .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
                   .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
                   .sign(key, hashes.SHA256()))
    files = folder / "mail.crt", folder / "mail.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption()))
    return files
