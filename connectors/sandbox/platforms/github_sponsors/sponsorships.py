"""The personas as people whom others sponsor."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.sandbox.people import ALEX, DARIO, MIKA, NIA, Persona, SandboxAccount
from connectors.sandbox.world import World

__all__ = ["ACCOUNTS", "MAINTAINERS", "Maintainer", "Record", "keep_record"]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintainer:
    """A persona at GitHub; `months` None means no sponsors listing."""

    persona: Persona
    username: str
    months: int | None = None
    sponsors: int = 0
    is_public: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A maintainer's tiers, sponsorships and activities, newest first, as the schema serves them."""

    tiers: tuple[Json, ...]
    sponsorships: tuple[Json, ...]
    activities: tuple[Json, ...]


MAINTAINERS: Mapping[str, Maintainer] = {
    maintainer.persona.login: maintainer
    for maintainer in (
        Maintainer(persona=ALEX, username="alex-sandberg", months=30, sponsors=64),
        Maintainer(persona=MIKA, username="mika-manytask", months=9, sponsors=6),
        Maintainer(persona=NIA, username="nia-newcomer"),
        Maintainer(persona=DARIO, username="dario-dormant", months=40, sponsors=12, is_public=False),
    )
}

ACCOUNTS = (
    SandboxAccount(persona=ALEX, note="Maintains an icon library with sixty sponsors, some private"),
    SandboxAccount(persona=MIKA, note="A handful of sponsors"),
    SandboxAccount(persona=NIA, note="No sponsors listing"),
    SandboxAccount(persona=DARIO, note="Listing no longer public, every sponsorship ended"),
)

_TIERS = (
    ("$3 a month", 300, False),
    ("$10 a month", 1000, False),
    ("$50 a month", 5000, False),
    ("$25 once", 2500, True),
)


def keep_record(world: World, maintainer: Maintainer) -> Record:
    """Return everything that GitHub knows about a maintainer's sponsorships."""
    if maintainer.months is None:
        return Record(tiers=(), sponsorships=(), activities=())
    tiers = tuple(_tier(world, maintainer, number) for number in range(len(_TIERS)))
    sponsorships: list[Json] = []
    activities: list[Json] = []
    for number in range(maintainer.sponsors):
        sponsorship, events = _sponsorship(world, maintainer, number, tiers)
        sponsorships.append(sponsorship)
        activities += events
    return Record(
        tiers=tiers,
        sponsorships=tuple(sorted(sponsorships, key=lambda item: item["createdAt"], reverse=True)),
        activities=tuple(sorted(activities, key=lambda item: item["timestamp"], reverse=True)),
    )


def _tier(world: World, maintainer: Maintainer, number: int) -> Json:
    name, cents, once = _TIERS[number]
    return {
        "__typename": "SponsorsTier",
        "id": f"ST_{world.uuid('github', maintainer.username, 'tier', number)[:13]}",
        "name": name,
        "monthlyPriceInCents": cents,
        "monthlyPriceInDollars": cents // 100,
        "isOneTime": once,
        "isCustomAmount": False,
    }


def _sponsorship(world: World, maintainer: Maintainer, number: int, tiers: tuple[Json, ...]) -> tuple[Json, list[Json]]:
    draw = world.random("github", maintainer.username, "sponsor", number)
    days = (maintainer.months or 0) * 30.4
    created = world.days_ago(draw.uniform(3, days))
    tier = tiers[draw.choices(range(4), (8, 5, 1, 4))[0]]
    is_private = draw.random() < 0.2
    lasted = draw.uniform(20, 900)
    ended = created + timedelta(days=min(lasted, 20) if tier["isOneTime"] else lasted)
    is_active = maintainer.is_public and ended > world.started
    is_company = draw.random() < 0.15
    sponsor = {
        "__typename": "Organization" if is_company else "User",
        "id": f"U_{draw.getrandbits(48):012x}",
        "login": f"{'studio' if is_company else 'reader'}-{draw.randrange(1000, 9999)}",
        "name": None,
    }
    sponsorship = {
        "__typename": "Sponsorship",
        "id": f"S_{draw.getrandbits(48):012x}",
        "createdAt": _instant(created),
        "isActive": is_active,
        "isOneTimePayment": tier["isOneTime"],
        "paymentSource": "GITHUB",
        "privacyLevel": "PRIVATE" if is_private else "PUBLIC",
        "tierSelectedAt": _instant(created),
        "tier": tier,
        "sponsorEntity": sponsor,
    }
    events = [_activity(draw.getrandbits(48), "NEW_SPONSORSHIP", created, sponsor, tier)]
    if not is_active and not tier["isOneTime"]:
        at = min(ended, world.started - timedelta(days=1))
        events.append(_activity(draw.getrandbits(48), "CANCELLED_SPONSORSHIP", at, sponsor, tier))
    return sponsorship, events


def _activity(number: int, action: str, at: datetime, sponsor: Json, tier: Json) -> Json:
    return {
        "__typename": "SponsorsActivity",
        "id": f"SA_{number:012x}",
        "action": action,
        "timestamp": _instant(at),
        "sponsor": sponsor,
        "sponsorsTier": tier,
        "previousSponsorsTier": None,
    }


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
