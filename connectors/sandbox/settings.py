"""What a sandbox is started with."""

from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["SandboxSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """Settings of one sandbox process.

    `seed` fixes every persona's record.
    `now` is the moment at which the simulated time starts; it must carry a time zone, and None means the real
    time at start.
    `public_url` is the address under which the sandbox is reached; its host is the only one answered besides
    the loopback names.
    `control_token`, if set, is needed for everything under `/control`.
    """

    seed: int = 1
    public_url: str = "http://127.0.0.1:8701"
    control_token: str | None = field(default=None, repr=False)
    now: datetime | None = None
    log_size: int = 20_000

    def __post_init__(self) -> None:
        if self.now is not None and self.now.tzinfo is None:
            raise ValueError("SandboxSettings.now needs a time zone")
        if self.log_size < 1:
            raise ValueError("SandboxSettings.log_size must be at least 1")
