"""`authorization_details` of type `gig_data` (RFC 9396): the language in which consent is asked for and given.

    {"type": "gig_data", "platforms": ["uber"], "categories": ["ratings"], "purpose": "job_matching",
     "expires_at": "2027-01-31T12:00:00Z"}

Everything is strict: an unknown field, category, platform or purpose refuses the request, because an actor that
misspells what it wants must not get something else. Plain `scope` values (`gig:ratings`) map to the same thing.
Pure: text in, `GigRequest | DetailsRefusal` out.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from consent.vocabulary import ANY_PLATFORM, CATEGORIES, PURPOSES, PurposeTerm, category_of, scope_of

DETAILS_TYPE: Final = "gig_data"
DEFAULT_DURATION: Final = timedelta(days=90)
"""How long a grant lasts that names no `expires_at`, unless its purpose allows less."""

MANAGEMENT_SCOPES: Final = frozenset({"grant_management_query", "grant_management_revoke"})
"""What lets an actor's own token manage the grants it was given (Grant Management for OAuth 2.0)."""

_MAX_OBJECTS: Final = 10
_MAX_LIST: Final = 100
_FIELDS: Final = frozenset({"type", "platforms", "categories", "purpose", "expires_at"})
_OWN_FIELDS: Final = frozenset({"type", "categories", "purpose"})


class Item(NamedTuple):
    """One thing that is asked for or granted: a category at a platform."""

    platform: str
    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GigRequest:
    """What an actor asks a worker for: items, for one purpose, until `expires_at`."""

    purpose: str
    items: frozenset[Item]
    expires_at: datetime

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            "purpose": self.purpose,
            "items": [list(item) for item in sorted(self.items)],
            "expires_at": self.expires_at.isoformat(),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> GigRequest:
        """Read the stored form back."""
        return cls(
            purpose=stored["purpose"],
            items=frozenset(Item(platform, category) for platform, category in stored["items"]),
            expires_at=datetime.fromisoformat(stored["expires_at"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRequest:
    """What an actor's own token may do: read under the grants of one purpose, narrowed to categories; manage grants.

    `purpose` is None when nothing is to be read.
    """

    purpose: str | None
    categories: frozenset[str]
    management: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailsRefusal:
    """Why the details or scopes were refused: an OAuth error code and a description that may be echoed."""

    error: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What the asking client may ask for."""

    categories: frozenset[str]
    purposes: frozenset[str]


class _Refused(Exception):  # noqa: N818  # carries a refusal out of the nested checks below; never leaves this module
    def __init__(self, description: str, error: str = "invalid_authorization_details") -> None:
        self.refusal = DetailsRefusal(error=error, description=description)


def resolve_request(
    details: str | None, scope: str | None, *, client: Registration, platforms: Collection[str], now: datetime
) -> GigRequest | DetailsRefusal:
    """Resolve what an authorization request asks a worker for. `platforms` are the ones that exist here."""
    try:
        scoped = _read_scope(scope, client)
        if details is None:
            if not scoped:
                raise _Refused("Ask for something: authorization_details or scope is missing.", "invalid_request")
            purpose = _only_purpose(client)
            _check_categories(scoped, purpose, client)
            items = _pair(platforms, scoped)
            return GigRequest(purpose=purpose.id, items=items, expires_at=_default_expiry(purpose, now))
        objects = _read_objects(details, _FIELDS)
        purposes = {_read_purpose(entry, client).id for entry in objects}
        expiries = {_read_expiry(entry, PURPOSES[entry["purpose"]], now) for entry in objects}
        if len(purposes) > 1 or len(expiries) > 1:
            raise _Refused("One request has one purpose and one expires_at.")
        asked = frozenset().union(*(_read_items(entry, client, platforms) for entry in objects))
        if not scoped <= {item.category for item in asked}:
            raise _Refused("scope names a category that authorization_details does not.", "invalid_scope")
        return GigRequest(purpose=purposes.pop(), items=asked, expires_at=expiries.pop())
    except _Refused as refused:
        return refused.refusal


def resolve_own(details: str | None, scope: str | None, *, client: Registration) -> OwnRequest | DetailsRefusal:
    """Resolve a client-credentials request. Without categories it gets all that its purpose and registration allow.

    `platforms` and `expires_at` are refused: an actor's own token reads whatever its workers' grants cover, where and
    until when they say.
    """
    try:
        named = set((scope or "").split())
        management = frozenset(named & MANAGEMENT_SCOPES)
        scoped = _read_scope(" ".join(named - management), client)
        if details is None and management and not scoped:
            return OwnRequest(purpose=None, categories=frozenset(), management=management)
        if details is None:
            purpose, listed = _only_purpose(client), frozenset[str]()
        else:
            objects = _read_objects(details, _OWN_FIELDS)
            if len(objects) > 1:
                raise _Refused("A client's own token has one purpose: send one object.")
            purpose = _read_purpose(objects[0], client)
            listed = frozenset(_read_names(objects[0], "categories")) if "categories" in objects[0] else frozenset()
        _check_categories(listed, purpose, client)
        _check_categories(scoped, purpose, client, "invalid_scope")
        wanted = listed | scoped or (client.categories & purpose.categories)
        return OwnRequest(purpose=purpose.id, categories=wanted, management=management)
    except _Refused as refused:
        return refused.refusal


def granted_details(purpose: str, items: Iterable[Item], expires_at: datetime) -> list[dict[str, Any]]:
    """Return `items` as `authorization_details`: one object per set of categories, platforms in order."""
    by_platform: dict[str, set[str]] = {}
    for item in items:
        by_platform.setdefault(item.platform, set()).add(item.category)
    by_categories: dict[tuple[str, ...], list[str]] = {}
    for platform in sorted(by_platform):
        by_categories.setdefault(tuple(sorted(by_platform[platform])), []).append(platform)
    return [
        {
            "type": DETAILS_TYPE,
            "platforms": names,
            "categories": list(categories),
            "purpose": purpose,
            "expires_at": expires_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        }
        for categories, names in by_categories.items()
    ]


def scopes_of(categories: Iterable[str]) -> list[str]:
    """Return the sorted scopes of `categories`."""
    return sorted({scope_of(category) for category in categories})


def _read_objects(text: str, fields: frozenset[str]) -> Sequence[dict[str, Any]]:
    try:
        value = json.loads(text, object_pairs_hook=_unique_object, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _Refused("authorization_details is not JSON, or repeats a field.") from None
    if not isinstance(value, list) or not value or len(value) > _MAX_OBJECTS:
        raise _Refused("authorization_details must be a list of one to ten objects.")
    for entry in value:
        if not isinstance(entry, dict) or entry.get("type") != DETAILS_TYPE:
            raise _Refused("authorization_details must be objects of type gig_data.")
        if not entry.keys() <= fields:
            raise _Refused(f"A gig_data object has the fields {', '.join(sorted(fields))} here and no others.")
    return value


def _unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("repeated field")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _read_names(entry: Mapping[str, Any], field: str) -> Sequence[str]:
    names = entry.get(field)
    if not isinstance(names, list) or not names or len(names) > _MAX_LIST:
        raise _Refused(f"{field} must be a list of names that is not empty.")
    if not all(isinstance(name, str) for name in names) or len(set(names)) != len(names):
        raise _Refused(f"{field} must be a list of different names.")
    return names


def _read_purpose(entry: Mapping[str, Any], client: Registration) -> PurposeTerm:
    purpose = entry.get("purpose")
    if not isinstance(purpose, str) or purpose not in PURPOSES:
        raise _Refused("purpose is missing or unknown.")
    if purpose not in client.purposes:
        raise _Refused("This client is not registered for that purpose.")
    return PURPOSES[purpose]


def _read_expiry(entry: Mapping[str, Any], purpose: PurposeTerm, now: datetime) -> datetime:
    text = entry.get("expires_at")
    if text is None and "expires_at" not in entry:
        return _default_expiry(purpose, now)
    if not isinstance(text, str) or len(text) > 40 or "T" not in text.upper():
        raise _Refused("expires_at must be an RFC 3339 instant.")
    try:
        expiry = datetime.fromisoformat(text)
    except ValueError:
        raise _Refused("expires_at must be an RFC 3339 instant.") from None
    if expiry.tzinfo is None:
        raise _Refused("expires_at needs a time zone.")
    if expiry <= now:
        raise _Refused("expires_at is in the past.")
    if expiry > now + purpose.max_duration + timedelta(minutes=5):
        raise _Refused(f"expires_at is too far away: at most {purpose.max_duration.days} days for this purpose.")
    return min(expiry.astimezone(UTC), now + purpose.max_duration)


def _read_items(entry: Mapping[str, Any], client: Registration, platforms: Collection[str]) -> frozenset[Item]:
    categories = frozenset(_read_names(entry, "categories"))
    names = frozenset(_read_names(entry, "platforms"))
    _check_categories(categories, PURPOSES[entry["purpose"]], client)
    if not names <= {*platforms, ANY_PLATFORM}:
        raise _Refused("platforms names one that is not known here.")
    anywhere = {category for category in categories if CATEGORIES[category].any_platform}
    if anywhere and (anywhere != categories or names != {ANY_PLATFORM}):
        raise _Refused("matching and statistics are asked for in an object of their own, with the platform *.")
    if not anywhere and ANY_PLATFORM in names:
        raise _Refused("The platform * is for matching and statistics only; name the platforms.")
    return _pair(names, categories)


def _check_categories(
    categories: Collection[str],
    purpose: PurposeTerm,
    client: Registration,
    error: str = "invalid_authorization_details",
) -> None:
    for category in sorted(categories):
        if category not in CATEGORIES or CATEGORIES[category].forbidden:
            raise _Refused("A category is unknown or may not be processed at all.", error)
        if category not in client.categories:
            raise _Refused(f"This client is not registered for {category}.", error)
        if category not in purpose.categories:
            raise _Refused(f"The purpose {purpose.id} does not cover {category}.", error)


def _read_scope(scope: str | None, client: Registration) -> frozenset[str]:
    found = set()
    for name in (scope or "").split():
        category = category_of(name)
        if category is None or category not in client.categories:
            raise _Refused("scope names something unknown, or that this client is not registered for.", "invalid_scope")
        found.add(category)
    return frozenset(found)


def _only_purpose(client: Registration) -> PurposeTerm:
    if len(client.purposes) != 1:
        raise _Refused("Name a purpose in authorization_details.", "invalid_request")
    return PURPOSES[next(iter(client.purposes))]


def _default_expiry(purpose: PurposeTerm, now: datetime) -> datetime:
    return now + min(DEFAULT_DURATION, purpose.max_duration)


def _pair(platforms: Collection[str], categories: Collection[str]) -> frozenset[Item]:
    return frozenset(
        Item(ANY_PLATFORM if CATEGORIES[category].any_platform else platform, category)
        for category in categories
        for platform in platforms
    )
