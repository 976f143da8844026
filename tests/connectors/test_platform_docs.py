"""The platform engineer's page and the table of platforms say what is."""

import re
from pathlib import Path

from connectors.catalogue import built_in
from connectors.catalogue.matrix import platform_matrix
from connectors.schema import check
from connectors.schema.vocabulary import RUNTIME_DIRECTIVES

DOCS = Path(__file__).parents[2] / "docs"


def test_table_of_platforms_is_fresh() -> None:
    assert (DOCS / "platforms.md").read_text(encoding="utf-8") == platform_matrix(built_in()), (
        "run: python -m connectors.catalogue.matrix > docs/platforms.md"
    )


def test_whole_connectors_of_the_page_have_no_problems() -> None:
    page = (DOCS / "platform.md").read_text(encoding="utf-8")
    whole = re.findall(r"```graphql\n(.*?)```", page, re.DOTALL)
    assert [check(sdl) for sdl in whole] == [[], []]


def test_every_directive_is_on_the_page() -> None:
    page = (DOCS / "platform.md").read_text(encoding="utf-8")
    assert [name for name in sorted(RUNTIME_DIRECTIVES) if f"@{name}" not in page] == []
