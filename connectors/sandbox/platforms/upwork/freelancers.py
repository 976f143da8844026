"""The personas as Upwork freelancers."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.sandbox.people import ALEX, DARIO, MIKA, NIA, PRIYA, Persona, SandboxAccount

__all__ = ["ACCOUNTS", "FREELANCERS", "Brief", "Freelancer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """A kind of job: how clients title it, what they write, and the skills that it shows."""

    title: str
    description: str
    skills: tuple[str, ...]


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


_DESIGN = (
    Brief(
        title="Landing page design for a {client} start-up",
        description="Design a landing page in Figma with a component library, then hand it over to our developer.",
        skills=("Figma", "Web Design", "UI Design"),
    ),
    Brief(
        title="Mobile app screens for a {client} service",
        description="About twelve screens for iOS and Android, from wireframe to prototype, with usability tests.",
        skills=("Mobile App Design", "User Experience Design", "Prototyping"),
    ),
    Brief(
        title="Brand identity for a {client} company",
        description="Logo, colour palette, typography and a short brand book.",
        skills=("Logo Design", "Brand Identity", "Adobe Illustrator"),
    ),
    Brief(
        title="Responsive HTML and CSS for a {client} site",
        description="Turn the finished designs into accessible, responsive HTML and CSS; no framework.",
        skills=("HTML", "CSS", "Web Accessibility"),
    ),
    Brief(
        title="Icon set for a {client} dashboard",
        description="Forty icons in two weights as SVG, on a 24 pixel grid.",
        skills=("Icon Design", "Adobe Illustrator", "SVG"),
    ),
)
_LANGUAGE = (
    Brief(
        title="Proofread {client} articles",
        description="Proofread English articles of 1,000 words each, British spelling, two a week.",
        skills=("Proofreading", "Copy Editing", "English"),
    ),
    Brief(
        title="Translate a {client} brochure from Hindi to English",
        description="Twenty pages for a general audience.",
        skills=("Translation", "Hindi", "English"),
    ),
)
_OFFICE = (
    Brief(
        title="Data entry for a {client} catalogue",
        description="Enter product data from PDF price lists into a spreadsheet; accuracy is checked by sample.",
        skills=("Data Entry", "Microsoft Excel", "Accuracy Verification"),
    ),
    Brief(
        title="Virtual assistant for a {client} owner",
        description="Answer e-mail, keep the calendar, prepare invoices; ten hours a week.",
        skills=("Virtual Assistance", "Email Support", "Invoicing"),
    ),
    Brief(
        title="Transcribe {client} interviews",
        description="Transcribe one-hour interviews with time stamps.",
        skills=("General Transcription", "English"),
    ),
)

FREELANCERS: Mapping[str, Freelancer] = {
    freelancer.persona.login: freelancer
    for freelancer in (
        Freelancer(
            persona=ALEX,
            briefs=_DESIGN,
            contracts=41,
            months=52,
            hourly_rate=48,
            hourly_share=0.45,
            quality=0.94,
        ),
        Freelancer(
            persona=PRIYA, briefs=_LANGUAGE, contracts=12, months=20, hourly_rate=22, hourly_share=0.6, quality=0.72
        ),
        Freelancer(
            persona=MIKA, briefs=_OFFICE, contracts=27, months=40, hourly_rate=16, hourly_share=0.7, quality=0.88
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
