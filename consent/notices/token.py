"""A notice as a Security Event Token (RFC 8417), signed with Ed25519 (RFC 9864).

`sub_id` (RFC 9493) is the id under which the actor knows the worker; of an answered request it is the request's, and
the worker is named only when it was granted. Nothing else in a notice is about a person.
It has no `exp`: what happened stays true. A receiver knows a repeated one by its `jti`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from consent.columns import utc_now
from consent.notices.changes import Change
from consent.signing import JwsSigner, Keys

TYPE = "secevent+jwt"
GRANT_ENDED = "https://specs.gigway.example/events/grant-ended"
GRANT_CHANGED = "https://specs.gigway.example/events/grant-changed"
REQUEST_ANSWERED = "https://specs.gigway.example/events/request-answered"

_EVENTS = {"ended": GRANT_ENDED, "changed": GRANT_CHANGED, "answered": REQUEST_ANSWERED}


def claims_of(
    change: Change,
    *,
    issuer: str,
    jti: str,
    issued_at: datetime,
    worker: str | None,
    checkpoint: str,
    cosigned_checkpoint: str | None = None,
) -> dict[str, Any]:
    """Return the claims of the notice about `change`; `worker` is the worker's id as the actor knows it.

    `checkpoint` is of the log with the change in it; `cosigned_checkpoint`, mostly of a shorter one, has a witness.
    """
    subject = worker if change.request_id is None else change.request_id
    about = {
        "grant_id": change.grant_id,
        "request_id": change.request_id,
        "replaced_by": change.replaced_by,
        "worker": None if change.request_id is None else worker,
    }
    event = {
        **{name: value for name, value in about.items() if value is not None},
        "reason": change.reason,
        "at": change.at.isoformat(),
        "checkpoint": checkpoint,
        **({} if cosigned_checkpoint is None else {"cosigned_checkpoint": cosigned_checkpoint}),
    }
    return {
        "iss": issuer,
        "iat": int(issued_at.timestamp()),
        "jti": jti,
        "aud": change.client_id,
        "sub_id": {"format": "opaque", "id": subject},
        "events": {_EVENTS[change.kind]: event},
    }


class NoticeSigner:
    """Signs notices of one issuer."""

    def __init__(self, issuer: str, keys: Keys, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.issuer = issuer
        self._jws = JwsSigner(keys, TYPE, clock=clock)
        self.jwks = self._jws.jwks
        self.renew = self._jws.renew

    def sign(
        self,
        change: Change,
        *,
        jti: str,
        issued_at: datetime,
        worker: str | None,
        checkpoint: str,
        cosigned_checkpoint: str | None = None,
    ) -> str:
        """Return the notice as a compact JWT."""
        return self._jws.sign(
            claims_of(
                change,
                issuer=self.issuer,
                jti=jti,
                issued_at=issued_at,
                worker=worker,
                checkpoint=checkpoint,
                cosigned_checkpoint=cosigned_checkpoint,
            )
        )
