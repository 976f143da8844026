"""The cast: people who do not exist, and have accounts at the simulated platforms.

One person has the same login everywhere, so that a worker can link several platforms.
What they did there is made by each platform from the seed.
"""

from dataclasses import dataclass

__all__ = ["ALEX", "CAST", "DARIO", "FLORA", "MIKA", "NIA", "PRIYA", "Persona", "SandboxAccount"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A fictional worker."""

    login: str
    given_name: str
    family_name: str
    phone: str
    city: str
    region: str
    country: str
    born: str

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.given_name} {self.family_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxAccount:
    """A persona's account at one platform, with what makes it worth signing in with."""

    persona: Persona
    note: str

    @property
    def login(self) -> str:
        """The persona's login."""
        return self.persona.login


def _persona(given: str, family: str, number: int, place: tuple[str, str, str], born: str) -> Persona:
    return Persona(
        login=f"{given}.{family}@sandbox.example".lower(),
        given_name=given,
        family_name=family,
        phone=f"+1415555{number:04d}",
        city=place[0],
        region=place[1],
        country=place[2],
        born=born,
    )


_OAKLAND = ("Oakland", "CA", "US")
ALEX = _persona("Alex", "Sandberg", 100, _OAKLAND, "1990-05-17")
PRIYA = _persona("Priya", "Parttime", 101, ("San Francisco", "CA", "US"), "1997-11-02")
MIKA = _persona("Mika", "Manytask", 102, ("Berkeley", "CA", "US"), "1985-01-29")
NIA = _persona("Nia", "Newcomer", 103, _OAKLAND, "2003-08-08")
FLORA = _persona("Flora", "Fleetwood", 104, ("San Jose", "CA", "US"), "1979-03-21")
DARIO = _persona("Dario", "Dormant", 105, ("San Francisco", "CA", "US"), "1988-12-12")

CAST = (ALEX, PRIYA, MIKA, NIA, FLORA, DARIO)
