"""The merge: validated subgraphs in, one schema with join directives out.

Reading order: `state` (what all parts share), `outline` (the kinds and relations of the merged
types, needed before any field), `overrides`, `typerefs`, `inputs` (arguments, input objects,
defaults), `join` (join spec applications), `fields`, `sharing`, `enums`, `applications` (directives
that survive the merge), `definitions` (directives of the supergraph), `merge` (the order of it all).
"""
