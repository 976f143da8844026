"""What lease transactions ask of a database and write into it, on one dedicated connection, straight on the driver.

This is the hot path of the gate, so it goes round SQLAlchemy's statement layer. The SQL is the same for both
databases but for how it reads a list (`statements.py`); when it travels, and what may be spared, differs: `sqlite.py`,
`postgresql.py`.
A `LeaseStore` is used by one caller at a time. Its connection also holds the process's proof of life on PostgreSQL.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from consent.ddl import create_statements
from consent.leases.decision import GrantState, GrantTerms
from consent.leases.liveness import Proof, host_name
from consent.leases.statements import ENDED_GRANTS, Call, Rows, listed
from consent.vocabulary import ANY_PLATFORM


class LeaseStoreError(Exception):
    """The database cannot keep leases: `code` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


MAX_SKEW = timedelta(seconds=5)
"""How far a process's clock may be from the database's."""


def compare_clocks(here: datetime, there: datetime) -> None:
    """Raise `LeaseStoreError` (`LEASES_CLOCK_SKEW`) when this machine's clock is far from the database's."""
    if abs(here - there) > MAX_SKEW:
        way = "ahead of" if here > there else "behind"
        raise LeaseStoreError(
            "LEASES_CLOCK_SKEW",
            f"This machine's clock is {abs(here - there)} {way} the database's; set them right. Nothing is allowed "
            "while they differ, because grants would end too early or too late.",
        )


RESTORED = "LEASES_DATABASE_RESTORED"


def database_restored() -> LeaseStoreError:
    """Return the error for a database that knows less than it did."""
    return LeaseStoreError(
        RESTORED,
        "The database is older than it was: a backup was restored. Stop every process and run gigway restore.",
    )


@dataclass(frozen=True, slots=True)
class StopNumber:
    """Up to which stop a database has been read, and which one that was; 0 for none."""

    seq: int = 0
    kind: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class AccountFact:
    """An account's gate and its platform's."""

    worker_id: str
    platform: str
    open: bool
    platform_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FactKeys:
    """Whom the questions of a transaction are about and who asks them. They come from outside and may name nobody."""

    accounts: frozenset[str] = frozenset()
    workers: frozenset[str] = frozenset()
    actors: frozenset[str] = frozenset()
    clients: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRows:
    """What the database knows about `FactKeys`.

    `grants` has an entry for every worker who is not erased: the grants in force that were given to the actors.
    `actors` are those not suspended; `closed` are the disabled ones of the clients, and of the grants' clients.
    """

    accounts: Mapping[str, AccountFact]
    grants: Mapping[str, list[GrantState]]
    actors: frozenset[str]
    closed: frozenset[str]


class LeaseStore(ABC):
    """One connection, one process identity. Any driver error leaves it unusable: make a new one."""

    def __init__(self, engine: Engine, *, master_keys: str = "") -> None:
        """Connect, check that stops cannot go unnoticed, and write this process down. Raises what the driver raises."""
        self._engine = engine
        self._master_keys = master_keys
        pooled = engine.raw_connection()
        driver = pooled.driver_connection
        pooled.detach()
        if driver is None:
            raise LeaseStoreError("LEASES_NO_CONNECTION", "The database gave no connection for leases.")
        self._connection: Any = driver
        self._cursor: Any = driver.cursor()
        self._terms: dict[str, GrantTerms] = {}
        self.seen = StopNumber()
        try:
            self._set_up()
            self._check_triggers()
            self.check_clock()
            self._proof = self._take_proof()
            self.process_id = self._register(self._proof)
            newest = self._cursor.execute("SELECT seq, kind, ref FROM stop_notice ORDER BY seq DESC LIMIT 1").fetchone()
            self.seen = StopNumber(*newest) if newest else StopNumber()
            self._forget_what_is_known()
        except Exception:
            self._connection.close()
            raise

    # -- what differs ------------------------------------------------------------------------------------------

    @abstractmethod
    def begin(self, ahead: FactKeys | None = None) -> bool:
        """Start a lease transaction: from now to its end no permission is ended by anyone.

        False when the database vouches for it that nobody else has written since the one before. `ahead` says what
        `facts` will be asked for.
        """

    def try_begin(self) -> bool | None:
        """Like `begin`, but None where that would have to wait."""
        return None

    def has_news(self) -> bool:
        """Whether a look at `stops` may find something: false when the database says that nobody else has written."""
        return True

    @abstractmethod
    def instant(self, value: datetime) -> str:
        """Return `value` as rows for `write` carry it."""

    @abstractmethod
    def write(
        self, *, leases: Sequence[Sequence[object]], events: Sequence[Sequence[object]], closed: Sequence[int]
    ) -> None:
        """Write new leases and events (`LEASE_COLUMNS`, `EVENT_COLUMNS`), delete the closed leases, and commit.

        Events are on disk when this returns. Leases need not be: should the server crash, every process has lost
        the connection that proves it alive, and its leases with it.
        """

    @property
    @abstractmethod
    def wants_checkpoint(self) -> bool:
        """Whether `checkpoint` is due."""

    @abstractmethod
    def checkpoint(self) -> None:
        """Let the database tidy up if that is due. This waits for the disk."""

    @abstractmethod
    def check_clock(self) -> None:
        """Refuse to decide on expiry by a clock that the database's, which all processes share, does not bear out."""

    @abstractmethod
    def _set_up(self) -> None:
        """Make the connection one for leases."""

    @abstractmethod
    def _take_proof(self) -> Proof:
        """Take the lock that proves this process alive: it is held before others can see the process's row."""

    @abstractmethod
    def _ask(self, calls: Sequence[Call]) -> list[Rows]:
        """Return the rows of each call."""

    @abstractmethod
    def _triggers(self, names: str) -> set[str]:
        """Return those of the triggers `names` (`listed`) that are there and in force."""

    @abstractmethod
    def _from_instant(self, value: Any) -> datetime: ...

    @abstractmethod
    def _forget_what_is_known(self) -> None:
        """Read everything in the next transaction: what the last one was to read has perhaps not been read."""

    @abstractmethod
    def _is_open(self) -> bool:
        """Undo an unfinished transaction; whether the connection can be used."""

    # -- what is read ------------------------------------------------------------------------------------------

    def stops(self) -> list[tuple[str, str]]:
        """Return what ended since the last call, as (kind, reference), oldest first.

        Raises `LeaseStoreError` (`LEASES_DATABASE_RESTORED`) when the last one is there no more.
        """
        return self.stops_after(self.seen)

    def stops_after(self, seen: StopNumber) -> list[tuple[str, str]]:
        """Return what ended after `seen`, as `stops` does."""
        (rows,) = self._ask([("stops", (seen.seq,))])
        return self._take_in(seen, rows)

    def _take_in(self, seen: StopNumber, rows: Rows) -> list[tuple[str, str]]:
        if seen.seq:
            if not rows or StopNumber(*rows[0]) != seen:
                raise database_restored()
            del rows[0]
        if rows:
            self.seen = StopNumber(*rows[-1])
        return [(kind, ref) for _, kind, ref in rows]

    def facts(self, keys: FactKeys) -> FactRows:
        """Return what decisions about `keys` rest on."""
        return self._understand(keys, self._ask(fact_calls(keys)))

    def ended_grants(self, workers: Collection[str], actors: Collection[str]) -> dict[str, list[GrantState]]:
        """Return the last grants that `workers` once gave to `actors`: only reasons are drawn from them."""
        (rows,) = self._ask([("ended", (listed(workers), listed(actors), ENDED_GRANTS))])
        return self._by_worker(rows)

    def _understand(self, keys: FactKeys, results: Sequence[Rows]) -> FactRows:
        accounts, grants, parties = results
        closed = {client_id for *_, client_id in grants if client_id is not None}
        return FactRows(
            accounts={row[0]: AccountFact(row[1], row[2], bool(row[3]), bool(row[4])) for row in accounts},
            grants=self._by_worker(grants),
            actors=frozenset(ref for kind, ref in parties if kind == 1),
            closed=frozenset(closed.union(ref for kind, ref in parties if kind == 2)),
        )

    def _by_worker(self, rows: Rows) -> dict[str, list[GrantState]]:
        self._load_terms([row[1] for row in rows if row[1] is not None and row[1] not in self._terms])
        found: dict[str, list[GrantState]] = {}
        for worker_id, grant_id, expires_at, status, *_ in rows:
            grants = found.setdefault(worker_id, [])
            if grant_id is not None:
                grants.append(
                    GrantState(
                        terms=self._terms[grant_id],
                        live=status == "active",
                        expires_at=self._from_instant(expires_at),
                        expired=status == "expired",
                    )
                )
        return found

    def _load_terms(self, ids: Sequence[str]) -> None:
        """Read what never changes in grants. Triggers forbid that it ever does, so it is kept."""
        if not ids:
            return
        if len(self._terms) > 50_000:
            self._terms.clear()
        items: dict[str, dict[tuple[str, str], bool]] = {}
        versions: dict[str, dict[str, int]] = {}
        item_rows, grant_rows = self._ask([("items", (listed(ids),)), ("terms", (listed(ids),))])
        for grant_id, platform, category, granted, version in item_rows:
            items.setdefault(grant_id, {})[platform, category] = bool(granted)
            if platform == ANY_PLATFORM:
                versions.setdefault(grant_id, {})[category] = version
        for row in grant_rows:
            self._terms[row[0]] = GrantTerms(
                id=row[0],
                worker_id=row[1],
                actor_id=row[2],
                client_id=row[3],
                purpose=row[4],
                items=items.get(row[0], {}),
                versions=versions.get(row[0], {}),
            )

    # -- this process ------------------------------------------------------------------------------------------

    def prove_writable(self) -> None:
        """Change nothing in a way that must be written: a full or write-protected disk refuses it."""
        self._ask([("prove", (self.process_id,))])

    def retire(self, events: Sequence[Sequence[object]], now: datetime) -> None:
        """Write the last events, give up every lease of this process and its identity, and close."""
        self.begin()
        self._ask([("disown", (self.process_id,)), ("end", (self.process_id, self.instant(now)))])
        self.write(leases=(), events=events, closed=())
        self._proof.drop()
        self._connection.close()

    def rolled_back(self) -> bool:
        """Undo an unfinished transaction; false when the connection, and with it the proof of life, is gone."""
        self._forget_what_is_known()
        try:
            return self._is_open()
        except Exception:
            return False

    def abandon(self) -> None:
        """Close without tidying up: the proof of life goes, and others may take the leases away."""
        with suppress(OSError):
            self._proof.abandon()
        with suppress(Exception):
            self._cursor.close()  # SQLite ends no transaction of a connection whose statements are not done
            self._connection.rollback()
        with suppress(Exception):
            self._connection.close()

    def _register(self, proof: Proof) -> int:
        started = self.instant(datetime.now(UTC))
        self.begin()
        ((row,),) = self._ask([("register", (proof.kind, proof.name, host_name(), self._master_keys, started))])
        self.write(leases=(), events=(), closed=())
        return int(row[0])

    def _check_triggers(self) -> None:
        """Refuse a database whose stops would go unnoticed."""
        statements = create_statements(self._engine.dialect.name)
        names = {found[1] for each in statements if (found := _TRIGGER.match(each))}
        if self._triggers(listed(names)) != names:
            raise LeaseStoreError(
                "LEASES_NO_TRIGGERS", "The database lacks consent's triggers; run the migrations first."
            )


_TRIGGER = re.compile(r"CREATE TRIGGER (?:IF NOT EXISTS )?(\w+)")


def fact_calls(keys: FactKeys) -> list[Call]:
    """Return what is to be asked for `LeaseStore.facts`."""
    workers, accounts, actors = listed(keys.workers), listed(keys.accounts), listed(keys.actors)
    return [
        ("accounts", (accounts,)),
        ("grants", (workers, accounts, actors)),
        ("parties", (actors, listed(keys.clients))),
    ]
