"""What an actor would see, shown to the worker with their own data before they allow it.

Read through the gateway itself as the worker (purpose `self`), so that it is what the actor would get and stands in
the access log like any access. Nothing of it is kept: it goes into the page and is gone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from consent.oauth.details import Item
from consent.pages.wording import Wording
from consent.vocabulary import ANY_PLATFORM

_SHOWN: Final = 3
_LONGEST: Final = 160

_SELECTIONS: Final[Mapping[str, str]] = {
    "profile": "profile { displayName headline city memberSince }",
    "engagements": "engagements(first: 3) { totalCount edges { node { kind title status period { start } "
    "place { city } occupation { label } } } }",
    "earnings": "earnings { from to total currency }",
    "ratings": "ratings { value sampleSize scheme { max } }",
    "reviews": "reviews: ratings { text }",
    "credentials": "credentials { name score }",
    "experience": "experience { kind completed hours occupation { label } }",
    "location": "places: engagements(first: 3) { edges { node { place { city point { latitude longitude } } } } }",
}
_KEYS: Final[Mapping[str, str]] = {"location": "places"}
_SKILLS: Final = "skills { skill { label } proficiency }"


class OwnAnswer(Protocol):
    """A GraphQL answer to the worker. `acknowledge` once its data has left, or was dropped."""

    @property
    def data(self) -> Mapping[str, Any] | None:
        """The answer's data."""
        ...

    @property
    def errors(self) -> Sequence[Mapping[str, Any]]:
        """Its errors, as GraphQL has them."""
        ...

    def acknowledge(self) -> Awaitable[None]:
        """Say that the data has been handed over."""
        ...


ReadOwn = Callable[[str, str, Mapping[str, Any]], Awaitable[OwnAnswer]]
"""Asks the gateway as a worker: (worker id, query, variables)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewPart:
    """One item with examples of what it brings.

    `lines` is None where there is nothing: the platform offers none, or with `is_failed` it could not be fetched.
    """

    platform: str | None
    category: str
    lines: tuple[str, ...] | None
    more: int = 0
    is_failed: bool = False


def preview_query(items: Collection[Item]) -> tuple[str, Mapping[str, Any]] | None:
    """Return the query for examples of `items`, and its variables; None when there is nothing to fetch."""
    categories = {item.category for item in items}
    selections = " ".join(text for category, text in _SELECTIONS.items() if category in categories)
    platforms = sorted({item.platform for item in items} - {ANY_PLATFORM})
    skills = _SKILLS if "skills" in categories else ""
    if not platforms or not (selections or skills):
        return None
    accounts = f"accounts(platforms: $platforms) {{ platform {{ name }} {selections} }}" if selections else ""
    names = "($platforms: [String!])" if selections else ""
    query = f"query Preview{names} {{ viewer {{ worker {{ {accounts} {skills} }} }} }}"
    return query, {"platforms": platforms} if selections else {}


def read_preview(
    items: Collection[Item], answer: OwnAnswer, words: Wording, names: Mapping[str, str]
) -> list[PreviewPart]:
    """Return the examples in an answer, item by item, in the order in which the page asks."""
    worker = _under(answer.data, "viewer", "worker") or {}
    accounts = {_under(account, "platform", "name"): account for account in worker.get("accounts") or ()}
    failed = [tuple(error.get("path") or ()) for error in answer.errors]
    parts: list[PreviewPart] = []
    for platform in words.platforms(items, names):
        for category in platform.categories:
            if category.category == "skills":
                continue
            if category.category in _SELECTIONS and platform.platform in accounts:
                found, more = _lines(category.category, accounts[platform.platform])
                position = list(accounts).index(platform.platform)
                path = ("viewer", "worker", "accounts", position, _KEYS.get(category.category, category.category))
                parts.append(_part(platform.name, category.title, found, more, failed=_is_hit(path, failed)))
    if any(item.category == "skills" for item in items):
        skills = worker.get("skills")
        found = None if skills is None else [_skill(entry) for entry in skills]
        more = max(0, len(found or ()) - _SHOWN)
        is_failed = _is_hit(("viewer", "worker", "skills"), failed)
        parts.append(_part(None, words.category_title("skills"), found, more, failed=is_failed))
    return parts


def _is_hit(path: tuple[object, ...], failed: Sequence[tuple[object, ...]]) -> bool:
    """Whether an error stands at `path`, above it or below it."""
    return any(path[: len(error)] == error[: len(path)] for error in failed)


def _part(platform: str | None, category: str, found: Sequence[str] | None, more: int, *, failed: bool) -> PreviewPart:
    lines = None if found is None else tuple(line[:_LONGEST] for line in found[:_SHOWN])
    return PreviewPart(platform=platform, category=category, lines=lines, more=more, is_failed=failed and lines is None)


def _lines(category: str, account: Mapping[str, Any]) -> tuple[Sequence[str] | None, int]:
    match category:
        case "profile":
            profile = account.get("profile")
            return (None if profile is None else [_join(profile.values())]), 0
        case "engagements":
            found = account.get("engagements")
            if found is None:
                return None, 0
            nodes = [edge["node"] for edge in found["edges"]]
            total = found.get("totalCount")
            return [_join(_gig(node)) for node in nodes], max(0, (total or len(nodes)) - len(nodes))
        case "location":
            found = account.get("places")
            return (None if found is None else [_join(_place(edge["node"])) for edge in found["edges"]]), 0
        case _:
            found = account.get(category)
            return (None if found is None else [_join(_entry(category, entry)) for entry in found]), 0


def _gig(node: Mapping[str, Any]) -> Iterator[Any]:
    yield node.get("title") or _under(node, "occupation", "label") or _plain(node.get("kind"))
    yield str(_under(node, "period", "start") or "")[:10]
    yield _under(node, "place", "city")
    yield _plain(node.get("status"))


def _place(node: Mapping[str, Any]) -> Iterator[Any]:
    yield _under(node, "place", "city")
    yield _under(node, "place", "point", "latitude")
    yield _under(node, "place", "point", "longitude")


def _entry(category: str, entry: Mapping[str, Any]) -> Sequence[Any]:
    match category:
        case "earnings":
            return [f"{entry['from']} – {entry['to']}", f"{entry['total']} {entry['currency']}"]
        case "ratings":
            count = entry.get("sampleSize")
            return [f"{entry['value']} / {_under(entry, 'scheme', 'max')}", None if count is None else f"n = {count}"]
        case "reviews":
            return [entry.get("text")]
        case "credentials":
            return [entry.get("name"), entry.get("score")]
        case _:
            hours = entry.get("hours")
            label = _under(entry, "occupation", "label") or _plain(entry.get("kind"))
            return [label, f"× {entry.get('completed')}", None if hours is None else f"{hours} h"]


def _skill(entry: Mapping[str, Any]) -> str:
    return f"{_under(entry, 'skill', 'label')} – {round(100 * entry['proficiency'])} %"


def _plain(name: Any) -> str:
    return str(name or "").replace("_", " ").lower()


def _under(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _join(parts: Any) -> str:
    return ", ".join(str(part) for part in parts if part not in (None, ""))
