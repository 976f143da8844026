"""The platform engineer's page and the table of platforms say what is."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from graphql import GraphQLObjectType

from connectors.catalogue import built_in
from connectors.catalogue.matrix import platform_matrix
from connectors.mapping.methods import METHODS
from connectors.runtime.remote import missing_fields
from connectors.schema import check, load
from connectors.schema.vocabulary import RUNTIME_DIRECTIVES

DOCS = Path(__file__).parents[2] / "docs"


def test_table_of_platforms_is_fresh() -> None:
    assert (DOCS / "platforms.md").read_text(encoding="utf-8") == platform_matrix(built_in()), (
        "run: python -m connectors.catalogue.matrix > docs/platforms.md"
    )


def test_connectors_of_the_page_have_no_problems() -> None:
    assert [check(sdl) for sdl in _blocks("graphql")] == [[], [], []]


def test_subgraph_of_the_page_serves_what_its_connector_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    (program,) = _blocks("python")
    module = ModuleType("subgraph_of_the_page")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(program, "docs/platform.md", "exec"), module.__dict__)
    answer = module.__dict__["schema"].execute_sync("{ _service { sdl } }")
    connector = load(next(sdl for sdl in _blocks("graphql") if "@remote" in sdl))
    account = connector.schema.get_type("AcmeAccount")
    assert isinstance(account, GraphQLObjectType)
    assert missing_fields(answer.data["_service"]["sdl"], connector.definition, account) == []


def _blocks(language: str) -> list[str]:
    page = (DOCS / "platform.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def test_every_directive_is_on_the_page() -> None:
    page = (DOCS / "platform.md").read_text(encoding="utf-8")
    assert [name for name in sorted(RUNTIME_DIRECTIVES) if f"@{name}" not in page] == []


def test_every_method_of_ours_is_on_the_page() -> None:
    page = (DOCS / "platform.md").read_text(encoding="utf-8")
    ours = [name for name in sorted(METHODS) if name.startswith("gig_")]
    assert ours
    assert [name for name in ours if f"`->{name}" not in page] == []
