"""Business Talent Group, consulting engagements. HYPOTHETICAL.

Nothing about an interface is public. Everything here is invented: a statement of engagements as XML or as CSV, one
document without pages, day rates, no ratings but an evaluation in words, no client names, OAuth, errors in XML.

    GET /statements/engagements?format=xml|csv[&year=YYYY]      GET /me

The CSV has semicolons, decimal commas and ISO-8859-1, as office exports have.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.authorization import AuthorizationServer, OAuthProfile
from connectors.sandbox.bearer import bearer_session
from connectors.sandbox.envelopes import WordedEnvelope
from connectors.sandbox.people import ALEX, DARIO, FLORA, NIA, Persona, SandboxAccount
from connectors.sandbox.platform import Platform
from connectors.sandbox.quota import Quota
from connectors.sandbox.tokens import TokenDesk
from connectors.sandbox.world import World

__all__ = ["build"]

_INDUSTRIES = ("Pharmaceuticals", "Private equity", "Consumer goods", "Café & restaurant chains", "Insurance")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Consultant:
    persona: Persona
    roles: tuple[str, ...] = ()
    practices: tuple[str, ...] = ("Strategy",)
    engagements: int = 0
    months: int = 1
    day_rate: float = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Engagement:
    """One line of the statement, its values as they are written in XML; "" is absent."""

    engagement_ref: str
    client_industry: str
    role: str
    start: str
    end: str
    day_rate: str
    days_billed: str
    currency: str
    evaluation: str


_CONSULTANTS: Mapping[str, _Consultant] = {
    consultant.persona.login: consultant
    for consultant in (
        _Consultant(
            persona=ALEX,
            roles=("Service designer", "Customer research lead"),
            practices=("Customer experience", "Market insight"),
            engagements=6,
            months=44,
            day_rate=780,
        ),
        _Consultant(
            persona=FLORA,
            roles=("Interim operations lead",),
            practices=("Operations",),
            engagements=3,
            months=60,
            day_rate=1150,
        ),
        _Consultant(persona=NIA),
        _Consultant(persona=DARIO, roles=("Analyst",), engagements=1, months=50, day_rate=600),
    )
}

_ACCOUNTS = (
    SandboxAccount(persona=ALEX, note="Six engagements in service design"),
    SandboxAccount(persona=FLORA, note="Interim operations, three long engagements"),
    SandboxAccount(persona=NIA, note="Admitted, no engagement"),
    SandboxAccount(persona=DARIO, note="One engagement, long ago"),
)

_PROFILE = OAuthProfile(
    authorize_path="/oauth/authorize",
    token_path="/oauth/token",
    revoke_path="/oauth/revoke",
    scopes=frozenset({"statements"}),
    default_scopes=frozenset({"statements"}),
)


class _Api:
    def __init__(self, world: World, desk: TokenDesk) -> None:
        self._world = world
        self._desk = desk

    async def me(self, request: Request) -> Response:
        session = bearer_session(request, self._desk)
        if isinstance(session, str):
            return _error(401, "TOKEN", f"The access token is {session}.")
        consultant = _CONSULTANTS[session.login or ""]
        root = Element("consultant")
        SubElement(root, "consultant_id").text = _consultant_id(self._world, consultant)
        SubElement(root, "name").text = consultant.persona.name
        for practice in consultant.practices:
            SubElement(root, "practice").text = practice
        return Response(tostring(root, encoding="utf-8", xml_declaration=True), media_type="application/xml")

    async def statement(self, request: Request) -> Response:
        session = bearer_session(request, self._desk)
        if isinstance(session, str):
            return _error(401, "TOKEN", f"The access token is {session}.")
        consultant = _CONSULTANTS[session.login or ""]
        engagements = [_engagement(self._world, consultant, number) for number in range(consultant.engagements)]
        year = request.query_params.get("year")
        if year is not None:
            engagements = [item for item in engagements if item.start[:4] <= year and (item.end or year)[:4] >= year]
        match request.query_params.get("format", "xml"):
            case "xml":
                return _xml(engagements)
            case "csv":
                return _csv(engagements)
            case _:
                return _error(400, "FORMAT", "The format must be xml or csv.")


def _envelope() -> WordedEnvelope:
    """Errors in XML: `<error code="…">…</error>`."""
    return WordedEnvelope(
        answer=_error,
        over_limit=(429, "THROTTLED", "Too many requests."),
        failure=(500, "SYSTEM", "System error."),
        nowhere=(404, "NOT_FOUND", "Not found."),
    )


def build(world: World) -> Platform:
    """Return Business Talent Group."""
    desk = TokenDesk(world.clock, f"{world.seed}/business_talent_group", access_seconds=3_600)
    server = AuthorizationServer(
        platform="business_talent_group",
        title="Business Talent Group",
        profile=_PROFILE,
        desk=desk,
        accounts=_ACCOUNTS,
    )
    api = _Api(world, desk)
    return Platform(
        name="business_talent_group",
        title="Business Talent Group",
        summary="A statement of consulting engagements, as XML or as CSV with decimal commas. No client names.",
        fidelity="HYPOTHETICAL",
        accounts=_ACCOUNTS,
        routes=[*server.routes(), Route("/me", api.me), Route("/statements/engagements", api.statement)],
        envelope=_envelope(),
        quota=Quota(limit=30, seconds=60, counted_by="token"),
        desk=desk,
        oauth_paths=server.paths,
        account_ids={login: {"consultant_id": _consultant_id(world, who)} for login, who in _CONSULTANTS.items()},
    )


def _consultant_id(world: World, consultant: _Consultant) -> str:
    return f"C{world.random('btg', consultant.persona.login, 'id').randrange(10_000, 99_999)}"


def _engagement(world: World, consultant: _Consultant, number: int) -> _Engagement:
    draw = world.random("btg", consultant.persona.login, number)
    days = consultant.months * 30.4 * (number + draw.uniform(0.2, 0.8)) / consultant.engagements
    start = world.days_ago(days).date()
    end = start + timedelta(days=draw.randrange(40, 180))
    today = world.started.date()
    is_over = end < today
    billed = (min(end, today) - start).days * draw.uniform(0.35, 0.6)
    rate = consultant.day_rate * draw.uniform(0.9, 1.15)
    return _Engagement(
        engagement_ref=f"BTG-{start.year}-{draw.randrange(1000, 9999)}",
        client_industry=draw.choice(_INDUSTRIES),
        role=consultant.roles[number % len(consultant.roles)],
        start=start.isoformat(),
        end=end.isoformat() if is_over else "",
        day_rate=f"{round(rate, -1):.2f}",
        days_billed=f"{round(billed * 2) / 2:.1f}",
        currency="USD",
        evaluation=draw.choices(("Exceeds", "Meets", "Below"), (5, 4, 1))[0] if is_over else "",
    )


def _xml(engagements: list[_Engagement]) -> Response:
    root = Element("statement", {"count": str(len(engagements))})
    for engagement in engagements:
        element = SubElement(root, "engagement")
        for name, value in asdict(engagement).items():
            SubElement(element, name).text = value or None
    return Response(tostring(root, encoding="utf-8", xml_declaration=True), media_type="application/xml")


def _csv(engagements: list[_Engagement]) -> Response:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [*_Engagement.__dataclass_fields__], delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    for engagement in engagements:
        row = asdict(engagement)
        row["day_rate"] = row["day_rate"].replace(".", ",")
        row["days_billed"] = row["days_billed"].replace(".", ",")
        writer.writerow(row)
    return Response(
        text.getvalue().encode("iso-8859-1"), headers={"Content-Type": "text/csv; charset=iso-8859-1; header=present"}
    )


def _error(status: int, code: str, message: str) -> Response:
    root = Element("error", {"code": code})
    root.text = message
    body = tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(body, status_code=status, media_type="application/xml")
