"""The worked example of docs/composition.md says what happens."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2].joinpath("docs", "composition.md").read_text()


def example():
    block = re.search(r"### One worked example\n\n```graphql\n(.*?)```", PAGE, re.DOTALL)[1]
    parts = re.split(r"^# (\w+)\n", block, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_the_example_composes_to_the_type_shown(type_of):
    assert type_of("User", **example()) in PAGE


def test_the_example_without_its_key_fails_with_the_error_shown(refuses):
    sdls = example()
    sdls["reviews"] = sdls["reviews"].replace('(fields: "id")', '(fields: "id", resolvable: false)')
    (error,) = refuses(**sdls)
    assert error.rpartition(" (reviews:")[0] in PAGE


def test_the_scores_shown_are_lines_of_the_script():
    for name in ("verdicts", "codes", "supergraphs"):
        assert re.search(rf"^composition\.{name} [\d.]+ % \d+/\d+$", PAGE, re.MULTILINE)
