"""Mail to workers: over SMTP, or into the sandbox's inbox, where nobody real can be reached."""

from __future__ import annotations

import asyncio
import json
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from connectors.linking.proving import MailError
from connectors.transport import Upstream, UpstreamError, UpstreamRequest, Wire
from connectors.transport.address import Reach
from connectors.transport.permit import WorkerAct

_SECONDS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpMail:
    """Hands mail to a server: `smtps://user:password@host:465`, or `smtp://host:587`, which must offer STARTTLS.

    A server on this machine may do without encryption.
    """

    url: str = field(repr=False)
    sender: str

    async def send(self, to: str, subject: str, text: str) -> None:
        """Hand a mail over for delivery. Raises `MailError`."""
        message = EmailMessage()
        try:
            message["From"], message["To"], message["Subject"] = self.sender, to, subject
            message.set_content(text)
            await asyncio.to_thread(self._hand_over, message)
        except (OSError, smtplib.SMTPException, ValueError):
            # ValueError: a line break in the address. Its message, like the server's, may have the address in it.
            raise MailError from None

    def _hand_over(self, message: EmailMessage) -> None:
        parts = urlsplit(self.url)
        host, context = parts.hostname or "", ssl.create_default_context()
        is_local = host in {"localhost", "127.0.0.1", "::1"}
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=_SECONDS, context=context)
        else:
            server = smtplib.SMTP(host, parts.port or 587, timeout=_SECONDS)
        with server:
            if parts.scheme == "smtp" and not is_local:
                server.starttls(context=context)
            if parts.username is not None:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)


class SandboxMail:
    """Puts mail into the inbox of the sandbox at `url`."""

    def __init__(self, wire: Wire, url: str) -> None:
        self._upstream = Upstream(wire, platform="inbox", reach=Reach.LOOPBACK)
        self._url = f"{url.rstrip('/')}/inbox"

    async def send(self, to: str, subject: str, text: str) -> None:
        """Hand a mail over for delivery. Raises `MailError`."""
        body = json.dumps({"to": to, "subject": subject, "text": text}).encode()
        act = WorkerAct()
        try:
            await self._upstream.send(
                UpstreamRequest(
                    method="POST",
                    url=self._url,
                    headers={"Content-Type": "application/json"},
                    body=body,
                    is_safe=False,
                ),
                permit=act,
                credential=None,
            )
        except UpstreamError:
            raise MailError from None
        finally:
            act.end()
