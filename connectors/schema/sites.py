"""Where a connector's requests go, and that credentials go to one site only.

A site is a host without its subdomains: `api.acme.example` and `login.acme.example` are of `acme.example`. A second
site among the sources would get the credential that the worker gave the first one.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from connectors.schema.definition import ClientCredentialsLinking, Definition, OAuth2Linking
from connectors.schema.problem import SdlProblem, problem_at

_COUNTRY = 2
_SECOND_LEVEL = 3


def site_of(url: str) -> str:
    """Return the site of a URL's host; below a country's own second level (`co.uk`) one label more."""
    labels = (urlsplit(url).hostname or "").split(".")
    is_deep = len(labels) > 2 and len(labels[-1]) == _COUNTRY and len(labels[-2]) <= _SECOND_LEVEL
    return ".".join(labels[-3:] if is_deep else labels[-2:])


def hosts_of(definition: Definition) -> list[str]:
    """Return the hosts that are called, sorted: those of sources, then those of the authorization server."""
    method = definition.linking.method
    sources = {urlsplit(source.base_url).hostname or "" for source in definition.sources.values()}
    if definition.remote is not None:
        sources.add(urlsplit(definition.remote.url).hostname or "")
    signing_in: set[str] = set()
    if isinstance(method, OAuth2Linking | ClientCredentialsLinking):
        signing_in.add(urlsplit(method.token_endpoint).hostname or "")
    if isinstance(method, OAuth2Linking):
        signing_in.add(urlsplit(method.authorization_endpoint).hostname or "")
    return [*sorted(sources), *(f"{host} (signing in)" for host in sorted(signing_in - sources))]


def site_problems(definition: Definition) -> Iterator[SdlProblem]:
    """Yield a problem when the credential would go to more than one site."""
    sites = sorted({site_of(source.base_url) for source in definition.sources.values()})
    if len(sites) > 1:
        yield problem_at(
            None,
            "CREDENTIAL_TO_TWO_SITES",
            f"The worker's credential would go to {' and '.join(sites)}; write a connector for each.",
        )
