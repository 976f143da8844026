"""Which endpoints of which platform a question calls, for every field of every account in the catalogue.

The table is `what_is_called.txt`; what is found here is asked of the simulated platforms.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from graphql import REMOVE, GraphQLObjectType, Visitor, get_named_type, parse, print_ast, visit

from connectors.catalogue import built_in
from connectors.schema import Connector, load
from connectors.schema.definition import ClientCredentialsLinking, OAuth2Linking, TakeoutLinking
from connectors.takeout import TakeoutStore
from connectors.transport import UpstreamRequest, UpstreamResponse, Wire
from connectors.transport.address import Reach
from tests.connectors.catalogue.test_every_platform import ALEX, NIA, PERSONAS
from tests.connectors.conftest import World, open_world

TABLE = Path(__file__).parent / "what_is_called.txt"
QUICK = {
    # Fewer tasks are asked about one by one, so that Amazon's limit of requests a second is not waited for.
    "mturk_requester": ("days: 60", "days: 10"),
}
CONNECTORS = [load(each.source.replace(*QUICK.get(each.name, ("", "")))) for each in built_in()]

Blocks = Mapping[str, Mapping[str, list[str]]]
"""Per connector, per question, what is called, sorted; `scopes` is a question too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one platform was really asked, what it answered to each question, and to all of them at once."""

    calls: Mapping[str, list[str]]
    answers: Mapping[str, Any]
    together: Any


_calls: ContextVar[set[str]] = ContextVar("calls")


class RecordingWire(Wire):
    """A wire that remembers what went over it, for the question that it went for."""

    async def exchange(
        self, request: UpstreamRequest, *, reach: Reach, seconds: float, body_bytes: int
    ) -> UpstreamResponse:
        if (calls := _calls.get(None)) is not None:
            calls.add(shown(request))
        return await super().exchange(request, reach=reach, seconds=seconds, body_bytes=body_bytes)


def shown(request: UpstreamRequest) -> str:
    """A request to the sandbox as the table has it."""
    parts = urlsplit(request.url)
    _, platform, path = parts.path.split("/", 2)
    (connector,) = (each for each in CONNECTORS if each.name == platform)
    flags = {each.parameter for connect in connector.definition.connects for each in connect.expansions}
    sent = [f"+{name}" for name, _ in parse_qsl(parts.query) if name in flags]
    words = [request.method, f"/{path}", *sorted(sent)]
    if "X-Amz-Target" in request.headers:
        words.append(request.headers["X-Amz-Target"].rpartition(".")[2])
    if path == "graphql":
        words.append(outline(json.loads(request.body or b"{}")["query"]))
    return " ".join(words)


def outline(document: str) -> str:
    """The names in a document, on one line."""

    class Bare(Visitor):
        def leave_argument(self, *_: Any) -> Any:
            return REMOVE

        def leave_variable_definition(self, *_: Any) -> Any:
            return REMOVE

    return " ".join(print_ast(visit(parse(document), Bare())).split()).removeprefix("query ")


def everything(kind: Any) -> str:
    """All fields below a type."""
    inner = {name: get_named_type(field.type) for name, field in kind.fields.items()}
    return " ".join(
        f"{name} {{ {everything(each)} }}" if isinstance(each, GraphQLObjectType) else name
        for name, each in inner.items()
    )


def selection_of(question: str, connector: Connector) -> str:
    """What is really asked: `engagements { … }` is of the newest one, a field alone is everything below it."""
    account = connector.schema.get_type(connector.definition.account_type)
    assert isinstance(account, GraphQLObjectType)
    field, _, below = question.partition(" ")
    kind = "Engagement" if field == "engagements" else get_named_type(account.fields[field].type).name
    below = below or f"{{ {everything(connector.schema.get_type(kind))} }}"
    return f"engagements(first: 1) {{ edges {{ node {below} }} }}" if field == "engagements" else f"{field} {below}"


def written() -> Blocks:
    """The table as it is written: a line per platform, indented once per question, twice per call."""
    blocks: defaultdict[str, dict[str, list[str]]] = defaultdict(dict)
    platform = question = ""
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        depth, text = len(line) - len(line.lstrip()), line.strip()
        if depth == 0:
            platform = text
        elif depth == 2:
            question = text
            blocks[platform][question] = []
        else:
            blocks[platform][question].append(text)
    return blocks


@pytest.fixture(scope="module")
def found(sandbox_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Found]]:
    """What the simulated platforms were asked and answered, by platform."""

    async def main() -> Mapping[str, Found]:
        async with open_world(sandbox_url, tmp_path_factory.mktemp("calls"), CONNECTORS, wire=RecordingWire()) as world:
            accounts = {each.name: await world.link(each.name, persona_of(each)) for each in CONNECTORS}
            asked = [ask_all(world, each, accounts[each.name]) for each in CONNECTORS]
            return dict(zip(accounts, await asyncio.gather(*asked), strict=True))

    with pytest.MonkeyPatch.context() as patch:
        read = TakeoutStore.read

        async def noted(self: TakeoutStore, account_id: str, file: str) -> Any:
            _calls.get().add(f"the file {file}")
            return await read(self, account_id, file)

        patch.setattr(TakeoutStore, "read", noted)
        yield asyncio.run(main())


def persona_of(connector: Connector) -> str:
    """Whose record is read; an export has its files even where they are empty."""
    is_export = isinstance(connector.definition.linking.method, TakeoutLinking)
    return NIA if is_export else PERSONAS.get(connector.name, ALEX)


async def ask_all(world: World, connector: Connector, account_id: str) -> Found:
    """Ask one platform the questions of the table, one after the other, and then at once."""
    calls, answers = {}, {}
    method = connector.definition.linking.method
    questions = [each for each in written().get(connector.name, ()) if each != "scopes"]
    has_scopes = isinstance(method, OAuth2Linking | ClientCredentialsLinking)
    calls["scopes"] = sorted(method.scopes if has_scopes else ()) or ["nothing"]
    for question in questions:
        _calls.set(set())
        answers[question] = await ask(world, connector, account_id, selection_of(question, connector))
        calls[question] = sorted(_calls.get()) or ["nothing"]
    together = " ".join(selection_of(question, connector) for question in questions)
    return Found(calls=calls, answers=answers, together=await ask(world, connector, account_id, together))


async def ask(world: World, connector: Connector, account_id: str, selection: str) -> Any:
    """The account as one question shows it."""
    answer = await world.read(connector.name, account_id, selection)
    assert "errors" not in answer, (connector.name, selection, answer["errors"][:2])
    return answer["data"]["_entities"][0]


def is_part_of(one: Any, other: Any) -> bool:
    """Whether an answer says nothing else than one that says more, but for where they come from."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(is_part_of(value, other[name]) for name, value in one.items() if name != "provenance")
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_part_of, one, other))
    return bool(one == other)


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda connector: connector.name)
def test_question_calls_what_the_table_says_and_nothing_else(found: Mapping[str, Found], connector: Connector) -> None:
    assert found[connector.name].calls == written()[connector.name]


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda connector: connector.name)
def test_question_that_asks_less_gets_the_same_values(found: Mapping[str, Found], connector: Connector) -> None:
    for question, answer in found[connector.name].answers.items():
        assert is_part_of(answer, found[connector.name].together), question


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda connector: connector.name)
def test_every_field_is_in_the_table(connector: Connector) -> None:
    account = connector.schema.get_type(connector.definition.account_type)
    assert isinstance(account, GraphQLObjectType)
    asked = {question.partition(" ")[0] for question in written()[connector.name]}
    assert asked - {"scopes"} == set(account.fields) - {"id"}


def test_every_platform_is_in_the_table() -> None:
    assert list(written()) == [each.name for each in CONNECTORS]
