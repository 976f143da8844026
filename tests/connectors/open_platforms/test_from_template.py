"""Any platform that implements the Open Platforms contract is a connector by configuration."""

from importlib.resources import files

import pytest

from connectors.open_platforms import BadParameterError, connector_sdl
from connectors.schema import check, load

URL = "https://platform.openplatforms.example/api/ExportData"


def test_example_of_the_catalogue_is_the_template_filled_in() -> None:
    text = files("connectors.catalogue").joinpath("open_platforms.graphql").read_text(encoding="utf-8")
    assert text == connector_sdl("open_platforms", "Open Platforms (example)", URL)


@pytest.mark.parametrize(
    ("name", "shown", "url"),
    [
        ("acme", "Acme", "https://acme.example/api/export"),
        ("taxi_stockholm", 'Taxi "Stockholm" \\ __PATH__', "https://api.taxi.example:8443/"),
        ("a1", "Ä", "https://xn--bcher-kva.example"),
    ],
)
def test_filled_in_template_has_no_problems(name: str, shown: str, url: str) -> None:
    sdl = connector_sdl(name, shown, url)
    assert check(sdl) == []
    definition = load(sdl).definition
    assert (definition.platform.name, definition.platform.display_name) == (name, shown)
    assert definition.linking.body == "PlatformToken"


@pytest.mark.parametrize(
    ("parameter", "name", "shown", "url"),
    [
        ("name", "Acme", "Acme", URL),
        ("name", "a" * 33, "Acme", URL),
        ("display-name", "acme", " ", URL),
        ("display-name", "acme", "A\ncme", URL),
        ("url", "acme", "Acme", "http://acme.example/"),
        ("url", "acme", "Acme", "https://user:secret@acme.example/"),
        ("url", "acme", "Acme", "https://acme.example/{$account.claim}"),
        ("url", "acme", "Acme", "https://acme.example/?token=1"),
        ("url", "acme", "Acme", "https://"),
    ],
)
def test_parameters_that_cannot_be_used_are_named(parameter: str, name: str, shown: str, url: str) -> None:
    with pytest.raises(BadParameterError) as caught:
        connector_sdl(name, shown, url)
    assert caught.value.parameter == parameter
