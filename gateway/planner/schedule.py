"""Which groups become one request, and in what order.

A group's level is the number of requests before it. Entity groups of one level and one subgraph become one
request; so nothing waits for more than it needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.planner.draft import Group


@dataclass(frozen=True, slots=True)
class Batch:
    """Groups that are one request. `level` counts from 0."""

    subgraph: str
    level: int
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True, order=True)
class Cost:
    """What plans are compared by: requests, requests one after the other, fields selected."""

    fetches: int
    depth: int
    fields: int


def schedule(groups: Sequence[Group]) -> list[Batch]:
    """Put `groups` into requests, in topological order."""
    levels = _levels(groups)
    batches: dict[tuple[int, str, int], list[Group]] = {}
    for group in groups:
        # Root fetches are one per subgraph already; those below the root and mutations stay on their own.
        alone = group.number if not group.shapes else -1
        batches.setdefault((levels[group], group.subgraph, alone), []).append(group)
    return [
        Batch(subgraph=subgraph, level=level, groups=tuple(members))
        for (level, subgraph, _), members in sorted(batches.items(), key=lambda item: item[0])
    ]


def cost(batches: Sequence[Batch]) -> Cost:
    """Return the cost of a schedule."""
    fields = 0
    for batch in batches:
        for group in batch.groups:
            stack = list(group.roots.values())
            while stack:
                node = stack.pop()
                fields += len(node.fields)
                stack.extend(selected.child for selected in node.fields.values() if selected.child)
    depth = 1 + max((batch.level for batch in batches), default=-1)
    return Cost(len(batches), depth, fields)


def _levels(groups: Sequence[Group]) -> dict[Group, int]:
    levels: dict[Group, int] = {}
    for start in groups:
        stack = [start]
        while stack:
            group = stack[-1]
            waiting = [dep for dep in group.deps if dep not in levels]
            if waiting:
                stack.extend(waiting)
                continue
            stack.pop()
            levels[group] = 1 + max((levels[dep] for dep in group.deps), default=-1)
    return levels
