"""Mail over SMTP, against a server that speaks it: what arrives, what is refused, and what must be encrypted."""

from __future__ import annotations

import asyncio
import base64
import email
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.linking.mail import SmtpMail
from connectors.linking.proving import MailError

pytestmark = pytest.mark.anyio

AFAR = "127.0.0.2"
"""This machine, under an address that does not count as it: it must be encrypted."""
HERE = "127.0.0.1"
USER, PASSWORD = "gigway@example.org", "p@ss:word/%"
LOGIN = "gigway%40example.org:p%40ss%3Aword%2F%25"
SENDER = "no-reply@gigway.example"
TEXT = "Din kod: 123456\n"


@dataclass
class MailServer:
    """Enough of RFC 5321, RFC 3207 and RFC 4954 to take a mail; it keeps what it was told, and how."""

    context: ssl.SSLContext | None = None
    needs_login: bool = False
    refuses_recipient: bool = False
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    port: int = 0

    @asynccontextmanager
    async def serving(self, host: str, *, implicit: bool = False) -> AsyncIterator[MailServer]:
        """Serve on a free port; with `implicit` in TLS from the first byte (RFC 8314)."""
        server = await asyncio.start_server(self._serve, host, 0, ssl=self.context if implicit else None)
        async with server:
            self.port = server.sockets[0].getsockname()[1]
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client left: what it said until then is what counts
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_in, is_encrypted = not self.needs_login, writer.get_extra_info("sslcontext") is not None
        writer.write(b"220 mail.example\r\n")
        while line := (await reader.readline()).decode().strip():
            verb = line.partition(" ")[0].upper()
            self.said.append(verb)
            match verb:
                case "EHLO":
                    offers = ["AUTH PLAIN"] if self.needs_login else []
                    offers += ["STARTTLS"] if self.context and not is_encrypted else []
                    lines = ["mail.example", *offers]
                    answer = "\r\n".join(f"250{' ' if each is lines[-1] else '-'}{each}" for each in lines)
                case "STARTTLS" if self.context and not is_encrypted:
                    writer.write(b"220 go on\r\n")
                    await writer.start_tls(self.context)
                    is_encrypted = True
                    continue
                case "AUTH":
                    _, user, password = base64.b64decode(line.rpartition(" ")[2]).decode().split("\0")
                    is_in = (user, password) == (USER, PASSWORD)
                    answer = "235 in" if is_in else "535 5.7.8 no"
                case "MAIL" if not is_in:
                    answer = "530 5.7.0 sign in first"
                case "RCPT" if self.refuses_recipient:
                    answer = "550 5.1.1 nobody of that name"
                case "RCPT":
                    self.recipients.append(line.partition("<")[2].partition(">")[0])
                    answer = "250 ok"
                case "DATA":
                    writer.write(b"354 go on\r\n")
                    data = (await reader.readuntil(b"\r\n.\r\n")).removesuffix(b".\r\n")
                    message = email.message_from_bytes(data, policy=default)
                    assert isinstance(message, EmailMessage)
                    self.mails.append(message)
                    self.encrypted.append(is_encrypted)
                    answer = "250 taken"
                case "QUIT":
                    writer.write(b"221 bye\r\n")
                    return
                case _:
                    answer = "250 ok"
            writer.write(f"{answer}\r\n".encode())


def _server_side(folder: Path, monkeypatch: pytest.MonkeyPatch, address: str) -> ssl.SSLContext:
    """A server's side of TLS, with a throw-away certificate for `address` that this process trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path = folder / "mail.pem"
    path.write_bytes(
        certificate.public_bytes(encoding) + key.private_bytes(encoding, private, serialization.NoEncryption())
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    return _server_side(tmp_path, monkeypatch, AFAR)


async def _send(url: str, to: str = "kim@worker.example") -> None:
    await SmtpMail(url=url, sender=SENDER).send(to, "Kod för Gigway", TEXT)


async def test_a_mail_arrives_whole_through_starttls(trusted: ssl.SSLContext) -> None:
    async with MailServer(trusted, needs_login=True).serving(AFAR) as server:
        await _send(f"smtp://{LOGIN}@{AFAR}:{server.port}")
    (mail,) = server.mails
    assert (mail["From"], mail["To"], mail["Subject"]) == (SENDER, "kim@worker.example", "Kod för Gigway")
    assert mail.get_content().splitlines() == TEXT.splitlines()
    assert (server.recipients, server.encrypted) == (["kim@worker.example"], [True])
    assert server.said.index("STARTTLS") < server.said.index("AUTH"), "no password before encryption"


async def test_a_mail_arrives_through_tls_from_the_first_byte(trusted: ssl.SSLContext) -> None:
    async with MailServer(trusted, needs_login=True).serving(AFAR, implicit=True) as server:
        await _send(f"smtps://{LOGIN}@{AFAR}:{server.port}")
    assert (len(server.mails), server.encrypted) == (1, [True])


async def test_a_server_on_this_machine_may_do_without_encryption() -> None:
    async with MailServer().serving(HERE) as server:
        await _send(f"smtp://{HERE}:{server.port}")
    assert (len(server.mails), server.encrypted) == (1, [False])


async def test_a_server_elsewhere_that_offers_no_encryption_gets_nothing() -> None:
    async with MailServer(needs_login=True).serving(AFAR) as server:
        with pytest.raises(MailError):
            await _send(f"smtp://{LOGIN}@{AFAR}:{server.port}")
    assert (server.mails, {"AUTH", "MAIL"} & set(server.said)) == ([], set())


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_certificate_that_is_not_the_servers_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    context = _server_side(tmp_path, monkeypatch, "127.0.0.3")
    async with MailServer(context, needs_login=True).serving(AFAR, implicit=scheme == "smtps") as server:
        with pytest.raises(MailError):
            await _send(f"{scheme}://{LOGIN}@{AFAR}:{server.port}")
    assert (server.mails, "AUTH" in server.said) == ([], False)


async def test_refused_credentials_are_an_error_that_tells_no_secret(
    trusted: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    url = "smtp://gigway%40example.org:wrong-secret@{}:{}"
    async with MailServer(trusted, needs_login=True).serving(AFAR) as server:
        with pytest.raises(MailError) as raised:
            await _send(url.format(AFAR, server.port))
    assert (server.mails, "AUTH" in server.said) == ([], True)
    assert (str(raised.value), raised.value.__cause__) == ("", None)
    assert "wrong-secret" not in caplog.text + repr(SmtpMail(url=url, sender=SENDER))


async def test_a_recipient_that_is_refused_is_an_error() -> None:
    async with MailServer(refuses_recipient=True).serving(HERE) as server:
        with pytest.raises(MailError):
            await _send(f"smtp://{HERE}:{server.port}")
    assert server.mails == []


async def test_an_address_brings_no_headers_or_recipients_of_its_own() -> None:
    async with MailServer().serving(HERE) as server:
        with pytest.raises(MailError):
            await _send(f"smtp://{HERE}:{server.port}", to="kim@worker.example\r\nBcc: other@evil.example")
    assert (server.mails, server.recipients) == ([], [])


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_server_that_is_down_is_an_error(scheme: str) -> None:
    async with MailServer().serving(HERE) as server:
        port = server.port
    with pytest.raises(MailError):
        await _send(f"{scheme}://{HERE}:{port}")


async def test_a_server_that_hangs_up_is_an_error() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, HERE, 0)
    async with server:
        with pytest.raises(MailError):
            await _send(f"smtp://{HERE}:{server.sockets[0].getsockname()[1]}")
