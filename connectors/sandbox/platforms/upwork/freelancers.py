"""The personas as Upwork freelancers."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.sandbox.people import ALEX, DARIO, MIKA, NIA, PRIYA, Persona, SandboxAccount
from connectors.sandbox.trades import DESIGN, LANGUAGE, OFFICE, Brief

__all__ = ["ACCOUNTS", "FREELANCERS", "Freelancer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Freelancer:
    """How a persona works at Upwork; `quality` from 0 to 1 moves feedback and the job success score."""

    persona: Persona
    briefs: tuple[Brief, ...] = ()
    contracts: int = 0
    months: int = 1
    hourly_rate: float = 0.0
    hourly_share: float = 0.5
    quality: float = 0.9
    suspended: bool = False


FREELANCERS: Mapping[str, Freelancer] = {
    freelancer.persona.login: freelancer
    for freelancer in (
        Freelancer(
            persona=ALEX,
            briefs=DESIGN,
            contracts=41,
            months=52,
            hourly_rate=48,
            hourly_share=0.45,
            quality=0.94,
        ),
        Freelancer(
            persona=PRIYA, briefs=LANGUAGE, contracts=12, months=20, hourly_rate=22, hourly_share=0.6, quality=0.72
        ),
        Freelancer(
            persona=MIKA, briefs=OFFICE, contracts=27, months=40, hourly_rate=16, hourly_share=0.7, quality=0.88
        ),
        Freelancer(persona=NIA),
        Freelancer(persona=DARIO, suspended=True),
    )
}

ACCOUNTS = (
    SandboxAccount(persona=ALEX, note="Designer, about forty contracts in four years"),
    SandboxAccount(persona=PRIYA, note="Translator and proofreader; some feedback suppressed, no success score"),
    SandboxAccount(persona=MIKA, note="Office work, mostly hourly"),
    SandboxAccount(persona=NIA, note="New account without a contract"),
    SandboxAccount(persona=DARIO, note="Suspended account: no profile, no history"),
)
