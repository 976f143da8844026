"""Values that are made by the thousand in a second: frozen for the type checker, plain at run time.

`dataclass(frozen=True)` sets each field by a call, which makes a value of nine fields four times as dear to make.
Keywords cost as much again as the value itself; those of a few fields are made without, where it counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def hot_value(cls: type[T]) -> type[T]:
    """Make a slotted dataclass that is compared and hashed by its fields, and is never to be changed."""
    return dataclass(slots=True, unsafe_hash=True)(cls)
