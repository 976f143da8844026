"""What the parts of the merge share: the subgraphs, what was found, and how it is worded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from gateway.composition.errors import CompositionError, Hint, Location, located
from gateway.composition.schema.model import Applied, At, DirectiveDef, Kind, TypeDef
from gateway.composition.subgraph.fieldset import Coordinate
from gateway.composition.subgraph.model import Subgraph
from gateway.composition.subgraph.usage import Usage

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Override:
    """What `@override` says of one field: which sources it takes out of service."""

    used: frozenset[int] = frozenset()
    """Overridden, but still needed in its subgraph by a key, `@requires`, or an interface."""
    unused: frozenset[int] = frozenset()
    labels: Mapping[int, str] = field(default_factory=dict)
    """The label of a progressive override, for both its ends."""

    def disables(self, index: int) -> bool:
        """Whether the field of that subgraph no longer counts as resolved there."""
        return index in self.used or index in self.unused


NO_OVERRIDE = Override()


@dataclass(slots=True, kw_only=True)
class Merge:
    """The working state of one merge; sources are dictionaries by subgraph index."""

    subgraphs: tuple[Subgraph, ...]
    usages: tuple[Usage, ...]
    graphs: tuple[str, ...]
    """The `join__Graph` value of each subgraph."""
    errors: list[CompositionError] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)
    overrides: dict[Coordinate, Override] = field(default_factory=dict)
    kinds: dict[str, Kind] = field(default_factory=dict)
    interfaces: dict[str, frozenset[str]] = field(default_factory=dict)
    """Interfaces of each object and interface type, over all subgraphs."""
    members: dict[str, frozenset[str]] = field(default_factory=dict)
    """Members of each union, over all subgraphs."""
    interface_objects: dict[str, frozenset[int]] = field(default_factory=dict)
    """The subgraphs that know an interface as an object."""
    sources: dict[str, dict[int, TypeDef]] = field(default_factory=dict)
    input_use: dict[str, str] = field(default_factory=dict)
    """Enums used as input, with a coordinate that does."""
    output_use: dict[str, str] = field(default_factory=dict)

    spec_names: dict[str, str] = field(default_factory=dict)
    """What the supergraph calls the specified directives that it keeps."""
    composed: dict[tuple[int, str], str] = field(default_factory=dict)
    """Custom directives by subgraph and local name, and what the supergraph calls them."""
    directives: dict[str, DirectiveDef] = field(default_factory=dict)
    """Definitions of the directives that the supergraph keeps."""
    scalars: list[str] = field(default_factory=list)
    """Scalars that those definitions need."""

    def supergraph_directive(self, index: int, directive: Applied) -> str | None:
        """What an application in a subgraph is called in the supergraph; None if it is dropped."""
        if directive.spec in ("deprecated", "specifiedBy"):
            return directive.spec
        name = self.spec_names.get(directive.spec) if directive.spec != "fromContext" else None
        return name or self.composed.get((index, directive.name))

    def is_repeatable(self, name: str) -> bool:
        """Whether a directive of the supergraph may be applied more than once."""
        definition = self.directives.get(name)
        return definition is not None and definition.repeatable

    def is_external(self, index: int, coordinate: Coordinate) -> bool:
        """Whether the field is external in that subgraph."""
        return coordinate in self.usages[index].external

    def is_fully_external(self, index: int, coordinate: Coordinate) -> bool:
        """External, and not provided on any path either."""
        facts = self.usages[index]
        return coordinate in facts.external and coordinate not in facts.provided

    def override(self, coordinate: Coordinate) -> Override:
        """What `@override` says of a field."""
        return self.overrides.get(coordinate, NO_OVERRIDE)

    def is_interface_object(self, index: int, name: str) -> bool:
        """Whether a subgraph knows an interface as an object."""
        return index in self.interface_objects.get(name, ())

    def names(self, indexes: Iterable[int]) -> list[str]:
        """The names of subgraphs, in order."""
        return [self.subgraphs[i].name for i in sorted(indexes)]

    def places(self, elements: Mapping[int, object]) -> tuple[Location, ...]:
        """Where the elements of several subgraphs stand."""
        found: tuple[Location, ...] = ()
        for index, element in elements.items():
            found += located(self.subgraphs[index].name, getattr(element, "at", None))
        return found

    def origin(self, elements: Mapping[int, object]) -> At | None:
        """Where a merged element comes from: the position of its first source."""
        for index, element in elements.items():
            at = getattr(element, "at", None)
            if isinstance(at, At):
                return replace(at, subgraph=self.subgraphs[index].name)
        return None

    def error(self, code: str, message: str, elements: Mapping[int, object] | None = None) -> None:
        """Record an error about elements of several subgraphs."""
        self.errors.append(CompositionError(code=code, message=message, locations=self.places(elements or {})))

    def hint(self, code: str, message: str, elements: Mapping[int, object] | None = None) -> None:
        """Record a hint about elements of several subgraphs."""
        self.hints.append(Hint(code=code, message=message, locations=self.places(elements or {})))

    def mismatch(self, found: Mapping[int, str], first: str | None = None) -> str:
        """Who has what: `type "A" in subgraph "x" but type "B" in subgraphs "y" and "z"`."""
        groups: dict[str, list[int]] = {}
        if first is not None:
            groups[first] = []
        for index, text in found.items():
            groups.setdefault(text, []).append(index)
        parts = [f"{text} in {subgraph_list(self.names(who))}" for text, who in groups.items() if who]
        return parts[0] + (" but " + human_join(parts[1:]) if parts[1:] else "")


def human_join(items: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return ", ".join(items[:-1]) + " and " + items[-1]


def subgraph_list(names: Sequence[str]) -> str:
    """`subgraph "a"`, `subgraphs "a" and "b"`."""
    return ("subgraph " if len(names) == 1 else "subgraphs ") + human_join([f'"{n}"' for n in names])


def pick(sources: Mapping[int, T], keep: Callable[[int, T], bool]) -> dict[int, T]:
    """The sources that a predicate keeps."""
    return {i: s for i, s in sources.items() if keep(i, s)}
