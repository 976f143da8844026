"""A least-recently-used map, for documents and plans, bounded in number and in weight."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """Holds the entries that were used last: at most `size`, which weigh at most `weight` together.

    Not for use by several threads at once.
    """

    __slots__ = ("_entries", "_size", "_weight", "weight")

    def __init__(self, size: int, weight: int) -> None:
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._size = size
        self._weight = weight
        self.weight = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """Return the entry of `key`, which becomes the one used last."""
        found = self._entries.get(key)
        if found is None:
            return None
        self._entries.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, weight: int) -> None:
        """Add an entry; those that were not used for longest go. One that is too heavy by itself is not kept."""
        if weight > self._weight:
            return
        replaced = self._entries.pop(key, None)
        self.weight += weight - (replaced[1] if replaced is not None else 0)
        self._entries[key] = value, weight
        while len(self._entries) > self._size or self.weight > self._weight:
            _, (_, dropped) = self._entries.popitem(last=False)
            self.weight -= dropped

    def keys(self) -> list[K]:
        """Return the keys, the one used last at the end."""
        return list(self._entries)
