"""Passkeys (WebAuthn): discoverable, user verification required, no attestation asked for.

    challenge ──browser──► response ──verified once──► signed in, or a new credential

Challenges are ours, random and taken once. The relying party is the issuer's host name, which must be a name:
browsers know no passkeys for an IP address, so on `http://127.0.0.1` there are none, on `http://localhost` there are.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from consent.models import new_id
from consent.signin.models import CREDENTIALS, WORKERS
from consent.signin.settings import SignInSettings
from consent.signin.states import put_state, take_state

AMR: Final = ("hwk", "user")
_MAX_RESPONSE: Final = 16_384
_MAX_PASSKEYS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What the browser's API is called with, as JSON, and the name under which the answer is expected."""

    options: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A worker's passkey, as they see it."""

    id: str
    created_at: datetime
    last_used_at: datetime | None


class Passkeys:
    """Registers passkeys and signs in with them. Synchronous: call it in a thread."""

    def __init__(self, engine: Engine, settings: SignInSettings) -> None:
        self._engine = engine
        self._settings = settings
        self._rp_id = urlsplit(settings.issuer).hostname or ""

    @property
    def is_available(self) -> bool:
        """Whether browsers offer passkeys at this issuer: its host is a name."""
        try:
            ipaddress.ip_address(self._rp_id)
        except ValueError:
            return bool(self._rp_id)
        return False

    def of_worker(self, worker_id: str) -> list[Passkey]:
        """Return a worker's passkeys, oldest first."""
        with self._engine.execution_options(read_only=True).connect() as connection:
            rows = connection.execute(
                select(CREDENTIALS.c.id, CREDENTIALS.c.created_at, CREDENTIALS.c.last_used_at)
                .where(_is_live(worker_id))
                .order_by(CREDENTIALS.c.created_at, CREDENTIALS.c.id)
            ).all()
        return [Passkey(id=row.id, created_at=row.created_at, last_used_at=row.last_used_at) for row in rows]

    def begin_registration(self, worker_id: str, name: str) -> Challenge:
        """Return a challenge for a new passkey of `worker_id`, labelled `name` in their password manager."""
        with self._engine.execution_options(read_only=True).connect() as connection:
            known = connection.execute(select(CREDENTIALS.c.name).where(_is_live(worker_id))).scalars().all()
        challenge = secrets.token_bytes(32)
        options = generate_registration_options(
            rp_id=self._rp_id,
            rp_name="Gigway",
            user_id=hashlib.sha256(b"gigway:user:" + worker_id.encode()).digest(),
            user_name=name,
            user_display_name=name,
            challenge=challenge,
            attestation=AttestationConveyancePreference.NONE,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                require_resident_key=True,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(entry)) for entry in known],
        )
        state = put_state(
            self._engine,
            self._settings,
            "passkey-create",
            {"challenge": bytes_to_base64url(challenge), "worker_id": worker_id},
        )
        return Challenge(options=options_to_json(options), state=state)

    def finish_registration(self, worker_id: str, state: str, response: str) -> bool:
        """Store the passkey that `response` brings; False when it does not answer the challenge."""
        expected = take_state(self._engine, self._settings, "passkey-create", state)
        credential = _read(response)
        if expected is None or expected["worker_id"] != worker_id or credential is None:
            return False
        try:
            verified = verify_registration_response(
                credential=credential,
                expected_challenge=base64url_to_bytes(expected["challenge"]),
                expected_rp_id=self._rp_id,
                expected_origin=self._settings.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            return False
        if len(self.of_worker(worker_id)) >= _MAX_PASSKEYS:
            return False
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    insert(CREDENTIALS).values(
                        id=new_id(),
                        worker_id=worker_id,
                        kind="passkey",
                        name=bytes_to_base64url(verified.credential_id),
                        public={"key": bytes_to_base64url(verified.credential_public_key)},
                        sign_count=verified.sign_count,
                        created_at=self._settings.clock(),
                    )
                )
        except IntegrityError:
            return False
        return True

    def begin_authentication(self) -> Challenge:
        """Return a challenge for any passkey of this issuer: the browser lets the worker choose."""
        challenge = secrets.token_bytes(32)
        options = generate_authentication_options(
            rp_id=self._rp_id, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
        )
        state = put_state(self._engine, self._settings, "passkey-get", {"challenge": bytes_to_base64url(challenge)})
        return Challenge(options=options_to_json(options), state=state)

    def finish_authentication(self, state: str, response: str) -> str | None:
        """Return whose passkey answered the challenge. A counter that does not grow refuses it: it was cloned."""
        expected = take_state(self._engine, self._settings, "passkey-get", state)
        credential = _read(response)
        if expected is None or credential is None:
            return None
        with self._engine.begin() as connection:
            found = connection.execute(
                select(CREDENTIALS.c.id, CREDENTIALS.c.worker_id, CREDENTIALS.c.public, CREDENTIALS.c.sign_count)
                .join(WORKERS, WORKERS.c.id == CREDENTIALS.c.worker_id)
                .where(
                    CREDENTIALS.c.kind == "passkey",
                    CREDENTIALS.c.name == str(credential.get("id", "")),
                    CREDENTIALS.c.revoked_at.is_(None),
                    WORKERS.c.status == "active",
                )
            ).one_or_none()
            if found is None:
                return None
            try:
                verified = verify_authentication_response(
                    credential=credential,
                    expected_challenge=base64url_to_bytes(expected["challenge"]),
                    expected_rp_id=self._rp_id,
                    expected_origin=self._settings.origin,
                    credential_public_key=base64url_to_bytes(found.public["key"]),
                    credential_current_sign_count=found.sign_count,
                    require_user_verification=True,
                )
            except (WebAuthnException, ValueError, KeyError, TypeError):
                return None
            used = connection.execute(
                update(CREDENTIALS)
                .where(CREDENTIALS.c.id == found.id, CREDENTIALS.c.sign_count == found.sign_count)
                .values(sign_count=verified.new_sign_count, last_used_at=self._settings.clock())
            )
        worker_id: str = found.worker_id
        return worker_id if used.rowcount == 1 else None

    def remove(self, worker_id: str, passkey_id: str) -> bool:
        """Revoke one of the worker's passkeys."""
        with self._engine.begin() as connection:
            done = connection.execute(
                update(CREDENTIALS)
                .where(CREDENTIALS.c.id == passkey_id, _is_live(worker_id))
                .values(revoked_at=self._settings.clock())
            )
        return bool(done.rowcount)


def _is_live(worker_id: str) -> Any:
    return (
        (CREDENTIALS.c.worker_id == worker_id) & (CREDENTIALS.c.kind == "passkey") & CREDENTIALS.c.revoked_at.is_(None)
    )


def _read(response: str) -> dict[str, Any] | None:
    if len(response) > _MAX_RESPONSE:
        return None
    try:
        value = json.loads(response)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
