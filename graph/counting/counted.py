"""A contribution in the counts, and since which release each part of it is there as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import orjson

from graph.counting.contribution import Contribution
from graph.model import SkillId

EVER = 0
"""In place of a release, where somebody may have been in the counts before: then they never pass for somebody new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A contribution; region and skills lacked are as they are since `since`, each pay since its `paid_since`."""

    contribution: Contribution
    since: int
    paid_since: Mapping[tuple[str, SkillId], int] = field(default_factory=dict, hash=False)

    @classmethod
    def after(cls, known: Counted | None, read: Contribution, number: int) -> Counted:
        """Return what is counted from release `number` on, after something was read. What was not read stays."""
        before = None if known is None else known.contribution
        if read.pay is None and before is not None:
            read = replace(read, pay=before.pay)
        stays = known is not None and before is not None and before.region == read.region
        lacks_the_same = stays and before is not None and before.lacking == read.lacking
        old = before.pay or {} if stays and before is not None else {}
        return cls(
            contribution=read,
            since=known.since if known is not None and lacks_the_same else number,
            paid_since={
                key: known.paid_since.get(key, number) if known is not None and old.get(key) == rate else number
                for key, rate in (read.pay or {}).items()
            },
        )

    def to_bytes(self) -> bytes:
        """Return the stored form, but for `since`."""
        since = [(currency, skill, number) for (currency, skill), number in sorted(self.paid_since.items())]
        return orjson.dumps([orjson.Fragment(self.contribution.to_bytes()), since])

    @classmethod
    def from_bytes(cls, stored: bytes, since: int) -> Counted:
        """Read the stored form."""
        plain = orjson.loads(stored)
        return cls(
            contribution=Contribution.from_bytes(orjson.dumps(plain[0])),
            since=since,
            paid_since={(currency, SkillId(skill)): number for currency, skill, number in plain[1]},
        )
