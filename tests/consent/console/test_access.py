"""Who may open and post what: strangers, members of other organizations, and every role, at every route."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc.jwk import ECKey
from starlette.routing import Route

PARAMETERS = {"client": "c", "person": "p", "ref": "0" * 12, "request": "r", "actor": "a"}
FREE = {"/console", "/console/new/{kind}", "/console/invitations/{secret}"}

NEEDS = {
    ("POST", "people/leave"): "read",
    ("POST", "clients"): "develop",
    ("POST", "live"): "manage",
    ("POST", "people"): "manage",
    ("POST", "requests"): "decide",
    ("POST", "actors"): "decide",
}
"""What a POST under a path needs; a GET needs `read`."""

ALLOWS = {
    "owner": {"read", "develop", "manage"},
    "developer": {"read", "develop"},
    "administrator": {"read", "develop", "manage", "decide"},
    "approver": {"read", "decide"},
    "auditor": {"read"},
}
KEYS = json.dumps({"keys": [{**ECKey.generate_key("P-256").as_dict(private=False), "kid": "k"}]})
ONLY = {"usage": "actor", "live": "actor", "requests": "operator", "actors": "operator", "platforms": "operator"}


def _routes(site: Any) -> Iterator[tuple[str, str]]:
    for route in site.app.routes:
        if isinstance(route, Route) and route.path.startswith("/console") and route.path not in FREE:
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield method, route.path


def _need(method: str, path: str) -> str:
    rest = path.removeprefix("/console/{organization}").lstrip("/")
    return next((need for (verb, start), need in NEEDS.items() if verb == method and rest.startswith(start)), "read")


def _kind_of(path: str) -> str | None:
    rest = path.removeprefix("/console/{organization}").lstrip("/").partition("/")[0]
    if path.endswith("registration-token"):
        return "actor"
    return ONLY.get(rest)


def _try(browser: Any, method: str, path: str, organization: str, token: str) -> int:
    address = path.format(organization=organization, **PARAMETERS)
    if method == "GET":
        return int(browser.get(address).status_code)
    return int(browser.post(address, data={"csrf": token}).status_code)


def _token(browser: Any, page: str = "/console") -> str:
    found = re.search(r'name="csrf" value="(\w+)"', browser.get(page).text)
    assert found is not None
    return found.group(1)


def test_every_route_is_known_here(site: Any) -> None:
    seen = {(method, path) for method, path in _routes(site)}
    assert len(seen) > 25
    assert all(_need(method, path) != "read" for method, path in seen if method == "POST" and "leave" not in path)


def test_a_stranger_is_sent_to_sign_in_everywhere(site: Any) -> None:
    browser = site.new_browser()
    token = _token(browser, "/sign-in")
    for method, path in _routes(site):
        answer = browser.request(method, path.format(organization="actoractor", **PARAMETERS), data={"csrf": token})
        assert (answer.status_code, answer.headers["location"][:13]) == (303, "/sign-in?next"), (method, path)


def test_a_form_from_elsewhere_counts_nowhere(site: Any) -> None:
    browser = site.put("Ada", "administrator")
    for method, path in _routes(site):
        if method == "POST":
            answer = browser.post(path.format(organization="operator", **PARAMETERS), data={"csrf": "0" * 64})
            assert answer.status_code == 403, path
            token = _token(browser)
            address = path.format(organization="operator", **PARAMETERS)
            foreign = browser.post(address, data={"csrf": token}, headers={"sec-fetch-site": "cross-site"})
            assert foreign.status_code == 403, path


@pytest.mark.parametrize("organization", ["operator", "actoractor", "platformplatform", "nowhere", "a%00b"])
def test_to_everybody_else_an_organization_is_not_there(site: Any, organization: str) -> None:
    elsewhere = {"operator": "actoractor", "actoractor": "platformplatform"}.get(organization, "actoractor")
    role = "developer" if elsewhere != "operator" else "administrator"
    for browser in (site.put("Ada", role, elsewhere), site.browser("Eve")):
        token = _token(browser)
        if organization == elsewhere:
            continue
        for method, path in _routes(site):
            assert _try(browser, method, path, organization, token) == 404, (method, path)


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        *(("actor", role) for role in ("owner", "developer")),
        *(("platform", role) for role in ("owner", "developer")),
        *(("operator", role) for role in ("administrator", "approver", "auditor")),
    ],
)
def test_each_role_may_do_what_it_may_and_nothing_else(site: Any, kind: str, role: str) -> None:
    organization = "operator" if kind == "operator" else kind * 2
    site.put("Bo", {"operator": "administrator"}.get(kind, "owner"), organization)
    browser = site.put("Ada", role, organization)
    token = _token(browser)
    for method, path in sorted(_routes(site), key=lambda each: "leave" in each[1]):
        status = _try(browser, method, path, organization, token)
        need, only = _need(method, path), _kind_of(path)
        if only is not None and only != kind:
            assert status == 404, (method, path)
        elif need not in ALLOWS[role]:
            assert status == 403, (method, path)
        else:
            assert status in (200, 303, 400, 404, 422), (method, path)


def test_one_organizations_things_are_not_reached_through_another(site: Any, post: Any) -> None:
    ada, hers, _ = site.register("Ada")
    _, his, _ = site.register("Bo")
    (client,) = site.console.clients.of(his)
    invited = site.invitations.create(his, "developer", by=site.members.of_person(site.id_of("Bo"))[0].by)
    ref = site.invitations.of_organization(his)[0].ref
    token, theirs, tried = _token(ada), {"client": client.id, "ref": ref, "person": site.id_of("Bo")}, set()
    form = {"csrf": token, "name": "Mine", "role": "developer", "jwks": KEYS, "kid": "k"}
    for method, path in _routes(site):
        named = set(re.findall(r"{(\w+)}", path)) - {"organization"}
        if _kind_of(path) == "operator" or not named:
            continue
        statuses = set()
        for names in (theirs, {name: "0" * len(value) for name, value in theirs.items()}):
            address = path.format(organization=hers, **names)
            answer = ada.get(address) if method == "GET" else ada.post(address, data=form)
            statuses.add(answer.status_code)
        assert statuses in ({404}, {422}), (method, path, "and to her it is as if it were not there")
        tried |= named
    assert tried == theirs.keys(), "what a further route names is to be tried with another organization's"
    (same,) = site.console.clients.of(his)
    assert same == client
    assert site.invitations.find(invited.secret) is not None
    assert site.roles(his) == {"Bo": "owner"}
