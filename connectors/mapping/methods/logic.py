"""Comparing and combining: `->eq` to `->gte`, `->not`, `->and`, `->or`."""

import operator
from collections.abc import Callable

from connectors.mapping.json_values import MISSING, Json, comparable, is_number, json_equal, type_name
from connectors.mapping.methods.method import Answer, Method, mismatch, of_arguments, of_value
from connectors.mapping.run import Node, Run, Site, Walk


def _eq(value: Json, _site: Site, _run: Run, other: Json) -> Json:
    return json_equal(value, other)


def _ne(value: Json, _site: Site, _run: Run, other: Json) -> Json:
    return not json_equal(value, other)


def _ordered(name: str, compare: Callable[[Json, Json], bool]) -> Method:
    def function(value: Json, site: Site, run: Run, other: Json) -> Json:
        if (is_number(value) and is_number(other)) or (isinstance(value, str) and isinstance(other, str)):
            return compare(comparable(value), comparable(other))
        found = f"{type_name(value)} and {type_name(other)}"
        return site.complain(run, "TYPE_MISMATCH", f"expected two numbers or two strings, found {found}")

    return of_arguments(name, 1, 1, Answer.BOOLEAN, function)


def _not(value: Json, site: Site, run: Run) -> Json:
    return not value if isinstance(value, bool) else mismatch(site, run, "true or false", value)


def _connective(name: str, decisive: bool) -> Method:
    """`and` is decided by the first false, `or` by the first true; what follows is not evaluated."""

    def build(site: Site, arguments: tuple[Node, ...]) -> Walk:
        def walk(value: Json, dollar: Json, run: Run) -> Json:
            if not isinstance(value, bool):
                return mismatch(site, run, "true or false", value)
            if value is decisive:
                return decisive
            for argument in arguments:
                other = argument(dollar, value, run)
                if other is MISSING:
                    return MISSING
                if not isinstance(other, bool):
                    return mismatch(site, run, "true or false", other)
                if other is decisive:
                    return decisive
            return not decisive

        return walk

    return Method(name=name, least=1, most=None, answer=Answer.BOOLEAN, build=build)


METHODS = (
    of_arguments("eq", 1, 1, Answer.BOOLEAN, _eq),
    of_arguments("ne", 1, 1, Answer.BOOLEAN, _ne),
    _ordered("lt", operator.lt),
    _ordered("lte", operator.le),
    _ordered("gt", operator.gt),
    _ordered("gte", operator.ge),
    of_value("not", Answer.BOOLEAN, _not),
    _connective("and", decisive=False),
    _connective("or", decisive=True),
)
