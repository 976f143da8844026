"""From what is held to a goal: routes through training and paid work on the way, best first. `planning` tells them.

Hard constraints:

* preparation: nobody moves up by more than one job zone at a time; each zone between is a job held for
  `EXPERIENCE_HOURS`. An occupation without a zone gets that of its ISCO major group;
* regulation: a regulated occupation is entered by those who have practised it or have its licence, and through a
  programme that licenses;
* missing skills are taught by programmes whose own requirements are met, but for those that one learns at work;
* programmes are attended where the worker is, and understood (`Conditions`);
* the caller's limits on cost and hours.

The jobs between are searched breadth first over the few occupations nearest to the goal (`WIDTH` at each zone: a beam,
so a cheaper way through a job further off may be overlooked); the programmes of every leg are an exact optimum. Each
route says how much better any other could be (`Route.bound`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice

from graph.evidence.estimate import Holding
from graph.evidence.licences import practised
from graph.matching.similarity import space_of
from graph.model import Occupation, OccupationId, SkillId, Training, TrainingId
from graph.pathways.cover import cheapest_cover, programmes_near
from graph.pathways.plans import Conditions, Goal, entry_skills, learnable_at_work, zone_of
from graph.pathways.task import Cover, Limits, Task
from graph.pathways.worth import worth_in
from graph.taxonomy.graph import SkillGraph

EXPERIENCE_HOURS = 600
WIDTH = 4
NEAREST = 3
TRIED = 30
"""Occupations near a goal out of reach that are tried for being within the limits, before there are `NEAREST`."""
NO_LIMITS = Limits()
NEARLY = 1.15
"""The runner-up of a programme is looked for among what can be in a cover that is so much dearer; then among all."""
CHANGE_OF_JOB = 1_000.0
"""What a job on the way costs in a plan's objective, in EUR, beside the training for it: fewer changes are better."""
CHANGE_OF_FIELD = 6_000.0
"""What it costs more when the job has nothing in common with what is practised before or with the goal: the worse of
the two counts, by how unlike they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """Entering one occupation: the training for it, and what is held before."""

    occupation: Occupation
    held: frozenset[SkillId]
    wanted: frozenset[SkillId]
    cover: Cover


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Legs to a goal, the last one into it. `objective` is what is minimized: money, hours, changes of job."""

    legs: tuple[Leg, ...]
    objective: float
    bound: float
    """No route into this goal has a lower objective."""

    @property
    def key(self) -> tuple[float, tuple[str, ...]]:
        """Where it stands among the routes."""
        return (round(self.objective, 6), tuple(leg.occupation.id for leg in self.legs))


class Pathfinder:
    """Finds routes for one worker. Give it the graph and what the worker holds."""

    def __init__(self, graph: SkillGraph, holding: Holding, conditions: Conditions | None = None) -> None:
        self.graph = graph
        self.conditions = conditions or Conditions()
        self.held = holding.held
        self.practice = holding.practice
        self.found: list[Route] = []
        """All routes of the last search, also those that were not among the best."""
        self._near: dict[Task, tuple[float, Sequence[Training]]] = {}
        self._without: dict[tuple[Task, TrainingId], Cover | None] = {}
        self.practised = practised(holding.practice)
        self.authorized = holding.authorized
        self.zone = max((zone_of(graph.occupations[each]) for each in self.practised), default=1)
        currencies = sorted(each.currency for each in graph.training.values())
        self.currency = self.conditions.currency or max(
            set(currencies), key=lambda each: (currencies.count(each), each), default="EUR"
        )
        self.worth = worth_in(graph, self.currency)
        given = self.conditions.hour_value
        self.hour_value = self.worth.hour if given is None else float(given)
        self.programmes: Sequence[Training] = [
            each
            for each in graph.training.values()
            if each.currency == self.currency and self.conditions.can_attend(each)
        ]

    def routes(self, goal: Goal, limits: Limits, count: int) -> list[Route]:
        """Return up to `count` routes, best first."""
        self.found = []
        if goal.opportunity is not None and self.conditions.obstacles(goal.opportunity):
            return []
        licence = self.licence_for(goal.occupation)
        if licence is not None and not any(licence in each.licenses for each in self.programmes):
            return []
        found: list[Route] = []
        states = [_State(zone=self.zone, held=self.held, legs=(), limits=limits, objective=0.0)]
        while states:
            following: list[_State] = []
            for state in states:
                if goal.zone <= state.zone + 1:
                    found.extend(self._arrivals(goal, state, count))
                else:
                    following.extend(self._steps_up(goal, state))
            states = sorted(following, key=lambda each: each.key)[: WIDTH * WIDTH]
        least = self._least_for_jobs(goal)
        if least is None:
            least = min((each.bound for each in found), default=0.0)
        self.found = sorted((replace(each, bound=least) for each in found), key=lambda each: each.key)
        return self.found[:count]

    def _least_for_jobs(self, goal: Goal) -> float | None:
        """Return what the jobs on the way cost at least, whichever they are; None when there is none on the way.

        Every job between costs `CHANGE_OF_JOB` and the part of `CHANGE_OF_FIELD` by which it is unlike the goal; the
        nearest of all occupations of its level is taken, and no training is counted.
        """
        if goal.zone <= self.zone + 1:
            return None
        space = space_of(self.graph)
        total = 0.0
        for zone in range(self.zone + 1, goal.zone):
            near = [
                space.similarity(each.id, goal.occupation.id)
                for each in self.graph.occupations.values()
                if zone_of(each) == zone and each.id != goal.occupation.id
            ]
            total += self._change_of_job(1 - max(near, default=1.0))
        return round(total, 2)

    def _change_of_job(self, strangeness: float) -> float:
        return (CHANGE_OF_JOB + CHANGE_OF_FIELD * strangeness) * self.worth.scale

    def leg_into(self, occupation: Occupation, held: frozenset[SkillId], limits: Limits) -> Leg | None:
        """Return the cheapest way to be ready for an occupation."""
        wanted = entry_skills(self.graph, occupation.id)
        task = self._task(occupation, held, wanted, learnable_at_work(len(wanted)), limits)
        cover = cheapest_cover(self.programmes, task)
        return None if cover is None else Leg(occupation=occupation, held=held, wanted=wanted, cover=cover)

    def without(self, leg: Leg, programme: Training) -> Cover | None:
        """Return the cheapest cover of a leg that does without a programme and leaves no more to be learned at work."""
        task = self._task(leg.occupation, leg.held, leg.wanted, len(leg.cover.uncovered))
        if task not in self._near:
            known = leg.cover.objective * NEARLY
            self._near[task] = known, programmes_near(self.programmes, task, known)
        if (task, programme.id) not in self._without:
            known, near = self._near[task]
            found = cheapest_cover([each for each in near if each.id != programme.id], task)
            if found is None or found.objective > known:
                found = cheapest_cover([each for each in self.programmes if each.id != programme.id], task)
            self._without[task, programme.id] = found
        return self._without[task, programme.id]

    def _task(
        self,
        occupation: Occupation,
        held: frozenset[SkillId],
        wanted: frozenset[SkillId],
        tolerance: int,
        limits: Limits = NO_LIMITS,
    ) -> Task:
        return Task(
            held=held,
            wanted=wanted,
            tolerance=tolerance,
            licence=self.licence_for(occupation),
            goal=occupation.id,
            limits=limits,
            hour_value=self.hour_value,
            scale=self.worth.scale,
        )

    def licence_for(self, occupation: Occupation) -> OccupationId | None:
        """Return the occupation when it takes a licence that the worker has not shown to have."""
        return occupation.id if occupation.regulation is not None and occupation.id not in self.authorized else None

    def nearest_open(self, goal: Goal, limits: Limits) -> list[Leg]:
        """Return the occupations most like the goal that are one step away and within the limits."""
        near = self._nearest(
            goal, self.held, lambda each: each.id not in self.practised and zone_of(each) <= self.zone + 1
        )
        legs = (self.leg_into(each, self.held, limits) for each in islice(near, TRIED))
        return list(islice((leg for leg in legs if leg is not None), NEAREST))

    def teachable(self, held: frozenset[SkillId]) -> frozenset[SkillId]:
        """Return what is held and all that programmes teach which can be begun, one after the other."""
        known, rest = set(held), list(self.programmes)
        while True:
            ready = [each for each in rest if each.requires <= known]
            if not ready:
                return frozenset(known)
            rest = [each for each in rest if not each.requires <= known]
            known.update(skill for each in ready for skill in each.teaches)

    def _nearness(self, occupation: Occupation, state: _State) -> float:
        """Return how like what is practised by then an occupation is; 1 when nothing is."""
        before = {leg.occupation.id for leg in state.legs} or self.practised
        space = space_of(self.graph)
        return max((space.similarity(occupation.id, each) for each in before), default=1.0)

    def _nearest(
        self, goal: Goal, held: frozenset[SkillId], fits: Callable[[Occupation], bool]
    ) -> Iterator[Occupation]:
        """Yield occupations that fit and can be entered, those nearest to the goal first."""
        teachable = self.teachable(held)
        for near in space_of(self.graph).nearest(goal.occupation.id):
            occupation = self.graph.occupations[near]
            wanted = entry_skills(self.graph, near)
            if fits(occupation) and wanted and len(wanted - teachable) <= learnable_at_work(len(wanted)):
                yield occupation

    def experience_left(self, goal: Goal) -> int:
        """Return how many hours of work in the occupation the goal asks for beyond those practised."""
        return max(0, goal.experience - int(self.practice.get(goal.occupation.id, 0.0)))

    def _arrivals(self, goal: Goal, state: _State, count: int) -> Iterator[Route]:
        seen: list[frozenset[TrainingId]] = []
        limits = state.limits.minus(Decimal(0), self.experience_left(goal))
        if limits is None:
            return
        task = self._task(goal.occupation, state.held, goal.wanted, goal.tolerance, limits)
        for _ in range(count):
            cover = cheapest_cover(self.programmes, replace(task, exclude=tuple(seen)))
            if cover is None:
                return
            seen.append(frozenset(each.id for each in cover.programmes))
            leg = Leg(occupation=goal.occupation, held=state.held, wanted=goal.wanted, cover=cover)
            yield Route(legs=(*state.legs, leg), objective=state.objective + cover.objective, bound=cover.bound)

    def _steps_up(self, goal: Goal, state: _State) -> Iterator[_State]:
        entered = 0
        for occupation in self._nearest(goal, state.held, lambda each: zone_of(each) == state.zone + 1):
            leg = self.leg_into(occupation, state.held, state.limits)
            if leg is None:
                continue
            left = state.limits.minus(leg.cover.cost, leg.cover.hours + EXPERIENCE_HOURS)
            if left is None:
                continue
            toward = space_of(self.graph).similarity(occupation.id, goal.occupation.id)
            strangeness = 1 - min(self._nearness(occupation, state), toward)
            yield _State(
                zone=state.zone + 1,
                held=state.held | leg.cover.gained | leg.wanted,
                legs=(*state.legs, leg),
                limits=left,
                objective=state.objective + leg.cover.objective + self._change_of_job(strangeness),
            )
            entered += 1
            if entered == WIDTH:
                return


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """On the way: the zone reached, what is held there, and what may still be spent."""

    zone: int
    held: frozenset[SkillId]
    legs: tuple[Leg, ...]
    limits: Limits
    objective: float

    @property
    def key(self) -> tuple[float, tuple[str, ...]]:
        return (round(self.objective, 6), tuple(leg.occupation.id for leg in self.legs))
