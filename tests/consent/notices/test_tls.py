"""The connection goes to a judged address, but the certificate must be for the receiver's name."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from consent.notices.push import Failed, HttpPush, Outcome, Taken
from tests.consent.notices.conftest import may_reach_loopback

pytestmark = pytest.mark.anyio


def certificate_for(name: str, folder: Path) -> Path:
    """Write a self-signed certificate for a DNS name, with its key, and return the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


@asynccontextmanager
async def tls_receiver(certificate: Path) -> AsyncIterator[int]:
    """A server that answers 202 to anything; yields its port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    ("certified", "outcome"), [("localhost", Taken()), ("other.example", Failed("unreachable"))], ids=str
)
async def test_the_certificate_is_checked_against_the_name(tmp_path: Path, certified: str, outcome: Outcome) -> None:
    certificate = certificate_for(certified, tmp_path)
    trusting = ssl.create_default_context(cafile=str(certificate))
    async with tls_receiver(certificate) as port, HttpPush(may_reach_loopback, tls=trusting) as push:
        assert await push(f"https://localhost:{port}/events", "a.b.c") == outcome


async def test_a_certificate_of_nobody_known_is_refused(tmp_path: Path) -> None:
    async with tls_receiver(certificate_for("localhost", tmp_path)) as port, HttpPush(may_reach_loopback) as push:
        assert await push(f"https://localhost:{port}/events", "a.b.c") == Failed("unreachable")
