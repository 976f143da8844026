"""What proves a request: a header, a member of the body, or a signature (`aws_signature`)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Protocol

from connectors.transport.failure import UpstreamMalformedError
from connectors.transport.message import UpstreamRequest


class AccountCredential(Protocol):
    """What makes a request one that the platform answers for one linked account."""

    @property
    def account_id(self) -> str:
        """A name for the account that is fit for a key."""
        ...

    def prove(self, request: UpstreamRequest) -> UpstreamRequest:
        """Return the request as it is sent. Called for every attempt, so that signatures are fresh."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A header that proves one linked account."""

    account_id: str
    header: str
    value: str = field(repr=False)

    def prove(self, request: UpstreamRequest) -> UpstreamRequest:
        """Return the request with the header."""
        return replace(request, headers={**request.headers, self.header: self.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyCredential:
    """A member of the JSON object that is the request's body."""

    account_id: str
    member: str
    value: str = field(repr=False)

    def prove(self, request: UpstreamRequest) -> UpstreamRequest:
        """Return the request with the member put first. Raises `UpstreamMalformedError` when its body is no object."""
        body = (request.body or b"").strip()
        if not body.startswith(b"{"):
            raise UpstreamMalformedError("The request has no JSON object that could carry the credential.")
        rest = body[1:].lstrip()
        own = f"{{{json.dumps(self.member)}:{json.dumps(self.value)}".encode()
        return replace(request, body=own + (b"" if rest.startswith(b"}") else b",") + rest)
