"""Type references: `User`, `[User!]!` and their parts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from graphql import ListTypeNode, NamedTypeNode, NonNullTypeNode, TypeNode


@dataclass(frozen=True, slots=True)
class Named:
    """A reference to a type by its name."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of another reference."""

    of: TypeRef

    def __str__(self) -> str:
        return f"[{self.of}]"


@dataclass(frozen=True, slots=True)
class NonNull:
    """A non-null reference; never wraps another `NonNull`."""

    of: Named | ListOf

    def __str__(self) -> str:
        return f"{self.of}!"


TypeRef: TypeAlias = Named | ListOf | NonNull


@lru_cache(maxsize=65536)
def named_type(name: str) -> Named:
    """The shared `Named` for a name."""
    return Named(name)


def type_ref(node: TypeNode) -> TypeRef:
    """The reference that a parsed type node stands for."""
    match node:
        case NamedTypeNode():
            return named_type(node.name.value)
        case ListTypeNode():
            return ListOf(type_ref(node.type))
        case NonNullTypeNode():
            inner = type_ref(node.type)
            assert not isinstance(inner, NonNull)
            return NonNull(inner)
        case _:
            raise TypeError(f"not a type node: {node!r}")


def base_name(ref: TypeRef) -> str:
    """The name at the core of a reference, without lists and non-nulls."""
    while not isinstance(ref, Named):
        ref = ref.of
    return ref.name


def renamed(ref: TypeRef, name: str) -> TypeRef:
    """The same reference around another name."""
    match ref:
        case Named():
            return named_type(name)
        case ListOf():
            return ListOf(renamed(ref.of, name))
        case NonNull():
            inner = renamed(ref.of, name)
            assert not isinstance(inner, NonNull)
            return NonNull(inner)


def nullable(ref: TypeRef) -> Named | ListOf:
    """The reference without an outer non-null."""
    return ref.of if isinstance(ref, NonNull) else ref


def is_list(ref: TypeRef) -> bool:
    """Whether the reference, non-null or not, is a list."""
    return isinstance(nullable(ref), ListOf)
