"""`->echo`, `->match`, `->matchIf`: answering with an argument.

The pairs of `->match` are taken apart while compiling, so that only the chosen side is evaluated.
"""

from connectors.mapping.json_values import MISSING, Json, json_equal
from connectors.mapping.methods.method import Answer, Method
from connectors.mapping.run import Node, Run, Site, Walk


def _build_echo(_site: Site, arguments: tuple[Node, ...]) -> Walk:
    (echoed,) = arguments

    def walk(value: Json, dollar: Json, run: Run) -> Json:
        return echoed(dollar, value, run)

    return walk


def _build_match(site: Site, arguments: tuple[Node, ...]) -> Walk:
    """`arguments` are candidate, answer, candidate, answer, …; an odd last one is the default."""
    pairs = list(zip(arguments[::2], arguments[1::2], strict=False))
    default = arguments[-1] if len(arguments) % 2 else None

    def walk(value: Json, dollar: Json, run: Run) -> Json:
        for candidate, answer in pairs:
            wanted = candidate(dollar, value, run)
            if wanted is not MISSING and json_equal(value, wanted):
                return answer(dollar, value, run)
        if default is not None:
            return default(dollar, value, run)
        return site.complain(run, "NO_MATCH", "no pair matches; end with `[@, …]` for all other values")

    return walk


def _build_match_if(site: Site, arguments: tuple[Node, ...]) -> Walk:
    pairs = list(zip(arguments[::2], arguments[1::2], strict=False))
    default = arguments[-1] if len(arguments) % 2 else None

    def walk(value: Json, dollar: Json, run: Run) -> Json:
        for condition, answer in pairs:
            if condition(dollar, value, run) is True:
                return answer(dollar, value, run)
        if default is not None:
            return default(dollar, value, run)
        return site.complain(run, "NO_MATCH", "no condition is true; end with `[true, …]`")

    return walk


METHODS = (
    Method(name="echo", least=1, most=1, answer=Answer.ARGUMENT, build=_build_echo, reads_input=False),
    Method(name="match", least=1, most=None, answer=Answer.PAIRS, build=_build_match),
    Method(name="matchIf", least=1, most=None, answer=Answer.PAIRS, build=_build_match_if, reads_input=False),
)
