"""Registering actors and their clients, for the demo, the CLI and the console. Secrets are returned once."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, insert, select, update

from consent.models import new_id
from consent.oauth.client_registry import ClientRegistry, NewClient
from consent.oauth.models import ACTORS
from consent.oauth.registration_rules import (
    RegistrationError,
    check_details,
    check_display_name,
    check_push_url,
    check_vocabulary,
)

__all__ = ["ActorRegistry", "NewClient", "RegistrationError", "check_push_url"]


class ActorRegistry(ClientRegistry):
    """Creates and changes actors, and their clients.

    Synchronous. Every method is one transaction, or part of the caller's when it is given a connection.
    """

    def create_actor(
        self,
        *,
        legal_name: str,
        trading_name: str,
        categories: Collection[str],
        purposes: Collection[str],
        address: str | None = None,
        contact: str | None = None,
        jurisdiction: str | None = None,
        privacy_notice: str | None = None,
        actor_id: str | None = None,
        is_test: bool = False,
        organization_id: str | None = None,
        connection: Connection | None = None,
    ) -> str:
        """Register an actor for `categories` and `purposes` and return its id. Raises `RegistrationError`.

        With `is_test` only test workers may grant it anything.
        """
        for name in (legal_name, trading_name):
            check_display_name(name)
        check_vocabulary(categories, purposes)
        details = {
            "address": address,
            "contact": contact,
            "jurisdiction": jurisdiction,
            "privacy_notice": privacy_notice,
        }
        check_details(**details)
        identifier = actor_id or new_id()
        with self._within(connection) as transaction:
            if transaction.execute(select(ACTORS.c.id).where(ACTORS.c.id == identifier)).first() is not None:
                raise RegistrationError("ACTOR_EXISTS", "There is an actor with that id already.")
            transaction.execute(
                insert(ACTORS).values(
                    id=identifier,
                    version=1,
                    legal_name=legal_name,
                    trading_name=trading_name,
                    **details,
                    categories=sorted(categories),
                    purposes=sorted(purposes),
                    is_test=is_test,
                    organization_id=organization_id,
                    status="active",
                    created_at=self._clock(),
                )
            )
        return identifier

    def update_actor(
        self,
        actor_id: str,
        *,
        legal_name: str,
        trading_name: str,
        categories: Collection[str],
        purposes: Collection[str],
        address: str | None,
        contact: str | None,
        jurisdiction: str | None,
        privacy_notice: str | None,
        connection: Connection | None = None,
    ) -> None:
        """Make a new version of an actor's details. Raises `RegistrationError`.

        What its clients may ask for shrinks with it at once, and does not grow by itself.
        """
        for name in (legal_name, trading_name):
            check_display_name(name)
        check_vocabulary(categories, purposes)
        check_details(address=address, contact=contact, jurisdiction=jurisdiction, privacy_notice=privacy_notice)
        with self._within(connection) as transaction:
            changed = transaction.execute(
                update(ACTORS)
                .where(ACTORS.c.id == actor_id)
                .values(
                    version=ACTORS.c.version + 1,
                    legal_name=legal_name,
                    trading_name=trading_name,
                    address=address,
                    contact=contact,
                    jurisdiction=jurisdiction,
                    privacy_notice=privacy_notice,
                    categories=sorted(categories),
                    purposes=sorted(purposes),
                )
            )
            if changed.rowcount != 1:
                raise RegistrationError("ACTOR_UNKNOWN", "There is no such actor.")
