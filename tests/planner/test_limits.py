"""Bounds: scale, fuel, and operations for which there is no plan."""

from __future__ import annotations

import time

import pytest
from graphql import parse

from gateway.planner import PlanError, PlannerOptions, load_supergraph, normalize, plan
from gateway.planner.show import depth

HEAD = 'schema @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }\n'


def graphs(names: list[str]) -> str:
    values = " ".join(f'{name.upper()} @join__graph(name: "{name}", url: "")' for name in names)
    return HEAD + f"enum join__Graph {{ {values} }}\n"


def keys_between(count: int, keys: dict[int, list[str]]) -> str:
    """An entity known to `count` subgraphs; `keys` says by which keys each resolves it."""
    names = [f"s{i}" for i in range(count)]
    types = " ".join(f'@join__type(graph: S{i}, key: "{key}")' for i in range(count) for key in keys[i])
    fields = sorted({key for found in keys.values() for key in found})
    lines = [f"v{i}: Int @join__field(graph: S{i})" for i in range(count)]
    for field in fields:
        owners = " ".join(f"@join__field(graph: S{i})" for i in range(count) if field in keys[i])
        lines.append(f"{field}: ID! {owners}")
    return (
        graphs(names)
        + "type Query @join__type(graph: S0) { t: T @join__field(graph: S0) }\n"
        + f"type T {types} {{ {' '.join(lines)} }}"
    )


def test_a_long_chain_of_keys_is_followed() -> None:
    supergraph = load_supergraph(keys_between(12, {i: [f"k{i}", f"k{i + 1}"] for i in range(12)}))
    made = plan(supergraph, normalize(supergraph, parse("{ t { v11 } }")))
    assert (len(made.fetches), depth(made)) == (12, 12)


def test_every_key_everywhere_does_not_explode() -> None:
    supergraph = load_supergraph(keys_between(25, {i: [f"k{j}" for j in range(25)] for i in range(25)}))
    fields = " ".join(f"v{i}" for i in range(25))
    made = plan(supergraph, normalize(supergraph, parse(f"{{ t {{ {fields} }} }}")))
    assert (len(made.fetches), depth(made)) == (25, 2)


def test_fuel_ends_in_a_coded_error() -> None:
    supergraph = load_supergraph(keys_between(2, {0: ["id"], 1: ["id"]}))
    fields = " ".join(f"a{i}: v{i % 2}" for i in range(100))
    operation = normalize(supergraph, parse(f"{{ t {{ {fields} }} }}"))
    with pytest.raises(PlanError) as caught:
        plan(supergraph, operation, PlannerOptions(fuel=50))
    assert caught.value.code == "PLAN_LIMIT_EXCEEDED"


def test_a_field_out_of_reach_is_a_coded_error() -> None:
    supergraph = load_supergraph(keys_between(2, {0: ["a"], 1: ["b"]}))
    with pytest.raises(PlanError) as caught:
        plan(supergraph, normalize(supergraph, parse("{ t { v1 } }")))
    assert (caught.value.code, str(caught.value)) == (
        "PLAN_NOT_FOUND",
        "no subgraph can resolve T.v1 from where it is asked for",
    )


def test_requirements_that_need_each_other_are_a_coded_error() -> None:
    sdl = (
        graphs(["a", "b"])
        + "type Query @join__type(graph: A) { t: T @join__field(graph: A) }\n"
        + 'type T @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID!'
        + ' x: Int @join__field(graph: A, requires: "y") @join__field(graph: B, external: true)'
        + ' y: Int @join__field(graph: B, requires: "x") @join__field(graph: A, external: true) }'
    )
    supergraph = load_supergraph(sdl)
    with pytest.raises(PlanError) as caught:
        plan(supergraph, normalize(supergraph, parse("{ t { x } }")))
    assert caught.value.code == "PLAN_NOT_FOUND"


@pytest.mark.parametrize(
    "sdl",
    [
        "type Query {",
        "type Query { a: Int }",
        HEAD + "enum join__Graph { A }\ntype Query @join__type(graph: B) { a: Int }",
    ],
)
def test_what_is_no_supergraph_is_refused(sdl: str) -> None:
    with pytest.raises(PlanError) as caught:
        load_supergraph(sdl)
    assert caught.value.code == "INVALID_SUPERGRAPH"


def accounts(count: int) -> str:
    """An interface with `count` types, each in a subgraph of its own."""
    own = [f"p{i}" for i in range(count)]
    everywhere = " ".join(f"@join__type(graph: {name.upper()})" for name in own)
    resolved = " ".join(f"@join__field(graph: {name.upper()})" for name in own)
    lines = [
        graphs(["directory", *own]),
        "type Query @join__type(graph: DIRECTORY) { accounts: [Account!]! @join__field(graph: DIRECTORY) }",
        f"interface Account @join__type(graph: DIRECTORY) {everywhere} {{ id: ID! work(n: Int): [Work] {resolved} }}",
        f"type Work {everywhere} {{ id: ID! pay: Pay }} type Pay {everywhere} {{ amount: Int }}",
    ]
    lines += [
        f'type A{i} implements Account @join__implements(graph: DIRECTORY, interface: "Account")'
        f' @join__implements(graph: P{i}, interface: "Account") @join__type(graph: DIRECTORY, key: "id")'
        f' @join__type(graph: P{i}, key: "id") {{ id: ID! @join__field(graph: DIRECTORY) @join__field(graph: P{i})'
        f" work(n: Int): [Work] @join__field(graph: P{i}) }}"
        for i in range(count)
    ]
    return "\n".join(lines)


def test_a_family_of_types_is_walked_once_and_fetched_from_each_subgraph() -> None:
    supergraph = load_supergraph(accounts(300))
    operation = normalize(supergraph, parse("{ accounts { id work(n: 3) { id pay { amount } } } }"))
    # Fuel counts placed fields: what is asked of 300 types is placed for one.
    made = plan(supergraph, operation, PlannerOptions(fuel=20))
    assert len(made.fetches) == 301
    assert {fetch.subgraph for fetch in made.fetches} == {"directory", *(f"p{i}" for i in range(300))}
    for fetch in made.fetches[1:]:
        (entity,) = fetch.entities
        (target,) = entity.targets
        (shape,) = target.representations
        assert fetch.after == (0,)
        assert shape.types == {shape.typename} == {f"A{fetch.subgraph[1:]}"}
        assert [s.type_condition for s in entity.selections] == [shape.typename]  # type: ignore[union-attr]


def test_a_type_that_differs_leaves_the_family() -> None:
    sdl = accounts(20).replace(
        "type A7 implements Account", 'type A7 implements Account @join__type(graph: P3, key: "id")'
    )
    supergraph = load_supergraph(sdl)
    made = plan(supergraph, normalize(supergraph, parse("{ accounts { work { id } ... on A2 { id } } }")))
    assert sorted(fetch.subgraph for fetch in made.fetches[1:]) == sorted(f"p{i}" for i in range(20))


def ring(count: int, width: int) -> str:
    """`count` subgraphs that share three types, each entered by two of a ring of keys: choices everywhere."""
    graph_names = [f"s{i}" for i in range(count)]

    def owned(name: str, kind: str, owners: list[int]) -> str:
        return f"{name}: {kind} " + " ".join(f"@join__field(graph: S{i})" for i in owners)

    lines = [
        graphs(graph_names),
        f"type Query {' '.join(f'@join__type(graph: S{i})' for i in range(count))} {{ t: T0 }}",
    ]
    for number in range(3):
        keys = " ".join(f'@join__type(graph: S{i}, key: "k{(i + j) % count}")' for i in range(count) for j in range(2))
        fields = [owned(f"k{k}", "ID!", sorted({k, (k - 1) % count})) for k in range(count)]
        for f in range(width):
            fields.append(owned(f"f{f}", f"T{(number + f) % 3}", [i for i in range(count) if (i * 7 + f) % 3 == 0]))
            fields.append(owned(f"v{f}", "Int", [i for i in range(count) if (i * 5 + f) % 4 == 0]))
        lines.append(f"type T{number} {keys} {{ {' '.join(fields)} }}")
    return "\n".join(lines)


def everything(depth: int, width: int) -> str:
    inner = " ".join(f"f{i} {everything(depth - 1, width)}" for i in range(width)) if depth else ""
    return f"{{ {inner} {' '.join(f'v{i}' for i in range(width))} }}"


def test_what_takes_too_long_to_plan_ends_in_a_coded_error_in_time() -> None:
    supergraph = load_supergraph(ring(20, 8))
    operation = normalize(supergraph, parse(f"{{ t {everything(3, 8)} }}"))
    begin = time.thread_time()
    with pytest.raises(PlanError) as caught:
        plan(supergraph, operation, PlannerOptions(seconds=0.2), lambda: time.thread_time() - begin)
    assert time.thread_time() - begin < 0.4
    assert (caught.value.code, str(caught.value)) == (
        "PLAN_LIMIT_EXCEEDED",
        "the operation takes too long to plan",
    )


def test_comparing_plans_ends_in_time_and_leaves_the_best_so_far() -> None:
    supergraph = load_supergraph(ring(6, 3))
    operation = normalize(supergraph, parse(f"{{ t {everything(2, 3)} }}"))
    looks = iter(range(1_000_000))
    # A stopwatch that runs by being looked at.
    made = plan(supergraph, operation, PlannerOptions(seconds=1e6, improvement_seconds=0), lambda: float(next(looks)))
    greedy = plan(supergraph, operation, PlannerOptions(attempts=1))
    assert made == greedy


def test_without_a_stopwatch_only_the_fuel_counts() -> None:
    supergraph = load_supergraph(keys_between(2, {0: ["id"], 1: ["id"]}))
    operation = normalize(supergraph, parse("{ t { v1 } }"))
    assert plan(supergraph, operation, PlannerOptions(seconds=0, improvement_seconds=0)).fetches
