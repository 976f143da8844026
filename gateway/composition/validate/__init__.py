"""The rules that each subgraph must keep by itself.

`validate` runs them in stages: the definitions of specifications first, then GraphQL's own rules,
then Federation's; a later stage would only repeat what an earlier one found. Reading order:
`report`, `definitions`, `values`, `graphql_types`, `graphql_directives`, `roots`, `field_sets`,
`externals`, `interfaces`, `directives`, `costs`, `contexts`, `validate`.
"""

from .validate import validate

__all__ = ["validate"]
