"""Registration: how a platform's connector comes to be live, and stops being it.

submit ──► SUBMITTED ──conformance ok──► TESTED ──operator──► APPROVED ──all have loaded it──► LIVE ──newer──► RETIRED
               └──────conformance failed──► FAILED               ▲─────────────────rollback──────────────────────┘
                              operator ──► REJECTED
suspend, resume: the platform's gate closes and opens at once, whatever version is live

scaffold   a file to begin with
models     versions, what is live, and the history (append-only)
values     what goes in and comes out
service    the steps above, one transaction each
loading    how many processes have loaded what is to be live
runs       conformance runs that have begun, in whatever process
live       keeps a process's connectors in step with the rows
check_slots  how many texts a process checks at a time
desk       the same steps for whoever may take them: a platform's engineers, operators
sdl        registration in GraphQL
fields     what answers for it
pages      the desk as pages
people     who took a step, as the pages tell it
"""

from connectors.registration.live import LiveConnectors, LiveFeeds
from connectors.registration.service import Registration
from connectors.registration.values import PlatformGate, Refusal, Submission, VersionView

__all__ = ["LiveConnectors", "LiveFeeds", "PlatformGate", "Refusal", "Registration", "Submission", "VersionView"]
