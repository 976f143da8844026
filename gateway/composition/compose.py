"""`compose`: subgraph SDLs in, a supergraph or the reasons against it out.

```
SubgraphSDL ─expand─► Subgraph ─validate─► Subgraph ─upgrade─► Subgraph (Federation 2)
            ─merge─► Merged ─post-merge rules─► Merged ─satisfiability─► Composed
```
Each arrow collects every error it finds; the first stage that finds any ends the composition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from .api import merged_api_sdl
from .errors import CompositionError, Hint
from .merge.merge import Merged, merge_subgraphs
from .postmerge import check_merged, check_supergraph
from .satisfiability import check_satisfiability, too_late
from .subgraph.expand import expand
from .subgraph.model import Subgraph, SubgraphSDL
from .subgraph.upgrade import upgrade
from .supergraph import print_supergraph
from .validate import validate


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """The supergraph."""

    supergraph_sdl: str
    api_schema_sdl: str
    hints: tuple[Hint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositionFailed:
    """The reasons why there is no supergraph; at least one."""

    errors: tuple[CompositionError, ...]
    hints: tuple[Hint, ...] = ()

    def __str__(self) -> str:
        return "\n".join(str(e) for e in self.errors)


class Rule(Protocol):
    """A rule of the caller's own, with codes of its own."""

    def check_subgraphs(self, subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
        """Errors in the expanded, validated subgraphs, before the merge."""
        ...

    def check_supergraph(self, merged: Merged) -> Iterator[CompositionError]:
        """Errors in the merged schema."""
        ...


def _shared_names(sources: list[SubgraphSDL]) -> Iterator[CompositionError]:
    for previous, source in pairwise(sources):
        if previous.name == source.name:
            message = f'Two subgraphs are named "{source.name}": give each a name of its own'
            yield CompositionError(code="INVALID_SUBGRAPH_NAME", message=message)


def compose(
    subgraphs: Iterable[SubgraphSDL], *, rules: Sequence[Rule] = (), is_late: Callable[[], bool] = lambda: False
) -> Composed | CompositionFailed:
    """Compose subgraphs into a supergraph (join v0.3–v0.5, the lowest that fits).

    The order of the subgraphs does not matter and the output is the same, byte for byte, for the
    same input. `is_late` bounds the work as its caller measures it: `COMPOSITION_TIME_EXCEEDED`.
    """
    sources = sorted(subgraphs, key=lambda s: s.name)
    errors = list(_shared_names(sources))
    expanded = []
    for source in sources:
        if is_late():
            return CompositionFailed(errors=(too_late(),))
        result = expand(source)
        if isinstance(result, list):
            errors.extend(result)
            continue
        errors.extend(validate(result))
        expanded.append(result.subgraph)
    if errors:
        return CompositionFailed(errors=tuple(errors))
    upgraded = upgrade(tuple(expanded))
    if isinstance(upgraded, list):
        return CompositionFailed(errors=tuple(upgraded))
    for rule in rules:
        errors.extend(rule.check_subgraphs(upgraded))
    if errors:
        return CompositionFailed(errors=tuple(errors))
    if is_late():
        return CompositionFailed(errors=(too_late(),))
    merged = merge_subgraphs(upgraded)
    errors.extend(merged.errors)
    errors.extend(check_merged(merged))
    if not errors:
        errors.extend(check_supergraph(merged))
    if not errors:
        for rule in rules:
            errors.extend(rule.check_supergraph(merged))
    if errors:
        return CompositionFailed(errors=tuple(errors), hints=merged.hints)
    unsatisfiable, hints = check_satisfiability(merged, is_late=is_late)
    if unsatisfiable:
        return CompositionFailed(errors=tuple(unsatisfiable), hints=merged.hints)
    sdl = print_supergraph(merged)
    return Composed(supergraph_sdl=sdl, api_schema_sdl=merged_api_sdl(merged), hints=(*merged.hints, *hints))
