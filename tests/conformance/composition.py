"""Scores the composer on the public composition cases.

    python tests/conformance/composition.py PATH/TO/conformance [--list WHAT] [--show ID] [--jobs N]

PATH holds `composition.jsonl.gz` and `audit/`. One line a score; `--list verdicts|codes|supergraphs|
disagreements` names the cases behind it, `--show ID` prints one case with everybody's answer.
"""

from __future__ import annotations

import argparse
import gzip
import json
import multiprocessing
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import parse, print_ast
from graphql.language import ast

from gateway.composition import Composed, SubgraphSDL, compose

Meaning = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What our composer says of one case."""

    ok: bool
    codes: frozenset[str]
    messages: tuple[str, ...]
    differences: tuple[str, ...]


def answer(case: Mapping[str, Any]) -> Answer:
    """Compose one case and compare the supergraph with Apollo's, where there is one."""
    subgraphs = [SubgraphSDL(name=s["name"], url=s.get("url") or "", sdl=s["sdl"]) for s in case["services"]]
    result = compose(subgraphs)
    if not isinstance(result, Composed):
        codes = frozenset(e.code for e in result.errors)
        return Answer(ok=False, codes=codes, messages=tuple(map(str, result.errors)), differences=())
    expected = (case.get("apollo") or {}).get("supergraphSdl")
    found = tuple(differences(expected, result.supergraph_sdl)) if expected else ()
    return Answer(ok=True, codes=frozenset(), messages=(), differences=found)


def differences(expected: str, ours: str) -> Iterator[str]:
    """What one supergraph says and the other does not, element by element."""
    theirs, mine = meaning(expected), meaning(ours)
    for key in sorted(theirs.keys() | mine.keys()):
        if theirs.get(key) != mine.get(key):
            yield f"{key}: expected {_brief(theirs.get(key))} but composed {_brief(mine.get(key))}"


def _brief(value: object) -> str:
    if isinstance(value, frozenset):
        return "{" + ", ".join(sorted(map(str, value))) + "}"
    return str(value)


def meaning(sdl: str) -> Meaning:
    """Every element of a supergraph with its type and its directives, whatever the order."""
    out: Meaning = {}
    for node in parse(sdl, no_location=True).definitions:
        match node:
            case ast.SchemaDefinitionNode():
                out["schema"] = frozenset(f"{o.operation.value}: {o.type.name.value}" for o in node.operation_types)
                out["schema directives"] = _directives(node)
            case ast.DirectiveDefinitionNode():
                name = f"@{node.name.value}"
                out[name] = (node.repeatable, frozenset(x.value for x in node.locations))
                _arguments(out, name, node)
            case ast.TypeDefinitionNode():
                _type(out, node)
    return out


def _type(out: Meaning, node: Any) -> None:
    name = node.name.value
    interfaces = frozenset(i.name.value for i in getattr(node, "interfaces", None) or ())
    members = frozenset(m.name.value for m in getattr(node, "types", None) or ())
    out[name] = (node.kind, interfaces, members)
    out[name + " directives"] = _directives(node)
    for field in getattr(node, "fields", None) or ():
        coordinate = f"{name}.{field.name.value}"
        default = getattr(field, "default_value", None)
        out[coordinate] = (print_ast(field.type), print_ast(default) if default else None)
        out[coordinate + " directives"] = _directives(field)
        _arguments(out, coordinate, field)
    for value in getattr(node, "values", None) or ():
        out[f"{name}.{value.name.value}"] = _directives(value)


def _arguments(out: Meaning, coordinate: str, node: Any) -> None:
    for argument in getattr(node, "arguments", None) or ():
        name = f"{coordinate}({argument.name.value}:)"
        default = print_ast(argument.default_value) if argument.default_value else None
        out[name] = (print_ast(argument.type), default)
        out[name + " directives"] = _directives(argument)


def _directives(node: Any) -> frozenset[str]:
    return frozenset(_directive(d) for d in node.directives or ())


def _directive(node: ast.DirectiveNode) -> str:
    args = []
    for argument in node.arguments or ():
        text = print_ast(argument.value)
        if node.name.value == "join__type" and (argument.name.value, text) == ("resolvable", "true"):
            continue  # the default, spelt out
        if argument.name.value in ("key", "requires", "provides") and node.name.value.startswith("join__"):
            text = _field_set(argument.value.value)
        elif isinstance(argument.value, ast.ListValueNode):
            text = str(sorted(_plain(v) for v in argument.value.values))
        args.append(f"{argument.name.value}: {text}")
    return f"@{node.name.value}({', '.join(sorted(args))})"


def _plain(node: Any) -> str:
    match node:
        case ast.ListValueNode():
            return str(sorted(_plain(v) for v in node.values))
        case ast.ObjectValueNode():
            return str(sorted((f.name.value, _plain(f.value)) for f in node.fields))
        case _:
            return print_ast(node)


def _field_set(text: str) -> str:
    operation = parse(text if text.strip().startswith("{") else "{" + text + "}").definitions[0]
    return " ".join(print_ast(operation).split())


def load(path: Path) -> list[dict[str, Any]]:
    """The public composition cases."""
    with gzip.open(path / "composition.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


def audit(path: Path) -> list[dict[str, Any]]:
    """The gateway audit's subgraphs as cases whose answer is the given supergraph."""
    cases = []
    for file in sorted((path / "audit").glob("*.subgraphs.json")):
        suite = file.name.removesuffix(".subgraphs.json")
        expected = (path / "audit" / f"{suite}.supergraph.graphql").read_text()
        cases.append(
            {
                "id": suite,
                "name": suite,
                "services": json.loads(file.read_text()),
                "apollo": {"ok": True, "codes": [], "messages": [], "supergraphSdl": expected},
                "guild": {"ok": True},
            }
        )
    return cases


def verdict(case: Mapping[str, Any]) -> bool | None:
    """What both reference composers say; None where they differ or one says nothing."""
    apollo, guild = case.get("apollo"), case.get("guild")
    if not apollo or not guild or apollo["ok"] != guild["ok"]:
        return None
    return bool(apollo["ok"])


def expected_codes(case: Mapping[str, Any]) -> frozenset[str]:
    """Apollo's codes; where it fails on plain GraphQL grounds without a code, INVALID_GRAPHQL."""
    return frozenset(code or "INVALID_GRAPHQL" for code in case["apollo"]["codes"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One line of the result and the cases that missed."""

    name: str
    total: int
    missed: tuple[str, ...]
    note: str = ""

    def __str__(self) -> str:
        good = self.total - len(self.missed)
        share = 100 * good / self.total if self.total else 100.0
        return f"{self.name} {share:.1f} % {good}/{self.total}{self.note}"


def score(cases: list[dict[str, Any]], answers: list[Answer]) -> dict[str, Score]:
    """The scores by short name."""
    verdicts: list[str] = []
    accepted = refused = total = refusals = compositions = 0
    codes: list[str] = []
    supergraphs: list[str] = []
    for case, found in zip(cases, answers, strict=True):
        expected = verdict(case)
        if expected is None:
            continue
        total += 1
        if found.ok != expected:
            verdicts.append(case["id"])
            accepted += found.ok
            refused += not found.ok
        if expected:
            compositions += 1
            if not found.ok or found.differences:
                supergraphs.append(case["id"])
        else:
            refusals += 1
            if found.codes != expected_codes(case):
                codes.append(case["id"])
    note = f" (false acceptances {accepted}, false refusals {refused})"
    return {
        "verdicts": Score(name="composition.verdicts", total=total, missed=tuple(verdicts)),
        "codes": Score(name="composition.codes", total=refusals, missed=tuple(codes)),
        "supergraphs": Score(name="composition.supergraphs", total=compositions, missed=tuple(supergraphs)),
        "false": Score(name="false", total=0, missed=(), note=note),
    }


def show(case: Mapping[str, Any], found: Answer) -> str:
    """One case in full."""
    lines = [f"{case['id']} {case['name']}"]
    for service in case["services"]:
        lines += [f"--- {service['name']}", service["sdl"]]
    for who in ("apollo", "guild"):
        theirs = case.get(who) or {}
        lines.append(f"{who}: ok={theirs.get('ok')} {theirs.get('codes')}")
        lines += [f"    {m}" for m in theirs.get("messages", ())]
    lines.append(f"ours: ok={found.ok} {sorted(found.codes)}")
    lines += [f"    {m}" for m in (*found.messages, *found.differences)]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Score, list or show; exits 1 where a goal of the project is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--list", choices=("verdicts", "codes", "supergraphs", "disagreements"))
    parser.add_argument("--show", metavar="ID")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(arguments)
    cases = load(options.path)
    audited = audit(options.path)
    if options.show:
        case = next(c for c in [*cases, *audited] if c["id"] == options.show)
        print(show(case, answer(case)))
        return 0
    start = time.monotonic()
    everything = [*cases, *audited]
    if options.jobs > 1:
        with multiprocessing.Pool(options.jobs) as pool:
            answers = pool.map(answer, everything, chunksize=32)
    else:
        answers = [answer(c) for c in everything]
    scores = score(cases, answers[: len(cases)])
    audits = score(audited, answers[len(cases) :])["supergraphs"]
    by_id = {c["id"]: (c, a) for c, a in zip(everything, answers, strict=True)}
    if options.list == "disagreements":
        for case, found in by_id.values():
            apollo, guild = case.get("apollo"), case.get("guild")
            if apollo and guild and apollo["ok"] != guild["ok"]:
                sides = f"apollo {apollo['ok']} guild {guild['ok']} ours {found.ok}"
                print(case["id"], sides, sorted(found.codes), case["name"])
        return 0
    if options.list:
        missed = scores[options.list].missed + (audits.missed if options.list == "supergraphs" else ())
        for case_id in missed:
            case, found = by_id[case_id]
            theirs = sorted(expected_codes(case)) or "composes"
            mine = sorted(found.codes) or "composes"
            print(case_id, f"expected {theirs} ours {mine}", case["name"])
            for line in found.differences[:3]:
                print("   ", line[:300])
        return 0
    print(scores["verdicts"])
    print(scores["codes"])
    print(scores["supergraphs"])
    print(f"composition.audit {len(audited) - len(audits.missed)}/{len(audited)}")
    print(f"composition.wrong{scores['false'].note}, {time.monotonic() - start:.0f} s")
    good = (
        len(scores["verdicts"].missed) <= 0.01 * scores["verdicts"].total
        and len(scores["codes"].missed) <= 0.05 * scores["codes"].total
        and len(scores["supergraphs"].missed) <= 0.01 * scores["supergraphs"].total
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
