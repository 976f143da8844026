"""What witnesses have signed: taken in when it holds, and shown beside the checkpoints that it is about.

Only witnesses that the operator has named count. Whoever sends lines costs at most a few signature checks; nothing is
written before all of them hold, and nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, Engine, Select, func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from consent.audit.keys import KeyType, NoteError, VerifierKey
from consent.audit.models import AuditCheckpoint, AuditCosignature
from consent.audit.note import Signature, read_signatures, split_note
from consent.columns import utc_now

MAX_LINES: Final = 16
"""How many signature lines are taken at once."""

CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""How far ahead of ours a witness's clock may be."""

SILENT_AFTER: Final = timedelta(hours=1)
"""How long a checkpoint may wait for a witness before the witness is called silent."""

RefusalCode = Literal["COSIGNATURE_MALFORMED", "WITNESS_UNKNOWN", "CHECKPOINT_UNKNOWN", "COSIGNATURE_WRONG"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CosignatureRefused:
    """Why lines were not taken; none of them was."""

    code: RefusalCode
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessStanding:
    """How far a witness is. `size` and `at` are of the newest checkpoint that it has cosigned; None without any.

    `behind` counts the events since; `is_silent` says that a checkpoint has waited too long for it.
    """

    name: str
    key_id: str
    size: int | None
    at: datetime | None
    behind: int
    is_silent: bool


class Cosignatures:
    """Takes and shows the cosignatures of the witnesses whose keys it is given."""

    def __init__(
        self, engine: Engine, witnesses: Iterable[VerifierKey] = (), *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        """Raises `ValueError` for a key that is not a witness's."""
        self._engine = engine
        self._reader = engine.execution_options(read_only=True)
        self._keys = {(key.name, key.id): key for key in witnesses}
        self._clock = clock
        if any(key.type is not KeyType.WITNESS for key in self._keys.values()):
            raise ValueError("the key of a witness is of type 0x04")

    @property
    def witnesses(self) -> tuple[VerifierKey, ...]:
        """The witnesses that count."""
        return tuple(self._keys.values())

    def take(self, size: int, lines: str) -> CosignatureRefused | None:
        """Keep the signature lines of the checkpoint of `size` leaves: all of them, or none and say why."""
        try:
            signatures = read_signatures(lines)
        except NoteError as error:
            return CosignatureRefused(code="COSIGNATURE_MALFORMED", message=str(error))
        if len(signatures) > MAX_LINES:
            return CosignatureRefused(code="COSIGNATURE_MALFORMED", message=f"Send at most {MAX_LINES} lines.")
        for signature in signatures:
            if (signature.name, signature.key_id) not in self._keys:
                message = f"The operator has not named {signature.name} with this key as a witness."
                return CosignatureRefused(code="WITNESS_UNKNOWN", message=message)
        with self._reader.connect() as connection:
            note = connection.execute(
                select(col(AuditCheckpoint.note)).where(col(AuditCheckpoint.size) == size)
            ).scalar_one_or_none()
            kept = connection.execute(
                select(col(AuditCosignature.witness), col(AuditCosignature.key_id)).where(
                    col(AuditCosignature.size) == size
                )
            ).all()
        if note is None:
            return CosignatureRefused(code="CHECKPOINT_UNKNOWN", message=f"No checkpoint of {size} leaves was signed.")
        body, _ = split_note(note)
        latest = (self._clock() + CLOCKS_DIFFER).timestamp()
        for signature in signatures:
            if not self._keys[signature.name, signature.key_id].verifies(signature.value, body):
                message = f"The line of {signature.name} does not sign the checkpoint of {size} leaves of this log."
                return CosignatureRefused(code="COSIGNATURE_WRONG", message=message)
            if signature.cosigned_at > latest:
                message = f"The line of {signature.name} is dated in the future; set the witness's clock."
                return CosignatureRefused(code="COSIGNATURE_WRONG", message=message)
        known = {(row.witness, row.key_id) for row in kept}
        fresh = [each for each in signatures if (each.name, each.key_id.hex()) not in known]
        if fresh:
            self._keep(size, fresh)
        return None

    def newest(self) -> str | None:
        """Return the newest checkpoint, with the cosignatures that it has already."""
        return self._note(select(func.max(col(AuditCheckpoint.size))))

    def cosigned(self, witness: str | None = None) -> str | None:
        """Return the newest checkpoint that a witness, or that of this name, has cosigned, with the cosignatures.

        None while there is none.
        """
        size = self._newest_cosigned()
        return self._note(size if witness is None else size.where(col(AuditCosignature.witness) == witness))

    def cosigned_size(self) -> int | None:
        """Return the size of that checkpoint."""
        with self._reader.connect() as connection:
            return connection.execute(self._newest_cosigned()).scalar()

    def lines(self, size: int) -> str:
        """Return the cosignatures of the checkpoint of `size` leaves, as they follow its note."""
        with self._reader.connect() as connection:
            return "".join(self._lines(connection, size))

    def standing(self) -> list[WitnessStanding]:
        """Return how far each witness is."""
        with self._reader.connect() as connection:
            total = connection.execute(select(func.max(col(AuditCheckpoint.size)))).scalar() or 0
            return [self._standing(connection, key, total) for key in self._keys.values()]

    def _standing(self, connection: Connection, key: VerifierKey, total: int) -> WitnessStanding:
        newest = connection.execute(
            select(col(AuditCosignature.size), col(AuditCosignature.line))
            .where(col(AuditCosignature.witness) == key.name, col(AuditCosignature.key_id) == key.id.hex())
            .order_by(col(AuditCosignature.size).desc())
            .limit(1)
        ).one_or_none()
        size = 0 if newest is None else newest.size
        waiting = connection.execute(
            select(col(AuditCheckpoint.at))
            .where(col(AuditCheckpoint.size) > size)
            .order_by(col(AuditCheckpoint.size))
            .limit(1)
        ).scalar()
        return WitnessStanding(
            name=key.name,
            key_id=key.id.hex(),
            size=None if newest is None else newest.size,
            at=None if newest is None else _cosigned_at(newest.line),
            behind=total - size,
            is_silent=waiting is not None and self._clock() - waiting > SILENT_AFTER,
        )

    def _newest_cosigned(self) -> Select[Any]:
        return select(func.max(col(AuditCosignature.size))).where(self._counts())

    def _counts(self) -> Any:
        wanted = [(name, key_id.hex()) for name, key_id in self._keys]
        return tuple_(col(AuditCosignature.witness), col(AuditCosignature.key_id)).in_(wanted)

    def _note(self, size: Select[Any]) -> str | None:
        with self._reader.connect() as connection:
            row = connection.execute(
                select(col(AuditCheckpoint.size), col(AuditCheckpoint.note)).where(
                    col(AuditCheckpoint.size) == size.scalar_subquery()
                )
            ).one_or_none()
            return None if row is None else row.note + "".join(self._lines(connection, row.size))

    def _lines(self, connection: Connection, size: int) -> Sequence[str]:
        return (
            connection.execute(
                select(col(AuditCosignature.line))
                .where(col(AuditCosignature.size) == size, self._counts())
                .order_by(col(AuditCosignature.witness), col(AuditCosignature.key_id))
            )
            .scalars()
            .all()
        )

    def _keep(self, size: int, signatures: Iterable[Signature]) -> None:
        rows = [
            {
                "size": size,
                "witness": each.name,
                "key_id": each.key_id.hex(),
                "line": each.text,
                "at": self._clock(),
            }
            for each in signatures
        ]
        with self._engine.begin() as connection:
            insert_once = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(AuditCosignature)
            connection.execute(insert_once.on_conflict_do_nothing(), rows)


def _cosigned_at(line: str) -> datetime | None:
    """Return when a stored line was made; None for one that cannot be read any more, which `verify_log` finds."""
    try:
        return datetime.fromtimestamp(read_signatures(line)[0].cosigned_at, UTC)
    except (ValueError, OverflowError, OSError):
        return None
