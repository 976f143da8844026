"""What is remembered between two requests of one sign-in: put once, taken at most once, by any process."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal

from sqlalchemy import Engine, delete, insert

from consent.oauth.machine_secrets import SIGN_IN_STATE, fingerprint, is_shaped, mint
from consent.signin.models import STATES
from consent.signin.settings import SignInSettings

Kind = Literal["passkey-get", "passkey-create", "second-factor", "totp-setup", "oidc"]
LIFETIME: Final = timedelta(minutes=10)


def put_state(engine: Engine, settings: SignInSettings, kind: Kind, payload: Mapping[str, Any]) -> str:
    """Store `payload` and return the secret name by which it is taken."""
    name, now = mint(SIGN_IN_STATE), settings.clock()
    with engine.begin() as connection:
        connection.execute(
            insert(STATES).values(
                id_hash=fingerprint(name), kind=kind, payload=dict(payload), expires_at=now + LIFETIME
            )
        )
    return name


def take_state(engine: Engine, settings: SignInSettings, kind: Kind, name: str) -> Mapping[str, Any] | None:
    """Remove and return what was put under `name`; None when it is unknown, too old or was taken before."""
    if not is_shaped(name, SIGN_IN_STATE):
        return None
    with engine.begin() as connection:
        row = connection.execute(
            delete(STATES)
            .where(STATES.c.id_hash == fingerprint(name), STATES.c.kind == kind)
            .returning(STATES.c.payload, STATES.c.expires_at)
        ).one_or_none()
    return None if row is None or row.expires_at <= settings.clock() else row.payload
