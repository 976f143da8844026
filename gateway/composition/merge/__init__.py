"""The merge: validated subgraphs in, one schema with join directives out.

Reading order: `state` (what all parts share), `outline` (the kinds and relations of the merged
types, needed before any field), `overrides`, `typerefs`, `text` (descriptions), `applications`
(directives that survive the merge), `inputs` (arguments, input objects, defaults), `join` (join spec
applications), `sharing`, `fields`, `enums`, `inconsistencies` (hints), `authorization` (requirements
across types), `definitions` (directives of the supergraph), `merge` (the order of it all).
"""
