"""Merkle trees against the test vectors of Certificate Transparency (RFC 6962, RFC 9162), and at large."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.audit.tree import (
    EMPTY_ROOT,
    completed,
    consistency_proof,
    extended,
    grow,
    inclusion_proof,
    is_consistent,
    is_included,
    leaf_hash,
    nodes_of,
    root,
)

DATA = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
LEAVES = [leaf_hash(bytes.fromhex(data)) for data in DATA]
NODES = nodes_of(LEAVES)
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_the_reference(size: int) -> None:
    assert root(NODES, size).hex() == ROOTS[size]
    assert EMPTY_ROOT.hex() == ROOTS[0]


@pytest.mark.parametrize(
    ("index", "size", "path"),
    [
        (0, 1, []),
        (
            0,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    ],
)
def test_inclusion_proofs_are_those_of_the_reference(index: int, size: int, path: list[str]) -> None:
    proof = inclusion_proof(NODES, index, size)
    assert [step.hex() for step in proof] == path
    assert is_included(LEAVES[index], index, size, proof, root(NODES, size))


@pytest.mark.parametrize(
    ("first", "second", "path"),
    [
        (1, 1, []),
        (
            6,
            8,
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            [
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ],
)
def test_consistency_proofs_are_those_of_the_reference(first: int, second: int, path: list[str]) -> None:
    proof = consistency_proof(NODES, first, second)
    assert [step.hex() for step in proof] == path
    assert is_consistent(first, second, root(NODES, first), root(NODES, second), proof)


@given(st.integers(1, 70), st.data())
def test_every_proof_holds_and_no_changed_one_does(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(str(number).encode()) for number in range(size)]
    nodes, whole = nodes_of(leaves), root(nodes_of(leaves), size)
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_proof(nodes, index, size)
    assert is_included(leaves[index], index, size, path, whole)
    assert not is_included(leaf_hash(b"other"), index, size, path, whole)
    assert not is_included(leaves[index], index, size, [*path, whole], whole)
    first = data.draw(st.integers(0, size))
    steps = consistency_proof(nodes, first, size)
    start = root(nodes, first)
    assert is_consistent(first, size, start, whole, steps)
    for forged in (sha256(start).digest(), whole if first != size else EMPTY_ROOT):
        assert not is_consistent(first, size, forged, whole, steps)
    for place in range(len(steps)):
        assert not is_consistent(first, size, start, whole, [*steps[:place], whole[::-1], *steps[place + 1 :]])
    assert first == 0 or not is_consistent(first, size, start, sha256(whole).digest(), steps)


@given(st.integers(1, 200))
def test_completed_nodes_are_all_nodes(size: int) -> None:
    found = {place for count in range(1, size + 1) for place in completed(count)}
    levels = size.bit_length()
    assert found == {(level, i) for level in range(1, levels + 1) for i in range(size >> level)}


@given(st.integers(0, 70), st.integers(0, 70))
def test_a_tree_grows_by_the_nodes_that_are_completed(size: int, more: int) -> None:
    leaves = [leaf_hash(b"%d" % number) for number in range(size + more)]
    nodes = nodes_of(leaves)

    def stored(level: int, index: int) -> bytes:
        assert (index + 1) << level <= size, "only what is there already can be read"
        return nodes(level, index)

    levels = grow(stored, size, leaves[size:])
    grown = {(level, first + i): digest for level, (first, row) in enumerate(levels) for i, digest in enumerate(row)}
    expected = {place for count in range(size + 1, size + more + 1) for place in [(0, count - 1), *completed(count)]}
    assert grown == {place: nodes(*place) for place in expected}
    assert root(extended(stored, levels), size + more) == root(nodes, size + more)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_proof_of_a_leaf_outside_is_refused(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="not in the tree"):
        inclusion_proof(NODES, index, size)
    assert not is_included(LEAVES[0], index, size, [], ROOTS[0].encode())
