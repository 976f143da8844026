"""How connectors fare and what of them is used, over all processes: small sums, written in the background.

    each process: upstream counters, drift, fields of documents ──every few seconds──► rows ──► console, GraphQL, report

Traffic is summed by platform and minute, drift by place, uses by coordinate and day; no row says who asked or for
whom. A process that answers is a row of its own, with the generation of the registry that it has loaded and its
breakers.

models     the rows
counting   what one process has counted since it last wrote
recorder   the background loop
observer   what the rows say
roll       which processes live (a seam: it is proven elsewhere)
"""

from connectors.observation.observer import Loading, Observer, PlatformHealth, Use
from connectors.observation.recorder import Recorder
from connectors.observation.roll import ProcessRoll

__all__ = ["Loading", "Observer", "PlatformHealth", "ProcessRoll", "Recorder", "Use"]
