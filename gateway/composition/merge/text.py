"""Descriptions: the one most subgraphs agree on."""

from __future__ import annotations

from collections.abc import Mapping

from .state import Merge


def merge_description(merge: Merge, coordinate: str, found: Mapping[int, str | None]) -> str | None:
    """The most frequent description, the first one in a draw; a hint where they differ."""
    counts: dict[str, int] = {}
    for text in found.values():
        if text:
            counts[text] = counts.get(text, 0) + 1
    if not counts:
        return None
    chosen = max(counts, key=lambda text: counts[text])
    if len(counts) > 1:
        merge.hint(
            "INCONSISTENT_DESCRIPTION",
            f'Element "{coordinate}" has inconsistent descriptions across subgraphs; the supergraph uses that '
            f"of {counts[chosen]} of them.",
        )
    return chosen
