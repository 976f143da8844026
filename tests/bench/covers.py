"""How long the exact choice of programmes takes, from 200 to 10,000 of them, feasible and infeasible.

Two shapes: `uniform` (four skills each, by chance, of 400) and `catalogue` (programmes stay in one of 20 fields, teach
one to eight skills, some popular and some rare, half of them with prerequisites in their field, priced by what they
teach). Of each: what is cheapest; what is cheapest for less money than that takes (hours for money, the hard case), or
for fewer hours and less money, which there may be no way to; and tasks that cannot be done, since more skills may not
be left than nobody teaches, or since there is hardly any money. Times are of the process, whatever else the machine
does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from random import Random

import numpy as np

from graph.model import Provider, SkillId, Training, TrainingId, TrainingMode
from graph.pathways.cover import cheapest_cover
from graph.pathways.task import Cover, Limits, Task

SIZES = (200, 2_000, 10_000)
SKILLS = [SkillId(f"s{number:03}") for number in range(400)]
MISSING = 24
TOLERANCES = (4, 5, 6)
FIELDS = 20
SAVED, SAVED_HOURS = Decimal("0.85"), 0.95
PROVIDER = Provider(id="p", name="p", simulated=True)


def main() -> None:
    """Measure alone, without the rest of `make bench-graph`."""
    measure_covers()


def measure_covers() -> None:
    """Print a line for each shape, size and kind of task."""
    for shape, make in SHAPES.items():
        for count in SIZES:
            offered = make(Random(3), count)
            free = [_solve(offered, tolerance) for tolerance in TOLERANCES]
            _print(shape, count, "feasible", free)
            less = [Limits(cost=cover.cost * SAVED) if cover is not None else None for _, cover in free]
            tight = [_solve(offered, tolerance, limits=each) for tolerance, each in zip(TOLERANCES, less, strict=True)]
            _print(shape, count, "feasible: for less", tight)
            both = [_both_less(cover) for _, cover in free]
            tight = [_solve(offered, tolerance, limits=each) for tolerance, each in zip(TOLERANCES, both, strict=True)]
            _print(shape, count, "less money and hours", tight)
            untaught = [SkillId(f"untaught{number}") for number in range(max(TOLERANCES) + 1)]
            none = [_solve(offered, tolerance, more=untaught) for tolerance in TOLERANCES]
            _print(shape, count, "infeasible: untaught", none)
            short = [_solve(offered, tolerance, limits=Limits(cost=Decimal(60))) for tolerance in TOLERANCES]
            _print(shape, count, "infeasible: no money", short)


def _both_less(cover: Cover | None) -> Limits | None:
    return None if cover is None else Limits(cost=cover.cost * SAVED, hours=int(cover.hours * SAVED_HOURS))


def _solve(
    offered: Sequence[Training], tolerance: int, *, more: Sequence[SkillId] = (), limits: Limits | None = None
) -> tuple[float, Cover | None]:
    started = time.process_time()
    found = cheapest_cover(
        offered,
        Task(
            held=frozenset(SKILLS[MISSING : 2 * MISSING]),
            wanted=frozenset([*SKILLS[:MISSING], *more]),
            tolerance=tolerance,
            limits=limits or Limits(),
        ),
    )
    return (time.process_time() - started) * 1000, found


def _print(shape: str, count: int, what: str, solved: Sequence[tuple[float, Cover | None]]) -> None:
    times, covers = [ms for ms, _ in solved], [cover for _, cover in solved]
    taken = ", ".join("none" if each is None else str(len(each.programmes)) for each in covers)
    proven = all(each is None or each.objective <= each.bound + 1e-6 for each in covers)
    print(
        f"cover     {shape}, {count:,} programmes, {what}: {np.median(times):.0f} ms, slowest {max(times):.0f} ms, "
        f"takes {taken}{'' if proven else ', NOT PROVED'}"
    )


def _uniform(random: Random, count: int) -> list[Training]:
    return [
        _training(
            number,
            random.sample(SKILLS, 4),
            random.sample(SKILLS, random.choice([0, 0, 0, 1])),
            hours=random.randint(10, 200),
            cost=random.randint(50, 2_000),
        )
        for number in range(count)
    ]


def _catalogue(random: Random, count: int) -> list[Training]:
    fields = [SKILLS[field::FIELDS] for field in range(FIELDS)]
    found = []
    for number in range(count):
        # What is missing lies in a few fields, as the skills of one occupation do.
        field = fields[min(int(random.expovariate(0.25)), FIELDS - 1)]
        weights = [1 / (1 + place) for place in range(len(field))]
        taught = set(random.choices(field, weights, k=random.randint(1, 8)))
        asked = set(random.choices(field, weights, k=random.choice([0, 0, 1, 2]))) - taught
        hours = max(2, int(len(taught) * random.lognormvariate(2.5, 0.8)))
        found.append(_training(number, taught, asked, hours=hours, cost=int(hours * random.lognormvariate(2, 0.7))))
    return found


def _training(
    number: int, teaches: Sequence[SkillId] | set[SkillId], requires: Sequence[SkillId] | set[SkillId], **plain: int
) -> Training:
    return Training(
        id=TrainingId(f"t{number:05}"),
        title="t",
        provider=PROVIDER,
        teaches=frozenset(teaches),
        requires=frozenset(requires) - frozenset(teaches),
        licenses=frozenset(),
        hours=plain["hours"],
        cost=Decimal(plain["cost"]),
        currency="EUR",
        mode=TrainingMode.ONLINE,
        certificate=None,
    )


SHAPES: dict[str, Callable[[Random, int], list[Training]]] = {"uniform": _uniform, "catalogue": _catalogue}


if __name__ == "__main__":
    main()
