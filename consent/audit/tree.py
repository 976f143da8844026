"""Merkle trees as in RFC 9162 §2.1: hashes, roots, inclusion and consistency proofs. Pure.

A tree is read through `Nodes`: a function from (level, index) to the hash of the complete subtree over the leaves
`[index << level, (index + 1) << level)`; level 0 are the leaf hashes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

Nodes = Callable[[int, int], bytes]

Level = tuple[int, Sequence[bytes]]
"""Some hashes of one level that follow one another, and the index of the first."""

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256(0x00 ‖ data)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


def nodes_of(leaves: Sequence[bytes]) -> Nodes:
    """Return the nodes of a tree that is all in memory, given its leaf hashes."""
    levels: list[list[bytes]] = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])
    return lambda level, index: levels[level][index]


def completed(size: int) -> list[tuple[int, int]]:
    """Return the inner nodes that the leaf at `size - 1` completes, lowest first."""
    nodes: list[tuple[int, int]] = []
    level, end = 1, size
    while end % 2 == 0 and end:
        end //= 2
        nodes.append((level, end - 1))
        level += 1
    return nodes


def grow(nodes: Nodes, size: int, leaves: Sequence[bytes]) -> list[Level]:
    """Return what a tree of `size` has more when `leaves` follow: level by level, the leaves themselves first."""
    levels: list[Level] = []
    start, fresh = size, list(leaves)
    while fresh:
        levels.append((start, fresh))
        start, left = start // 2, [nodes(len(levels) - 1, start - 1)] if start % 2 else []
        each = iter([*left, *fresh])
        # `node_hash`, without the calls
        fresh = [sha256(b"\x01" + one + other).digest() for one, other in zip(each, each, strict=False)]
    return levels


def extended(nodes: Nodes, levels: Sequence[Level]) -> Nodes:
    """Return the nodes of a tree that has grown by `levels`."""

    def node(level: int, index: int) -> bytes:
        if level < len(levels) and index >= levels[level][0]:
            return levels[level][1][index - levels[level][0]]
        return nodes(level, index)

    return node


def root(nodes: Nodes, size: int) -> bytes:
    """Return the root of the tree over the first `size` leaves."""
    return _subtree(nodes, 0, size) if size else EMPTY_ROOT


def inclusion_proof(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """Return the path that proves the leaf at `index` in the tree of `size` leaves (RFC 9162 §2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError("the leaf is not in the tree")
    return _inclusion(nodes, index, 0, size)


def consistency_proof(nodes: Nodes, first: int, second: int) -> list[bytes]:
    """Return the path that proves the tree of `first` leaves a beginning of that of `second` (§2.1.4.1)."""
    if not 0 <= first <= second:
        raise ValueError("the first tree is not smaller")
    if first in (0, second):
        return []
    return _consistency(nodes, first, 0, second, complete=True)


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], expected: bytes) -> bool:
    """Verify an inclusion proof against the root `expected` (§2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            found = node_hash(sibling, found)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and found == expected


def is_consistent(first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Verify a consistency proof between two roots (§2.1.4.2)."""
    if not 0 <= first <= second:
        return False
    if first == second:
        return first_root == second_root and not path
    if first == 0:
        return first_root == EMPTY_ROOT and not path
    steps = list(path) if first & (first - 1) else [first_root, *path]
    if not steps:
        return False
    position, last = first - 1, second - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            new = node_hash(new, step)
        position, last = position >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _subtree(nodes: Nodes, begin: int, end: int) -> bytes:
    size = end - begin
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return nodes(level, begin >> level)
    middle = begin + _split(size)
    return node_hash(_subtree(nodes, begin, middle), _subtree(nodes, middle, end))


def _inclusion(nodes: Nodes, index: int, begin: int, end: int) -> list[bytes]:
    if end - begin == 1:
        return []
    middle = begin + _split(end - begin)
    if index < middle:
        return [*_inclusion(nodes, index, begin, middle), _subtree(nodes, middle, end)]
    return [*_inclusion(nodes, index, middle, end), _subtree(nodes, begin, middle)]


def _consistency(nodes: Nodes, first: int, begin: int, end: int, *, complete: bool) -> list[bytes]:
    if first == end:
        return [] if complete else [_subtree(nodes, begin, end)]
    middle = begin + _split(end - begin)
    if first <= middle:
        return [*_consistency(nodes, first, begin, middle, complete=complete), _subtree(nodes, middle, end)]
    return [*_consistency(nodes, first, middle, end, complete=False), _subtree(nodes, begin, middle)]
