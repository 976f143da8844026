"""Hands a one-time code over where only the owner of the claimed record can read it: by mail, or by the platform."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, assert_never

from connectors.accounts.tokens import AccountTokens
from connectors.environment import Environment
from connectors.linking.claims import OpenClaim, shown_code
from connectors.linking.credentials import CredentialDesk, Platforms
from connectors.pages import Translate, mark
from connectors.runtime.endpoint import CompiledEndpoint
from connectors.schema import Connector
from connectors.schema.definition import EmailProof, Endpoint, MessageProof
from connectors.transport import Permit, UpstreamUnavailableError

OWN_TOKENS = AccountTokens(access_token="none")
"""The tokens of an account that Gigway's own credential reads: none."""

_SUBJECT = mark("Your code for linking {name}")
_MAIL = mark(
    "Somebody, hopefully you, wants to link the record that {name} keeps under this address to Gigway.\n\n"
    "Your code: {code}\n\n"
    "It works for ten minutes. If this was not you, do nothing; without the code nothing is linked.\n"
)

_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}")


class MailError(Exception):
    """A mail could not be handed over for delivery."""


class Mail(Protocol):
    """Sends plain-text mail to people."""

    async def send(self, to: str, subject: str, text: str) -> None:
        """Hand a mail over for delivery. Raises `MailError`."""
        ...


class CodeDelivery:
    """Delivers codes; `mail` None means that this Gigway cannot send mail."""

    def __init__(
        self,
        platforms: Platforms,
        environment: Environment,
        desk: CredentialDesk,
        mail: Mail | None,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._platforms = platforms
        self._environment = environment
        self._desk = desk
        self._mail = mail
        self._clock = clock

    def can_deliver(self, connector: Connector) -> bool:
        """Whether the platform's way of proof works here."""
        return not isinstance(connector.definition.linking.proof, EmailProof) or self._mail is not None

    async def deliver(self, connector: Connector, claim: OpenClaim, *, permit: Permit, translate: Translate) -> None:
        """Deliver the code; a mail is in the worker's language.

        Raises `UpstreamError` when it was not taken over for delivery.
        """
        match connector.definition.linking.proof:
            case EmailProof():
                await self._by_mail(connector, claim, translate)
            case MessageProof(endpoint=endpoint):
                await self._by_platform(connector, endpoint, claim, permit)
            case None:
                raise UpstreamUnavailableError("This platform has no way to prove a claim.")
            case never:
                assert_never(never)

    async def _by_mail(self, connector: Connector, claim: OpenClaim, translate: Translate) -> None:
        assert self._mail is not None
        words = {"name": connector.definition.platform.display_name, "code": shown_code(claim.code)}
        text, subject = translate(_MAIL).format_map(words), translate(_SUBJECT).format_map(words)
        try:
            await self._mail.send(claim.claim, subject, text)
        except MailError:
            raise UpstreamUnavailableError("The code could not be mailed.") from None

    async def _by_platform(self, connector: Connector, endpoint: Endpoint, claim: OpenClaim, permit: Permit) -> None:
        platform = connector.name
        compiled = CompiledEndpoint(
            endpoint, connector.definition.sources[endpoint.source], origin=self._environment.origin(platform)
        )
        request = compiled.request(
            {
                "$account": {"claim": claim.claim, "code": shown_code(claim.code)},
                "$config": self._environment.config.get(platform, {}),
                "$page": {},
            }
        )
        credential = await self._desk.credential(platform, f"linking:{platform}", OWN_TOKENS)
        await self._platforms.upstream(platform).send(request, permit=permit, credential=credential)


def normal_claim(connector: Connector, value: str) -> str | None:
    """Return what a worker typed in as it is looked up: addresses in lower case; None when it is no address."""
    text = value.strip()
    if not isinstance(connector.definition.linking.proof, EmailProof):
        return text if 0 < len(text) <= 200 and text.isprintable() else None
    address = text.lower()
    return address if len(address) <= 254 and _ADDRESS.fullmatch(address) else None
