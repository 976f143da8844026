"""Contributions and releases at rest. A release's number is its month: year × 12 + month − 1."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Engine, and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from graph.counting.contribution import Contribution
from graph.counting.counted import EVER, Counted
from graph.counting.pay_publication import PayCell, PayKey, PayQuarters, Source
from graph.counting.publication import Cell, Region, told
from graph.counting.tables import StatisticsContribution, StatisticsRelease
from graph.finding.consents import Consents, FindableGrant, Vault
from graph.model import SkillId

CLAIM = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What is told in one month."""

    number: int
    regions: Mapping[str, Region]
    pay: Mapping[PayKey, PayCell] = field(default_factory=dict)

    @property
    def month(self) -> str:
        """The month, `YYYY-MM`."""
        return f"{self.number // 12:04}-{self.number % 12 + 1:02}"

    def lacking(self, skill: SkillId, region: str | None) -> int | None:
        """Return how many lack a skill in a region or anywhere; None where that is not told (`demand.Supply`)."""
        cell = told(self.regions, region).get(skill)
        return None if cell is None else cell.lacking


def number_of(instant: datetime) -> int:
    """Return the number of the month's release."""
    return instant.year * 12 + instant.month - 1


class ReleaseStore:
    """Reads and writes both tables."""

    def __init__(self, engine: Engine, vault: Vault, consents: Consents) -> None:
        self._engine = engine
        self._vault = vault
        self._consents = consents

    def count(
        self, grant: FindableGrant, contribution: Contribution, *, accounts: Collection[str], number: int
    ) -> bool:
        """Store what was read under a grant; false when the grant or the accounts are not what stands any more."""
        with self._engine.begin() as connection:
            if not self._consents.holds(connection, grant, accounts):
                return False
            key = col(StatisticsContribution.grant_id) == grant.grant_id
            row = connection.execute(
                select(col(StatisticsContribution.since), col(StatisticsContribution.sealed)).where(key)
            ).one_or_none()
            known = None if row is None else self._counted(grant.grant_id, row.sealed, row.since)
            # Of who was counted under an older grant nothing is known any more: perhaps they are as they were.
            now = Counted.after(known, contribution, EVER if known is None and grant.renews else number)
            if known == now:
                return True
            sealed = self._vault.seal(now.to_bytes(), _context(grant.grant_id))
            connection.execute(delete(StatisticsContribution).where(key))
            connection.execute(
                insert(StatisticsContribution).values(
                    grant_id=grant.grant_id,
                    worker_id=grant.worker_id,
                    actor_id=grant.actor_id,
                    purpose=grant.purpose,
                    since=now.since,
                    sealed=sealed,
                )
            )
        return True

    def counted(self, actor_id: str, purpose: str, grants: Collection[str]) -> dict[str, Counted]:
        """Return the contributions of these grants, each worker's once: one with pay, of the grant that comes first."""
        query = (
            select(
                col(StatisticsContribution.grant_id),
                col(StatisticsContribution.worker_id),
                col(StatisticsContribution.since),
                col(StatisticsContribution.sealed),
            )
            .where(col(StatisticsContribution.actor_id) == actor_id, col(StatisticsContribution.purpose) == purpose)
            .order_by(col(StatisticsContribution.grant_id))
        )
        with self._engine.execution_options(read_only=True).connect() as connection:
            rows = connection.execute(query).all()
        found: dict[str, tuple[str, Counted]] = {}
        for row in rows:
            counted = self._counted(row.grant_id, row.sealed, row.since) if row.grant_id in grants else None
            known = found.get(row.worker_id)
            if counted is not None and (known is None or (_has_pay(counted) and not _has_pay(known[1]))):
                found[row.worker_id] = (row.grant_id, counted)
        return dict(found.values())

    def claim(self, actor_id: str, purpose: str, number: int, now: datetime) -> bool:
        """Take a month's release upon this process; false when it is made already or another process makes it."""
        with self._engine.begin() as connection:
            free = and_(
                _is(actor_id, purpose, number),
                col(StatisticsRelease.sealed).is_(None),
                or_(col(StatisticsRelease.claimed_until).is_(None), col(StatisticsRelease.claimed_until) <= now),
            )
            taken = connection.execute(update(StatisticsRelease).where(free).values(claimed_until=now + CLAIM))
            if taken.rowcount:
                return True
            if connection.execute(select(col(StatisticsRelease.number)).where(_is(actor_id, purpose, number))).first():
                return False
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    insert(StatisticsRelease).values(
                        actor_id=actor_id, purpose=purpose, number=number, claimed_until=now + CLAIM
                    )
                )
        except IntegrityError:
            return False
        return True

    def is_made(self, actor_id: str, purpose: str, number: int) -> bool:
        """Whether a month's release is there."""
        query = select(col(StatisticsRelease.number)).where(
            _is(actor_id, purpose, number), col(StatisticsRelease.sealed).is_not(None)
        )
        with self._engine.execution_options(read_only=True).connect() as connection:
            return connection.execute(query).first() is not None

    def save(self, actor_id: str, purpose: str, release: Release) -> bool:
        """Publish what was claimed. What is published never changes."""
        sealed = self._vault.seal(_to_bytes(release), _release_context(actor_id, purpose, release.number))
        with self._engine.begin() as connection:
            done = connection.execute(
                update(StatisticsRelease)
                .where(_is(actor_id, purpose, release.number), col(StatisticsRelease.sealed).is_(None))
                .values(sealed=sealed, claimed_until=None)
            )
            return bool(done.rowcount)

    def latest(self, actor_id: str, purpose: str) -> Release | None:
        """Return the last release that is made."""
        query = (
            select(col(StatisticsRelease.number), col(StatisticsRelease.sealed))
            .where(
                col(StatisticsRelease.actor_id) == actor_id,
                col(StatisticsRelease.purpose) == purpose,
                col(StatisticsRelease.sealed).is_not(None),
            )
            .order_by(col(StatisticsRelease.number).desc())
            .limit(1)
        )
        with self._engine.execution_options(read_only=True).connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        opened = self._vault.open(row.sealed, _release_context(actor_id, purpose, row.number))
        return _from_bytes(row.number, opened)

    def _counted(self, grant_id: str, sealed: bytes, since: int) -> Counted | None:
        try:
            return Counted.from_bytes(self._vault.open(sealed, _context(grant_id)), since)
        except Exception:
            return None


def _is(actor_id: str, purpose: str, number: int) -> Any:
    return and_(
        col(StatisticsRelease.actor_id) == actor_id,
        col(StatisticsRelease.purpose) == purpose,
        col(StatisticsRelease.number) == number,
    )


def _has_pay(counted: Counted) -> bool:
    return counted.contribution.pay is not None


def _to_bytes(release: Release) -> bytes:
    regions = {
        name: {
            "cells": {skill: [cell.lacking, cell.workers] for skill, cell in region.cells.items()},
            "contributors": region.contributors,
            "made_in": region.made_in,
            "threshold": region.threshold,
        }
        for name, region in release.regions.items()
    }
    return orjson.dumps({"regions": regions, "pay": [[*key, _plain_cell(cell)] for key, cell in release.pay.items()]})


def _from_bytes(number: int, stored: bytes) -> Release:
    plain = orjson.loads(stored)
    regions = {
        name: Region(
            cells={
                SkillId(skill): Cell(lacking=lacking, workers=workers)
                for skill, (lacking, workers) in each["cells"].items()
            },
            contributors=each["contributors"],
            made_in=each["made_in"],
            threshold=each["threshold"],
        )
        for name, each in plain["regions"].items()
    }
    return Release(number=number, regions=regions, pay={_key(each): _pay_cell(each[3]) for each in plain["pay"]})


def _plain_cell(cell: PayCell) -> list[Any]:
    """Return a cell as plain values, in the order in which `_pay_cell` reads them."""
    told, source = cell.quarters, cell.source
    return [
        None if told is None else [str(told.lower), str(told.middle), str(told.upper), told.workers],
        None if source is None else [*source.key, source.made_in, source.people],
        cell.made_in,
        dict(cell.people),
        cell.threshold,
    ]


def _pay_cell(plain: Sequence[Any]) -> PayCell:
    told, source, made_in, people, threshold = plain
    return PayCell(
        quarters=None
        if told is None
        else PayQuarters(lower=Decimal(told[0]), middle=Decimal(told[1]), upper=Decimal(told[2]), workers=told[3]),
        source=None if source is None else Source(_key(source), source[3], source[4]),
        made_in=made_in,
        people=people,
        threshold=threshold,
    )


def _key(plain: Sequence[Any]) -> PayKey:
    region, currency, skill = plain[:3]
    return PayKey(region, currency, SkillId(skill))


def _context(grant_id: str) -> str:
    return f"statistics:contribution:{grant_id}"


def _release_context(actor_id: str, purpose: str, number: int) -> str:
    return f"statistics:release:{actor_id}:{purpose}:{number}"
