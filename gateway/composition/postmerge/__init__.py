"""The rules for the merged schema.

`check_merged` runs what belongs with the merge's own errors (a query root, entity interfaces);
`check_supergraph` what needs a complete merged schema: that it is valid GraphQL, that the API schema
stays whole without its `@inaccessible` parts, and that `@requires` opens no way around an
authorization requirement. `at` finds where an element stands in the subgraphs.
"""

from .check import check_merged, check_supergraph

__all__ = ["check_merged", "check_supergraph"]
