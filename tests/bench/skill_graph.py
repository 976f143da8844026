"""`make bench-graph`: how good and how fast the skill graph is. Prints; asserts nothing.

    python tests/bench/skill_graph.py DATA [--judgements FILE] [--cache DIR] [--train]

DATA has `esco/` (the official ESCO 1.1.1 download), `onet/` and `skill_extraction/` (labeled sentences).
Judgements are a CSV of two ESCO occupations (URI or label) and a score (`judgements.py`); `make bench-graph` takes the
file from JUDGEMENTS.
With `--train` the rankers are learned from all labeled sentences and written to `graph/data/`.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import combinations
from pathlib import Path
from random import Random

import numpy as np
from covers import measure_covers
from judgements import JudgementsError, agreement, average_precision, read_judgements
from pool_opening import measure_opening
from populations import random_profile, with_opportunities

from gateway.storage.database import create_database_engine
from graph.linking.candidates import FEATURES
from graph.linking.encoder import load_encoder
from graph.linking.linker import FLOOR, SkillLinker
from graph.linking.ranker import Example, Ranker, train
from graph.linking.semantic import SEMANTIC_FEATURES, SemanticLinker
from graph.linking.titles import TitleLinker
from graph.matching.model import opportunities_of
from graph.matching.similarity import GROUP_PART, MEANING_PART, OccupationSpace, space_of
from graph.matching.worker_index import WorkerIndex
from graph.taxonomy.graph import SkillGraph, SkillGraphBuilder
from graph.taxonomy.importing import import_taxonomy, live_graph
from graph.taxonomy.onet import read_crosswalk
from graph.taxonomy.store import TaxonomyVersion

FOLDS, REPEATS = 8, 4
NOT_SKILLS = {"LABEL NOT PRESENT", "UNDERSPECIFIED"}
OPENED = 100_000
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def main() -> None:
    """Run every benchmark that there is data for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--judgements", type=Path)
    parser.add_argument("--cache", type=Path, help="where encoded labels are kept between runs")
    parser.add_argument("--train", action="store_true")
    options = parser.parse_args()
    graph = measure_import(options.data)
    measure_linking(graph, options.data / "skill_extraction", options.cache, write=options.train)
    measure_titles(graph, options.data / "esco" / "esco_occupation_surfaces_sv.csv")
    measure_crosswalk(graph, options.data / "onet" / "crosswalk_esco_onet.csv")
    if options.judgements is not None:
        measure_judgements(graph, options.judgements)
    measure_covers()
    measure_matching(graph)
    measure_opening(graph, OPENED)


def measure_import(data: Path) -> SkillGraph:
    """Time the import of all of ESCO and the graph of it."""
    with tempfile.TemporaryDirectory() as folder:
        engine = create_database_engine(f"sqlite:///{folder}/bench.db")
        TaxonomyVersion.metadata.tables["taxonomy_version"].create(engine)
        started = time.perf_counter()
        report = import_taxonomy(
            engine,
            data / "esco",
            now=NOW,
            job_zones=data / "onet" / "Job Zones.txt",
            crosswalk=data / "onet" / "crosswalk_esco_onet.csv",
        )
        imported = time.perf_counter()
        graph = live_graph(engine)
        loaded = time.perf_counter()
        engine.dispose()
    print(f"import    {dict(report.counts)}: {imported - started:.1f} s, graph {loaded - imported:.1f} s")
    return graph


def measure_linking(graph: SkillGraph, folder: Path, cache: Path | None, *, write: bool) -> None:
    """Cross-validate both rankers on the labeled sentences; mean reciprocal rank of the first right skill."""
    started = time.process_time()
    lexical = SkillLinker(graph)
    print(f"linking   index {time.process_time() - started:.1f} s of CPU")
    _measure_linker("lexical", lexical, graph, folder, FEATURES, "linker.json" if write else None)
    encoder = load_encoder()
    if encoder is None:
        print("          semantic: skipped, the extra is not installed")
        return
    semantic = SemanticLinker(graph, encoder, cache=cache, progress=_show_progress)
    _measure_linker("semantic", semantic, graph, folder, SEMANTIC_FEATURES, "semantic_linker.json" if write else None)


def _measure_linker(
    kind: str,
    linker: SkillLinker | SemanticLinker,
    graph: SkillGraph,
    folder: Path,
    features: tuple[str, ...],
    target: str | None,
) -> None:
    numbers = {graph.skills[each].name: place for place, each in enumerate(linker.skills)}
    sets: list[str] = []
    sentences: list[str] = []
    examples: list[Example] = []
    times = []
    for path in sorted(folder.glob("*_validation.csv")):
        for sentence, labels in _sentences(path):
            started = time.process_time()
            found = linker.candidates(sentence)
            times.append(time.process_time() - started)
            right = np.isin(found.owners, [numbers[each] for each in labels]).astype(float)
            sets.append(path.name.split("_")[0])
            sentences.append(sentence)
            examples.append(Example(features=found.features, is_right=right))
    print(f"          {kind}: {np.mean(times) * 1000:.0f} ms of CPU a sentence, slowest {max(times) * 1000:.0f} ms")
    groups = alike_together(sentences)
    for name in sorted(set(sets)):
        scores = [_cross_validated(examples, sets, groups, name, seed, features) for seed in range(REPEATS)]
        shown = ", ".join(f"{each:.3f}" for each in scores)
        print(f"          {kind}, {name}: MRR {np.mean(scores):.3f} ({shown}), {sets.count(name)} sentences")
    if target is not None:
        path = Path(__file__).parent.parent.parent / "graph" / "data" / target
        path.write_text(json.dumps(train(examples, features).to_json(), indent=1) + "\n", encoding="utf-8")
        print(f"          wrote {target}")


def _show_progress(done: int, total: int) -> None:
    if done == total or done % 2_560 == 0:
        print(f"          encoded {done:,} of {total:,} labels")


def measure_titles(graph: SkillGraph, swedish: Path) -> None:
    """Find occupations by synonyms that were held out: one English name each, all Swedish names but the first."""
    random, asked, builder = Random(0), defaultdict(list), SkillGraphBuilder()
    names: dict[str, list[str]] = defaultdict(list)
    with swedish.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            names[row["uri"]].append(row["t"])
    for occupation in graph.occupations.values():
        english = sorted(occupation.synonyms.get("en", ()))
        if len(english) > 3:
            asked["en"].append((english.pop(random.randrange(len(english))), occupation.id))
        first, *others = names.get(str(occupation.uri)) or [occupation.name]
        asked["sv"] += [(each, occupation.id) for each in others]
        builder.add_occupation(
            replace(occupation, labels={**occupation.labels, "sv": first}, synonyms={"en": tuple(english)})
        )
    linker = TitleLinker(builder.build())
    for language, pairs in sorted(asked.items()):
        started, ranks = time.perf_counter(), []
        for title, right in random.sample(pairs, 400):
            found = [each.occupation for each in linker.link(title, limit=100)]
            ranks.append(1 / (1 + found.index(right)) if right in found else 0.0)
        each_ms = (time.perf_counter() - started) / len(ranks) * 1000
        print(f"titles    {language}: MRR {np.mean(ranks):.3f}, {each_ms:.0f} ms a title")


def measure_crosswalk(graph: SkillGraph, crosswalk: Path) -> None:
    """Mean average precision of finding occupations that O*NET puts together."""
    together: dict[str, set[str]] = defaultdict(set)
    for onet, uri, match in read_crosswalk(crosswalk):
        occupation = graph.occupation_of_uri(uri)
        if occupation is not None and match != "broad":
            together[onet].add(occupation)
    related: dict[str, set[str]] = defaultdict(set)
    for group in together.values():
        if len(group) <= 15:
            for each in group:
                related[each] |= group - {each}
    asked = Random(1).sample(sorted(each for each, others in related.items() if others), 400)
    space = space_of(graph)
    for name, values in MEASURES.items():
        precisions = [
            average_precision(
                values(space, space.number[each]), space.number[each], {space.number[other] for other in related[each]}
            )
            for each in asked
        ]
        print(f"nearness  {name}: MAP {np.mean(precisions):.3f}")


def measure_judgements(graph: SkillGraph, path: Path) -> None:
    """Spearman and MAP against pairs of occupations that people have judged (`judgements.py`: the file's form)."""
    try:
        judged = read_judgements(path, graph)
    except JudgementsError as error:
        raise SystemExit(str(error)) from None
    print(f"judged    {len(judged.pairs)} pairs, {judged.left_out} left out")
    space = space_of(graph)
    for name, values in MEASURES.items():
        found = agreement(judged, lambda one, values=values: values(space, space.number[one]), space.occupations)
        shown = "–" if found.spearman is None else f"{found.spearman:.3f}"
        print(f"judged    {name}: Spearman {shown}, MAP {found.mean_average_precision:.3f}")


def measure_matching(graph: SkillGraph) -> None:
    """Time both directions at scale, on one core."""
    random = Random(1)
    occupations = sorted(graph.occupations)
    index = WorkerIndex(graph)
    index.put((f"{number:06}", random_profile(graph, random, occupations)) for number in range(100_000))
    times = []
    for opportunity in graph.opportunities.values():
        started = time.process_time()
        index.rank(opportunity, limit=20)
        times.append(time.process_time() - started)
    print(f"matching  100,000 workers, top 20: {np.median(times) * 1000:.0f} ms, slowest {max(times) * 1000:.0f} ms")
    many = with_opportunities(graph, random, 10_000)
    ranked, worker = opportunities_of(many), random_profile(graph, random, occupations)
    started = time.process_time()
    ranked.rank(worker, NOW)[:20]
    print(f"          10,000 opportunities, all ranked: {(time.process_time() - started) * 1000:.0f} ms")
    started = time.process_time()
    index.put((f"{number:06}", random_profile(graph, random, occupations)) for number in range(0, 100_000, 10_000))
    index.rank(next(iter(graph.opportunities.values())), limit=20)
    print(f"          10 of 100,000 replaced, ranked again: {(time.process_time() - started) * 1000:.0f} ms")


PARTS: dict[str, Callable[[OccupationSpace, int], np.ndarray]] = {
    "skills": lambda space, place: np.sqrt(space.skill_likeness(place)),
    "words": lambda space, place: np.sqrt(space.word_likeness(place)),
    "group": lambda space, place: GROUP_PART * space.group_likeness(place),
    "meaning": lambda space, place: MEANING_PART * space.meaning_likeness(place),
}


def _without(left_out: str, space: OccupationSpace, place: int) -> np.ndarray:
    """Return the sum of what our measure is made of, but for one part: what that part is worth."""
    return sum(part(space, place) for name, part in PARTS.items() if name != left_out)


_chance = np.random.default_rng(1)
MEASURES: dict[str, Callable[[OccupationSpace, int], np.ndarray]] = {
    "random": lambda space, _: _chance.random(len(space.occupations)),
    "ISCO prefix": lambda space, place: space.group_likeness(place),
    "TF-IDF": lambda space, place: space.word_likeness(place),
    "skills": lambda space, place: space.skill_likeness(place),
    "meaning": lambda space, place: space.meaning_likeness(place),
    "ours": lambda space, place: space.row(space.occupations[place]),
    **{f"ours without {name}": partial(_without, name) for name in PARTS},
}


def _sentences(path: Path) -> Iterator[tuple[str, set[str]]]:
    labels: dict[str, set[str]] = defaultdict(set)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["label"] not in NOT_SKILLS:
                labels[row["sentence"]].add(row["label"])
    yield from labels.items()


def alike_together(sentences: Sequence[str]) -> list[list[int]]:
    """Group sentences that are nearly the same: they share more than half of their words, or are linked by such.

    Advertisements repeat each other; a sentence must not be judged by a ranker that learned from its twin.
    """
    bags = [set(each.lower().split()) for each in sentences]
    group = list(range(len(bags)))
    for one, other in combinations(range(len(bags)), 2):
        if len(bags[one] & bags[other]) > 0.5 * len(bags[one] | bags[other]):
            former, latter = group[other], group[one]
            group = [latter if each == former else each for each in group]
    return [[place for place, each in enumerate(group) if each == number] for number in sorted(set(group))]


def _cross_validated(
    examples: list[Example], sets: list[str], groups: list[list[int]], name: str, seed: int, features: tuple[str, ...]
) -> float:
    order = np.random.default_rng(seed).permutation(len(groups))
    ranks = []
    for fold in range(FOLDS):
        held_out = {place for number in order[fold::FOLDS] for place in groups[number]}
        ranker = train([each for place, each in enumerate(examples) if place not in held_out], features)
        ranks += [_reciprocal_rank(ranker, examples[place]) for place in held_out if sets[place] == name]
    return float(np.mean(ranks))


def _reciprocal_rank(ranker: Ranker, example: Example) -> float:
    """Return 1 / the place of the first right skill; 0 when there is none, or none is told (`FLOOR`)."""
    scores = ranker.scores(example.features)
    if ranker.confidence(scores).max(initial=0.0) < FLOOR:
        return 0.0
    order = np.argsort(-scores, kind="stable")
    hits = np.flatnonzero(example.is_right[order])
    return 1 / (hits[0] + 1) if len(hits) else 0.0


if __name__ == "__main__":
    main()
