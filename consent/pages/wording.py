"""Plain words: the vocabulary, dates, durations and reasons as a worker reads them, in their language."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from babel.core import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import get_decimal_symbol

from consent.grants.records import ToldCategory
from consent.oauth.details import Item
from consent.vocabulary import ANY_PLATFORM, CATEGORIES, PURPOSES, CategoryTerm

Translate = Callable[[str], str]


def _(message: str) -> str:
    """Mark `message` for the catalogs; it is translated where it is used."""
    return message


REASONS: Final[Mapping[str, str]] = {
    "NOT_DELIVERED": _("The data was fetched but did not reach them."),
    "DISCARDED": _("You had ended the consent meanwhile, so the data was thrown away."),
    "PROCESS_DIED": _("Gigway stopped in the middle of it."),
    "NOT_GRANTED": _("You had not allowed it."),
    "REFUSED": _("You had refused it."),
    "EXPIRED": _("Your consent had expired."),
    "ENDED": _("You had ended the consent."),
    "ACCOUNT_CLOSED": _("The account was not linked any more."),
    "PLATFORM_SUSPENDED": _("The platform was switched off at Gigway."),
    "CLIENT_SUSPENDED": _("The recipient was suspended."),
    "PURPOSE_MISSING": _("They did not say why."),
    "SCOPE_MISSING": _("They are not registered for this kind of data."),
    "UNDECIDED": _("Gigway could not check, so the answer was no."),
}

STATUSES: Final[Mapping[str, str]] = {
    "active": _("Active"),
    "withdrawn": _("Ended by you"),
    "revoked": _("Ended by the recipient or Gigway"),
    "expired": _("Expired"),
    "superseded": _("Replaced by a newer one"),
    "invalidated": _("Declared void"),
}

ERASE: Final = _("erase")
"""The word that a worker types to have their account erased."""

REQUEST_STATUSES: Final[Mapping[str, str]] = {
    "pending": _("Waiting"),
    "granted": _("Allowed"),
    "refused": _("Not allowed"),
    "expired": _("Not answered in time"),
    "cancelled": _("Taken back"),
}

PAY_PERIODS: Final[Mapping[str, str]] = {
    "HOUR": _("an hour"),
    "DAY": _("a day"),
    "MONTH": _("a month"),
    "YEAR": _("a year"),
}

HEALTHS: Final[Mapping[str, str]] = {
    "not_linked": _("Not linked"),
    "ok": _("Linked"),
    "relink_needed": _("Needs to be linked again"),
    "unavailable": _("Not available at the moment"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryWords:
    """One category under a platform, for a checkbox or a list. `value` is the checkbox's value."""

    value: str
    category: str
    title: str
    text: str
    is_sensitive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformWords:
    """A platform with what is asked or granted there. The name is None for what belongs to no platform."""

    platform: str
    name: str | None
    categories: tuple[CategoryWords, ...]


class Wording:
    """Words in one language. `translate` looks a message up in its catalog."""

    def __init__(self, locale: str, translate: Translate) -> None:
        self.locale = locale
        self._translate = translate

    def purpose_title(self, purpose: str | None) -> str:
        """Return a purpose's short name."""
        if purpose == "self":
            return self._translate(_("Reading your own data"))
        if purpose is None:
            return self._translate(_("No purpose given"))
        return self._translate(PURPOSES[purpose].title) if purpose in PURPOSES else purpose

    def purpose_text(self, purpose: str) -> str:
        """Return a purpose's sentence."""
        return self._translate(PURPOSES[purpose].text) if purpose in PURPOSES else purpose

    def told(self, text: str) -> str:
        """Return words that were stored when a worker read them: in their language, as far as catalogs still know."""
        return self._translate(text)

    def category_title(self, category: str) -> str:
        """Return a category's short name, also of what the log alone knows."""
        if category == "lookup":
            return self._translate(_("Asked whether you are here"))
        return self._translate(CATEGORIES[category].title) if category in CATEGORIES else category

    def platforms(
        self,
        items: Iterable[tuple[str, str]],
        names: Mapping[str, str],
        told: Mapping[str, ToldCategory] | None = None,
    ) -> tuple[PlatformWords, ...]:
        """Return `items` by platform, in a fixed order, with platforms' display names.

        `told` has the words of a grant's own version; what it lacks reads as today.
        """
        order = {category: position for position, category in enumerate(CATEGORIES)}
        grouped: dict[str, list[str]] = {}
        for platform, category in items:
            grouped.setdefault(platform, []).append(category)
        return tuple(
            PlatformWords(
                platform=platform,
                name=None if platform == ANY_PLATFORM else names.get(platform, platform),
                categories=tuple(
                    self._category(platform, category, (told or {}).get(category) or CATEGORIES[category])
                    for category in sorted(grouped[platform], key=lambda name: order.get(name, len(order)))
                ),
            )
            for platform in sorted(grouped, key=lambda name: (name == ANY_PLATFORM, names.get(name, name).casefold()))
        )

    def country(self, jurisdiction: str) -> str:
        """Return the name of a country, or the code where there is none."""
        return str(Locale.parse(self.locale).territories.get(jurisdiction[:2], jurisdiction))

    def date(self, instant: datetime) -> str:
        """Return the day, with the month's name."""
        return str(format_date(instant, format="long", locale=self.locale))

    def instant(self, instant: datetime) -> str:
        """Return day and time of day in UTC; pages say so."""
        return str(format_datetime(instant, format="d MMM y, HH:mm", locale=self.locale))

    def amount(self, text: str) -> str:
        """Return an amount that is written with a point, with the language's decimal sign."""
        return text.replace(".", get_decimal_symbol(self.locale))

    def reason(self, reason: str | None) -> str:
        """Return why an access went as it did."""
        if reason is None:
            return ""
        return self._translate(REASONS[reason]) if reason in REASONS else reason

    def status(self, status: str) -> str:
        """Return a grant's state."""
        return self._translate(STATUSES[status]) if status in STATUSES else status

    def request_status(self, status: str) -> str:
        """Return what became of a request."""
        return self._translate(REQUEST_STATUSES[status]) if status in REQUEST_STATUSES else status

    def erase_word(self) -> str:
        """Return the word to type for an erasure."""
        return self._translate(ERASE)

    def pay_period(self, period: str) -> str:
        """Return what pay is counted by."""
        return self._translate(PAY_PERIODS[period]) if period in PAY_PERIODS else ""

    def health(self, health: str) -> str:
        """Return how a linked account is."""
        return self._translate(HEALTHS[health]) if health in HEALTHS else health

    def _category(self, platform: str, category: str, term: CategoryTerm | ToldCategory) -> CategoryWords:
        return CategoryWords(
            value=f"{platform}:{category}",
            category=category,
            title=self._translate(term.title),
            text=self._translate(term.text),
            is_sensitive=term.sensitivity == "high",
        )


def read_items(values: Iterable[str], asked: Collection[Item]) -> frozenset[Item] | None:
    """Return the ticked items, or None when one of them was not asked for."""
    by_value = {f"{item.platform}:{item.category}": item for item in asked}
    ticked = list(values)
    return None if any(value not in by_value for value in ticked) else frozenset(by_value[value] for value in ticked)
