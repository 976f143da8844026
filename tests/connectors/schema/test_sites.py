"""A connector's credential goes to one site."""

import pytest

from connectors.catalogue import built_in
from connectors.schema.sites import hosts_of, site_of


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://api.acme.example/v1", "acme.example"),
        ("https://acme.example", "acme.example"),
        ("https://a.b.c.acme.example:8443", "acme.example"),
        ("https://api.acme.co.uk", "acme.co.uk"),
        ("https://evil.co.uk", "evil.co.uk"),
        ("https://node.bolt.eu", "bolt.eu"),
        ("https://acme.example.evil.example", "evil.example"),
    ],
)
def test_site_is_the_host_without_its_subdomains(url: str, site: str) -> None:
    assert site_of(url) == site


def test_hosts_are_listed_for_whoever_approves() -> None:
    bolt = next(each for each in built_in() if each.name == "bolt")
    assert hosts_of(bolt.definition) == ["node.bolt.eu", "oidc.bolt.eu (signing in)"]
