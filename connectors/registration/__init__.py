"""Registration: how a platform's connector comes to be live, and stops being it.

submit ──► SUBMITTED ──conformance ok──► TESTED ──operator──► LIVE ──a newer one──► RETIRED
               └──────conformance failed──► FAILED               ▲──────rollback──────┘
                              operator ──► REJECTED
suspend, resume: the platform's gate closes and opens at once, whatever version is live

models     versions, what is live, and the history (append-only)
service    the steps above, one transaction each
live       keeps a process's connectors in step with the rows
"""

from connectors.registration.live import LiveConnectors, LiveFeeds
from connectors.registration.service import (
    PlatformGate,
    Refusal,
    Registration,
    Submission,
    VersionView,
)

__all__ = ["LiveConnectors", "LiveFeeds", "PlatformGate", "Refusal", "Registration", "Submission", "VersionView"]
