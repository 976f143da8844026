"""Types that are planned as one: alike in everything that the plan asks of them.

Two concrete types of an interface are alike in a field when the same subgraphs resolve it in the same way.
For interfaces with many types a weaker likeness holds as well: a subgraph that knows only one of the types is that
type's *own*, and own subgraphs are alike when they offer the same. A thousand types, each with its own subgraph,
are then one family: one of them is planned, and the fetches to its own subgraph are repeated for the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from gateway.planner.operation import OperationCase, OperationField
from gateway.planner.supergraph import Ownership, Supergraph

FAMILY_SIZE = 8
"""From how many concrete types on an interface's types may form families over their own subgraphs."""

_NOBODY: frozenset[str] = frozenset()
_NO_OWN: dict[str, tuple[str, ...]] = {}


class Families:
    """Likeness of types in one supergraph. Everything is worked out once, large interfaces at load time."""

    def __init__(self, supergraph: Supergraph) -> None:
        self.types = supergraph.types
        self.supergraph = supergraph
        self._own: dict[str, dict[str, tuple[str, ...]]] = {}
        self._whole: dict[str, list[tuple[frozenset[str], str]]] = {}
        self._fields: dict[tuple[str, str, str], int] = {}
        self._numbers: dict[object, int] = {}
        self._same: dict[tuple[str, str], bool] = {}
        self._contents: dict[str, dict[str, object]] = {}
        self._lived: dict[str, list[str]] = {}
        self._plain = {
            id(own)
            for info in self.types.values()
            for field in info.fields.values()
            for own in field.owners.values()
            if own.is_plain
        }
        for name, info in sorted(self.types.items()):
            if len(info.possible) >= FAMILY_SIZE:
                self.whole(name)
                self._contents_of(name)
                for field in info.fields:
                    self._is_same_for_all(name, field)

    def own_subgraphs(self, static: str) -> dict[str, tuple[str, ...]]:
        """Return, for each concrete type of `static`, the subgraphs that know no other type of it."""
        found = self._own.get(static)
        if found is None:
            found = _NO_OWN
            info = self.types[static]
            if len(info.possible) >= FAMILY_SIZE:
                known: dict[str, list[str]] = defaultdict(list)
                for name in sorted(info.possible):
                    for subgraph in self.types[name].subgraphs:
                        known[subgraph].append(name)
                shared = info.objects_in
                own: dict[str, list[str]] = {name: [] for name in info.possible}
                for subgraph, names in sorted(known.items()):
                    if len(names) == 1 and subgraph not in shared:
                        own[names[0]].append(subgraph)
                found = {name: tuple(subgraphs) for name, subgraphs in own.items()}
            self._own[static] = found
        return found

    def whole(self, static: str) -> list[tuple[frozenset[str], str]]:
        """Split the concrete types of `static` into those alike as entities: (types, one that stands for them)."""
        found = self._whole.get(static)
        if found is None:
            info = self.types[static]
            own = self.own_subgraphs(static)
            homes: dict[str, list[str]] = {name: [] for name in info.possible}
            for subgraph, types in info.runtime.items():
                for name in types:
                    if name in homes:
                        homes[name].append(_label(subgraph, own.get(name, ())))
            groups: dict[object, list[str]] = {}
            for name in sorted(info.possible):
                likeness = (tuple(sorted(homes[name])), self._keys(static, name))
                groups.setdefault(likeness, []).append(name)
            found = self._whole[static] = [(frozenset(names), names[0]) for names in groups.values()]
        return found

    def split(
        self, static: str, types: frozenset[str], fields: Sequence[OperationField]
    ) -> list[tuple[frozenset[str], str]]:
        """Split `types` into those on which `fields`, with all that is selected below, are resolved alike."""
        own = self.own_subgraphs(static)
        differing = [field.name for field in fields if not self._is_same_for_all(static, field.name)]
        composite = [field for field in fields if field.cases] if own else []
        contents = self._contents_of(static) if composite else {}
        if not differing and len(set(contents.values())) < 2:
            return [(types, min(types))]
        groups: dict[tuple[object, ...], list[str]] = {}
        for name in sorted(types):
            likeness: tuple[object, ...] = tuple([self.field(static, name, field) for field in differing])
            groups.setdefault((*likeness, contents.get(name)), []).append(name)
        if not composite:
            return [(frozenset(names), names[0]) for names in groups.values()]
        # Subgraphs that differ may still offer the same below these fields.
        joined: dict[tuple[object, ...], list[str]] = {}
        for (*alike, _), names in groups.items():
            offers = tuple([self._below(names[0], field, own[names[0]]) for field in composite])
            joined.setdefault((*alike, offers), []).extend(names)
        return [(frozenset(names), min(names)) for names in joined.values()]

    def representatives(self, static: str, types: frozenset[str], name: str) -> list[str]:
        """Return some of `types`, at least one of every kind that differs in the field."""
        if len(types) > 1 and self._is_same_for_all(static, name):
            return [min(types)]
        return list({self.field(static, rep, name): rep for rep in sorted(types)}.values())

    def _is_same_for_all(self, static: str, name: str) -> bool:
        """Whether all concrete types of `static` are alike in the field."""
        memo = (static, name)
        found = self._same.get(memo)
        if found is None:
            numbers = {self.field(static, rep, name) for rep in self.types[static].possible}
            found = self._same[memo] = len(numbers) < 2
        return found

    def _contents_of(self, static: str) -> dict[str, object]:
        """Return, for each concrete type, a number that is equal for types whose own subgraphs are alike."""
        found = self._contents.get(static)
        if found is None:
            found = {}
            for name, subgraphs in self.own_subgraphs(static).items():
                parts = [tuple(self._content(subgraph, name)) for subgraph in subgraphs]
                found[name] = self._number(tuple(parts))
            self._contents[static] = found
        return found

    def _content(self, subgraph: str, own_type: str) -> Iterator[object]:
        """Describe everything in `subgraph` but `own_type`."""
        for name in self._inhabitants().get(subgraph, ()):
            if name == own_type:
                continue
            info = self.types[name]
            yield name
            if info.kind == "object":
                yield tuple([(key.text, key.resolvable) for key in info.keys.get(subgraph, ())])
                for field in info.fields.values():
                    ownership = field.owners.get(subgraph)
                    if ownership is not None:
                        yield field.name
                        yield id(ownership) if ownership.is_plain else subgraph
            else:
                runtime = info.runtime.get(subgraph, _NOBODY)
                yield own_type in runtime
                yield runtime - {own_type}

    def _inhabitants(self) -> dict[str, list[str]]:
        if not self._lived:
            for name, info in sorted(self.types.items()):
                for subgraph in info.subgraphs:
                    self._lived.setdefault(subgraph, []).append(name)
        return self._lived

    def field(self, static: str, rep: str, name: str) -> int:
        """Return a number that is equal for concrete types of `static` that are alike in the field."""
        memo = (static, rep, name)
        number = self._fields.get(memo)
        if number is None:
            self._fields[memo] = -1
            number = self._fields[memo] = self._number(self._field(static, rep, name))
        return number

    def directives(self, rep: str, name: str) -> tuple[str, ...]:
        """Return the composed directives that stand on the field."""
        coordinate = (rep, name)
        return tuple(d for d, where in self.supergraph.directives.items() if coordinate in where)

    def _number(self, likeness: object) -> int:
        return self._numbers.setdefault(likeness, len(self._numbers))

    def _field(self, static: str, rep: str, name: str) -> object:
        info = self.types[rep].fields.get(name)
        if info is None:
            return None
        own = self.own_subgraphs(static).get(rep, ())
        owners: list[tuple[str, str, Ownership]] = [
            (_label(subgraph, own), "", ownership) for subgraph, ownership in info.owners.items()
        ]
        for interface in self.types[rep].interfaces:
            above = self.types[interface]
            inherited = above.fields.get(name)
            if inherited is not None and above.objects_in:
                owners += [
                    (subgraph, interface, ownership)
                    for subgraph, ownership in inherited.owners.items()
                    if subgraph in above.objects_in
                ]
        owners.sort(key=lambda item: item[:2])
        required = {item for _, _, ownership in owners for item in ownership.requires}
        return (
            info.named,
            info.scopes,
            info.requirements,
            self.directives(rep, name),
            tuple(owners),
            tuple(sorted((item.name, self.field(static, rep, item.name)) for item in required)),
        )

    def _keys(self, static: str, rep: str) -> object:
        info = self.types[rep]
        own = self.own_subgraphs(static).get(rep, ())
        keys = sorted(
            (_label(subgraph, own), tuple((key.text, key.resolvable) for key in found))
            for subgraph, found in info.keys.items()
        )
        fields = {item.name for found in info.keys.values() for key in found for item in key.fields}
        return (
            tuple(keys),
            tuple((name, self.field(static, rep, name)) for name in sorted(fields)),
            tuple(sorted(interface for interface in info.interfaces if self.types[interface].objects_in)),
        )

    def _below(self, rep: str, field: OperationField, own: tuple[str, ...]) -> object:
        """Describe what the own subgraphs of `rep` offer below `field`."""
        info = self.types[rep].fields.get(field.name)
        if info is None:
            return None
        parts: list[object] = []
        for subgraph in own:
            ownership = info.owners.get(subgraph)
            if ownership is not None:
                parts.append(self._offer(field.cases, ownership.type.strip("[]!"), subgraph))
        return tuple(parts)

    def _offer(self, cases: Sequence[OperationCase], static: str, subgraph: str) -> object:
        runtime = self.types[static].runtime.get(subgraph, _NOBODY)
        parts: list[object] = []
        for case in cases:
            for rep in sorted(case.types & runtime) if len(case.types) > 1 else case.types:
                if rep not in runtime:
                    continue
                info = self.types[rep]
                parts.append(rep)
                keys = info.keys.get(subgraph)
                if keys:
                    parts.extend([(key.text, key.resolvable) for key in keys])
                for field in case.fields:
                    target = info.fields.get(field.name)
                    ownership = target.owners.get(subgraph) if target is not None else None
                    if ownership is None:
                        parts.append(None)
                    elif id(ownership) not in self._plain:
                        parts.append(subgraph)
                    else:
                        parts.append(id(ownership))
                        if field.cases:
                            parts.append(self._offer(field.cases, ownership.type.strip("[]!"), subgraph))
        return tuple(parts)


def families_of(supergraph: Supergraph) -> Families:
    """Return the families of `supergraph`, worked out once."""
    found = supergraph.cache.get("families")
    if not isinstance(found, Families):
        found = supergraph.cache["families"] = Families(supergraph)
    return found


def _label(subgraph: str, own: tuple[str, ...]) -> str:
    return f"#{own.index(subgraph)}" if subgraph in own else subgraph
