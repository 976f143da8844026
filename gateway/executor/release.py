"""The second look: immediately before the answer leaves, the gate is asked which permissions have ended meanwhile.

Data under an ended permission, and all that was computed from it, is taken out of the tree. When the gate cannot
answer, everything that needed a permit is taken out.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.executor.context import RequestContext
from gateway.executor.disclosure import ENDED, UNAVAILABLE, remaining
from gateway.executor.failures import FailureReporter
from gateway.executor.hooks import Denial, Gate
from gateway.executor.paths import DataPath, JsonObject, find_values
from gateway.executor.provenance import Ledger, Unit, remove
from gateway.subgraph import Permit

_NONE: frozenset[str] = frozenset()

logger = logging.getLogger(__name__)


class Releasable(Protocol):
    """What is looked at once more: a run's tree, what brought it, and where refusals are reported."""

    @property
    def context(self) -> RequestContext:
        """The request."""
        ...

    @property
    def tree(self) -> JsonObject:
        """Everything that was fetched."""
        ...

    @property
    def ledger(self) -> Ledger:
        """Which permit brought what."""
        ...

    @property
    def reporter(self) -> FailureReporter:
        """The errors so far."""
        ...

    def refuse(self, path: DataPath, denial: Denial) -> None:
        """Report what is taken out."""
        ...


async def release(run: Releasable, gate: Gate, permits: Sequence[Permit]) -> bool:
    """Ask the gate about `permits` and prune; tell whether anything was taken out."""
    denial = ENDED
    ended: Mapping[Permit, frozenset[str]]
    try:
        ended = await gate.release(permits, run.context.session, disclosed(run.ledger.units, permits))
    except Exception:
        logger.exception("gate failed")
        denial = UNAVAILABLE
        ended = dict.fromkeys(permits, frozenset(_all_scopes(run.ledger.units)))
    return bool(ended) and prune(run, ended, denial)


def disclosed(units: Sequence[Unit], permits: Sequence[Permit]) -> dict[Permit, dict[str, int]]:
    """Count, per permit and scope, the entities in the answer."""
    asked = set(permits)
    counts: dict[Permit, dict[str, int]] = {}
    for unit in units:
        if unit.permit is None or unit.permit not in asked or not unit.keys:
            continue
        per_scope = counts.setdefault(unit.permit, {})
        for scope in sorted(unit.scopes) if len(unit.scopes) > 1 else unit.scopes:
            per_scope[scope] = per_scope.get(scope, 0) + 1
    return counts


def prune(run: Releasable, ended: Mapping[Permit, frozenset[str]], denial: Denial) -> bool:
    """Take out what is no longer permitted; tell whether there was any."""
    gone = {id(permit): scopes for permit, scopes in ended.items() if scopes}
    taken: list[tuple[Unit, tuple[str, ...]]] = []
    for unit in run.ledger.units:
        lost = gone.get(id(unit.permit), frozenset())
        used = any(gone.get(id(each.permit), _NONE) & each.scopes for each in unit.sources)
        if used or lost & unit.sent:
            taken += [(unit, (key,)) for key in sorted(unit.keys)]
        elif lost:
            taken += [(unit, cut.keys) for cut in remaining(unit.selections, unit.scopes, lost)]
    if not taken:
        return False
    where = find_values(run.tree, {id(value) for unit, _ in taken for value in unit.objects})
    paths = [(*path, keys[0]) for unit, keys in taken for value in unit.objects for path in where.get(id(value), ())]
    _forget_errors(run, {unit.subgraph for unit, _ in taken})
    for path in _topmost(paths):
        run.refuse(path, denial)
    for unit, keys in taken:
        for value in unit.objects:
            remove(value, keys)
    return True


def _topmost(paths: Sequence[DataPath]) -> list[DataPath]:
    known = set(paths)
    return [path for path in dict.fromkeys(paths) if not any(path[:length] in known for length in range(1, len(path)))]


def _forget_errors(run: Releasable, services: set[str]) -> None:
    """Texts that a subgraph wrote may tell what was in the data: they go with it."""
    run.reporter.errors[:] = [
        error for error in run.reporter.errors if error.get("extensions", {}).get("service") not in services
    ]


def _all_scopes(units: Sequence[Unit]) -> set[str]:
    return {scope for unit in units for scope in unit.scopes}
