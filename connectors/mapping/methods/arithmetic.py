"""`->add`, `->sub`, `->mul`, `->div`, `->mod`: exact decimal arithmetic, left to right over the arguments."""

from connectors.mapping.exact import calculate, exact
from connectors.mapping.json_values import Json, is_number
from connectors.mapping.methods.method import Answer, Method, mismatch, of_arguments
from connectors.mapping.run import Run, Site


def _operation(name: str) -> Method:
    def function(value: Json, site: Site, run: Run, *others: Json) -> Json:
        for number in (value, *others):
            if not is_number(number):
                return mismatch(site, run, "a number", number)
        try:
            result = exact(value)
            for other in others:
                result = calculate(name, result, exact(other))
        except ArithmeticError:
            return site.complain(run, "OUT_OF_RANGE", "this has no result (division by zero, or too large)")
        return result

    return of_arguments(name, 1, None, Answer.NUMBER, function)


METHODS = tuple(_operation(name) for name in ("add", "sub", "mul", "div", "mod"))
