"""Which groups become one request, and in what order.

A group's level is the number of requests before it. Entity groups of one level and one subgraph become one
request; so nothing waits for more than it needs. A group that stands for a family is one part of a request to each
of its members' subgraphs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.planner.draft import Group


@dataclass(frozen=True, slots=True)
class Part:
    """A group in a request; `member` is the concrete type when the group stands for a family."""

    group: Group
    member: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Parts that are one request. `level` counts from 0."""

    subgraph: str
    level: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, order=True)
class Cost:
    """What plans are compared by: requests, requests one after the other, fields selected."""

    fetches: int
    depth: int
    fields: int


def schedule(groups: Sequence[Group]) -> list[Batch]:
    """Put `groups` into requests, in topological order."""
    levels = _levels(groups)
    batches: dict[tuple[int, str, int, int], list[Part]] = {}
    for group in groups:
        level = levels[group]
        for member, subgraph in group.members.items():
            batches.setdefault((level, subgraph, -1, group.part), []).append(Part(group, member))
        if not group.members:
            # Root fetches are one per subgraph already; those below the root and mutations stay on their own.
            alone = group.number if not group.shapes else -1
            batches.setdefault((level, group.subgraph, alone, group.part), []).append(Part(group))
    return [
        Batch(subgraph=subgraph, level=level, parts=tuple(parts))
        for (level, subgraph, _, _), parts in sorted(batches.items(), key=lambda item: item[0])
    ]


def cost(groups: Sequence[Group], batches: Sequence[Batch]) -> Cost:
    """Return the cost of a schedule of `groups`."""
    fields = 0
    for group in groups:
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
