"""From mapped JSON to values of the schema's types: what the runtime fills in, converts and hides.

Filled in: `provenance`, `Rating.normalized`, `RatingScheme.platform`, `Distance.meters`, `Engagement.occupation`.
Hidden: the platform's own ids, behind pseudonyms. Converted: exact numbers to decimal text, or to floats where the
schema says Float.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
)

from connectors.mapping import REDACTED, dump_json
from connectors.runtime.field_tree import Tree
from connectors.runtime.missing import ANYTHING, Supply, missing
from connectors.runtime.pseudonym import Pseudonyms
from connectors.schema.definition import Definition, Occupation
from connectors.transport import UpstreamMalformedError

Json = Any

_METERS: Final = {
    "m": Decimal(1),
    "km": Decimal(1000),
    "mi": Decimal("1609.344"),
    "ft": Decimal("0.3048"),
    "yd": Decimal("0.9144"),
}
_MILLIMETER: Final = Decimal("0.001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What completing needs to know: the connector, the reader's pseudonyms, the provenance of this data.

    `supply` is what the mapping can give at this place, which tells why a value is null.
    """

    definition: Definition
    pseudonyms: Pseudonyms
    provenance: Mapping[str, Json]
    supply: Supply = ANYTHING
    note_mistyped: Callable[[str], None] = lambda coordinate: None
    """Told of `Type.field` where text stands for a number or a truth value: readable still, but no longer as mapped."""

    def complete(self, kind: GraphQLOutputType, value: Json, tree: Tree | None, supply: Supply | None = None) -> Json:
        """Return `value` as a value of `kind`; `tree` names the fields that are wanted, None all that were mapped."""
        if isinstance(kind, GraphQLNonNull):
            return self.complete(kind.of_type, value, tree, supply)
        if value is None or isinstance(value, Exception):
            return value
        if value == REDACTED:
            return [] if isinstance(kind, GraphQLList) else None
        if isinstance(kind, GraphQLList):
            items = flat(value) if isinstance(value, list) else [value]
            return [self.complete(kind.of_type, item, tree, supply) for item in items]
        if isinstance(kind, GraphQLObjectType):
            return self._object(kind, value, tree, supply or self.supply)
        return _leaf(kind, value)

    def _object(self, kind: GraphQLObjectType, value: Json, tree: Tree | None, supply: Supply) -> Json:
        if not isinstance(value, dict):
            raise malformed(self.definition, f"{kind.name} is not an object in the platform's answer.")
        names = tree.keys() if tree is not None else kind.fields.keys()
        done: dict[str, Json] = {}
        for name in names:
            field = kind.fields.get(name)
            if field is None:
                continue
            if name == "provenance":
                done[name] = value.get("provenance") or self.provenance
            else:
                inner = tree.get(name) if tree is not None else None
                given = self._derived(kind.name, name, value)
                if isinstance(given, str) and _is_number(field.type):
                    self.note_mistyped(f"{kind.name}.{name}")
                done[name] = self.complete(field.type, given, inner, supply.below(name) or ANYTHING)
        asked = (tree or {}).get("provenance")
        if asked is not None and "missing" in asked:
            done["provenance"] = {**done["provenance"], "missing": missing(done, value, tree or {}, supply)}
        return done

    def _derived(self, kind: str, name: str, value: Mapping[str, Json]) -> Json:
        match kind, name:
            case "Engagement", "ref":
                return self.pseudonyms.name("engagement", str(value.get("ref")))
            case "Counterparty", "pseudonym":
                return self.pseudonyms.name("counterparty", str(value.get("pseudonym")))
            case "Engagement", "occupation":
                return value.get("occupation") or occupation_of(self.definition, value.get("work"))
            case "Rating", "normalized":
                return normalized(value)
            case "RatingScheme", "platform":
                return self.definition.platform.name
            case "Distance", "meters":
                return meters(value)
            case _:
                return value.get(name)


def flat(items: Sequence[Json]) -> list[Json]:
    """Return a list in which lists are replaced by what is in them: mappings join several lists by listing them."""
    return [inner for item in items for inner in (item if isinstance(item, list) else (item,))]


def malformed(definition: Definition, message: str) -> GraphQLError:
    """Return the error of an answer that is not what the connector maps."""
    return GraphQLError(message, extensions={"code": "UPSTREAM_MALFORMED", "platform": definition.platform.name})


def occupation_of(definition: Definition, work: Json) -> Json:
    """Return the occupation that `@occupation` gives for a record's kind of work, or None."""
    fallback: Occupation | None = None
    for occupation in definition.occupations:
        if occupation.value is None:
            fallback = occupation
        elif occupation.value == work:
            return _occupation(occupation)
    return None if fallback is None else _occupation(fallback)


def normalized(rating: Mapping[str, Json]) -> float | None:
    """Return where a rating stands on its scale, from 0 (worst) to 1 (best); None when it stands outside."""
    scheme = rating.get("scheme")
    if not isinstance(scheme, dict):
        return None
    value, least, most = (_decimal(each) for each in (rating.get("value"), scheme.get("min"), scheme.get("max")))
    if value is None or least is None or most is None or not least <= value <= most or least == most:
        return None
    share = (value - least) / (most - least)
    return round(float(share if scheme.get("higherIsBetter") is not False else 1 - share), 6)


def meters(distance: Mapping[str, Json]) -> str | None:
    """Return a distance in meters, to the millimeter; None for an unknown unit."""
    native, factor = _decimal(distance.get("native")), _METERS.get(str(distance.get("nativeUnit")))
    if native is None or factor is None:
        return None
    return dump_json((native * factor).quantize(_MILLIMETER).normalize() + 0)


def _occupation(occupation: Occupation) -> Json:
    return {
        "scheme": occupation.scheme,
        "code": occupation.code,
        "label": occupation.label,
        "mapping": occupation.mapping,
    }


def _checked_time(kind: str, text: str) -> Json:
    """Return an instant or a day as it was written; if it is none (an instant without an offset is none), the error
    that this one field then has.
    """
    try:
        if kind == "Date":
            return date.fromisoformat(text).isoformat()
        if datetime.fromisoformat(text).tzinfo is not None:
            return text
    except ValueError:
        pass
    return UpstreamMalformedError(f"The platform's answer has something else where a {kind} is mapped.")


def _decimal(value: Json) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        number = Decimal(value)
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def _is_number(kind: GraphQLOutputType) -> bool:
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    return getattr(inner, "name", "") in ("Int", "Float", "Boolean")


def _leaf(kind: GraphQLOutputType, value: Json) -> Json:
    if isinstance(value, str) and getattr(kind, "name", "") in ("DateTime", "Date"):
        return _checked_time(getattr(kind, "name", ""), value)
    if isinstance(kind, GraphQLEnumType) or not isinstance(value, Decimal | int) or isinstance(value, bool):
        return value
    name = getattr(kind, "name", "")
    if name in ("Decimal", "ID", "String"):
        return dump_json(value)
    if isinstance(value, Decimal) and name == "Float":
        return float(value)
    if isinstance(value, Decimal) and name == "Int" and value == value.to_integral_value():
        return int(value)
    return value
