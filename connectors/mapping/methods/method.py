"""What the language knows of a method: its name, its arguments, what it answers, how it is compiled."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from connectors.mapping.json_values import MISSING, Json, Missing, type_name
from connectors.mapping.run import Node, Run, Site, Walk

Builder: TypeAlias = Callable[[Site, tuple[Node, ...]], Walk]


class Answer(Enum):
    """What a method answers, as far as it is known without data."""

    SAME = "its input, or a part of it that is a list of the same things"
    ELEMENT = "an element of its input"
    ARGUMENT = "its argument"
    LIST_OF_ARGUMENT = "a list of its argument"
    PAIRS = "the second item of one of its pairs, or the only item of the last"
    ENTRIES = "a list of keys and values"
    STRINGS = "a list of strings"
    STRING = "a string"
    NUMBER = "a number"
    BOOLEAN = "a boolean"
    ANYTHING = "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method; `most` is None where any number of arguments may follow.

    `reads_input` is false where what it answers does not depend on its input, but for what arguments read of it.
    """

    name: str
    least: int
    most: int | None
    answer: Answer
    build: Builder
    reads_input: bool = True


def of_value(
    name: str, answer: Answer, function: Callable[[Json, Site, Run], Json], *, reads_input: bool = True
) -> Method:
    """A method without arguments."""

    def build(site: Site, _arguments: tuple[Node, ...]) -> Walk:
        def walk(value: Json, _dollar: Json, run: Run) -> Json:
            return function(value, site, run)

        return walk

    return Method(name=name, least=0, most=0, answer=answer, build=build, reads_input=reads_input)


def of_arguments(
    name: str,
    least: int,
    most: int | None,
    answer: Answer,
    function: Callable[..., Json],
) -> Method:
    """A method whose arguments are evaluated first, `@` being its input.

    `function(value, site, run, *arguments)` is not called when an argument is missing; the answer is then missing too.
    """

    def build(site: Site, arguments: tuple[Node, ...]) -> Walk:
        def walk(value: Json, dollar: Json, run: Run) -> Json:
            evaluated = [argument(dollar, value, run) for argument in arguments]
            if MISSING in evaluated:
                return MISSING
            return function(value, site, run, *evaluated)

        return walk

    return Method(name=name, least=least, most=most, answer=answer, build=build)


def mismatch(site: Site, run: Run, expected: str, value: Json) -> Missing:
    """Complain that a method was given another type than it takes."""
    return site.complain(run, "TYPE_MISMATCH", f"expected {expected}, found {type_name(value)}")
