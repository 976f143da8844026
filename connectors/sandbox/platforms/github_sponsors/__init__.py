"""GitHub Sponsors, over GitHub's GraphQL API.

    api             the endpoint: token, required `first` or `last`, errors
    schema.graphql  the documented types
    sponsorships    the personas as sponsored people

Documented: the types and fields, Relay connections of at most 100 that must say `first` or `last`, money in integer
cents of US dollars, the token endpoint that answers form-encoded unless JSON is asked for and gives errors with HTTP
200, tokens that do not expire, `X-RateLimit-*` headers.
Chosen here: only forward paging is served (`last` and `before` are refused), one point per query.
Sponsors are third parties: PRIVATE sponsorships come only with `includePrivate`, and must stay private.
"""

from connectors.sandbox.platforms.github_sponsors.api import build

__all__ = ["build"]
