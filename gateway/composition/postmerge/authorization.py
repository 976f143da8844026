"""`@requires` must not read for a client what the client may not read itself.

A field that requires protected fields must carry at least their requirements, itself or on its
type; otherwise its value could tell what they hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.composition.errors import CompositionError, in_subgraph
from gateway.composition.merge.applications import Alternatives, alternatives, both
from gateway.composition.merge.authorization import AUTHORIZATION
from gateway.composition.merge.merge import Merged
from gateway.composition.schema.model import Applied, applications
from gateway.composition.schema.typeref import base_name
from gateway.composition.subgraph.fieldset import FieldSelection, Fragment, Selections
from gateway.composition.subgraph.usage import context_value, field_directives, field_set, setting_types

_NOTHING: Alternatives = frozenset({frozenset()})


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a client needs, the scopes and policies as an OR of ANDs."""

    authenticated: bool = False
    scopes: Alternatives = _NOTHING
    policies: Alternatives = _NOTHING

    def both(self, other: Requirement) -> Requirement:
        """This requirement and another."""
        return Requirement(
            self.authenticated or other.authenticated,
            both(self.scopes, other.scopes),
            both(self.policies, other.policies),
        )

    def implies(self, other: Requirement) -> bool:
        """Whether everyone who meets this one meets the other."""
        return (
            (self.authenticated or not other.authenticated)
            and all(any(need <= have for need in other.scopes) for have in self.scopes)
            and all(any(need <= have for need in other.policies) for have in self.policies)
        )


def requirement(directives: tuple[Applied, ...]) -> Requirement:
    """The requirement that an element's directives state."""
    found = Requirement()
    for directive in directives:
        match directive.spec:
            case "authenticated":
                found = found.both(Requirement(authenticated=True))
            case "requiresScopes" if "scopes" in directive.args:
                found = found.both(Requirement(scopes=frozenset(alternatives(directive.args["scopes"]))))
            case "policy" if "policies" in directive.args:
                found = found.both(Requirement(policies=frozenset(alternatives(directive.args["policies"]))))
    return found


def check_required_authorization(merged: Merged) -> Iterator[CompositionError]:
    """Report fields that require more than they ask of the client."""
    if not any(spec in merged.spec_names for spec in AUTHORIZATION):
        return
    types = merged.schema.types
    for subgraph in merged.subgraphs:
        for definition, field, directive in field_directives(subgraph.schema, "requires"):
            owner = types.get(definition.name)
            if owner is None or field.name not in owner.fields:
                continue
            own = requirement(owner.directives).both(requirement(owner.fields[field.name].directives))
            for coordinate in _uncovered(merged, own, definition.name, field_set(directive) or ()):
                yield in_subgraph(
                    subgraph.name,
                    "MISSING_TRANSITIVE_AUTH_REQUIREMENTS",
                    f'Field "{definition.name}.{field.name}" does not specify necessary @authenticated, '
                    f"@requiresScopes and/or @policy auth requirements to access the transitive field "
                    f'"{coordinate}" data from @requires selection set.',
                    directive.at,
                )
                break
        for definition in subgraph.schema.types.values():
            yield from _contexts(merged, subgraph.name, definition.name)


def _contexts(merged: Merged, subgraph: str, name: str) -> Iterator[CompositionError]:
    """Contextual arguments read protected fields just as `@requires` does."""
    source = next(s for s in merged.subgraphs if s.name == subgraph)
    owner = merged.schema.types.get(name)
    for field in source.schema.types[name].fields.values():
        for argument in field.args.values():
            for directive in applications(argument.directives, "fromContext"):
                value = directive.args.get("field")
                parsed = context_value(getattr(value, "value", "") or "")
                if parsed is None or owner is None or field.name not in owner.fields:
                    continue
                own = requirement(owner.directives).both(requirement(owner.fields[field.name].directives))
                for target in setting_types(source.schema, parsed[0]):
                    for coordinate in _uncovered(merged, own, target.name, parsed[1]):
                        yield in_subgraph(
                            subgraph,
                            "MISSING_TRANSITIVE_AUTH_REQUIREMENTS",
                            f'Field "{name}.{field.name}" does not specify necessary @authenticated, '
                            f"@requiresScopes and/or @policy auth requirements to access the transitive field "
                            f'"{coordinate}" data from @fromContext selection set.',
                            directive.at,
                        )


def _uncovered(merged: Merged, own: Requirement, name: str, selections: Selections) -> Iterator[str]:
    """Coordinates in the selection whose requirement is not implied."""
    types = merged.schema.types
    parent = types.get(name)
    for item in selections:
        match item:
            case FieldSelection():
                field = parent.fields.get(item.name) if parent else None
                if field is None:
                    continue
                target = types.get(base_name(field.type))
                needed = requirement(field.directives)
                if target is not None:
                    needed = needed.both(requirement(target.directives))
                if not own.implies(needed):
                    yield f"{name}.{item.name}"
                if target is not None:
                    yield from _uncovered(merged, own, target.name, item.selections or ())
            case Fragment():
                condition = item.condition or name
                target = types.get(condition)
                if target is not None and not own.implies(requirement(target.directives)):
                    yield condition
                yield from _uncovered(merged, own, condition, item.selections)
