"""What the personas do for a living: kinds of jobs, as clients word them, with the skills that they show."""

from dataclasses import dataclass

__all__ = ["CLIENTS", "CODE", "DESIGN", "LANGUAGE", "OFFICE", "Brief"]

CLIENTS = (
    "bakery", "biotech", "bicycle", "fintech", "fitness", "furniture", "garden", "insurance", "jewellery",
    "language school", "logistics", "museum", "music", "pet food", "podcast", "solar", "theatre", "travel",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """A kind of job: how clients title it, what they write, and the skills that it shows."""

    title: str
    description: str
    skills: tuple[str, ...]


DESIGN = (
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
LANGUAGE = (
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
OFFICE = (
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

CODE = (
    Brief(
        title="REST API for a {client} shop",
        description="A documented REST API in Python with tests, and a PostgreSQL schema.",
        skills=("Python", "PostgreSQL", "REST API"),
    ),
    Brief(
        title="Fix slow pages of a {client} site",
        description="Find out why the pages are slow, fix it, and write down what you did.",
        skills=("PHP", "MySQL", "Website Optimization"),
    ),
    Brief(
        title="React dashboard for a {client} operator",
        description="A dashboard with charts and filters on an existing API.",
        skills=("React.js", "TypeScript", "Data Visualization"),
    ),
)
