"""Upwork's GraphQL API: profile, work history, time reports, proposals.

    api           the endpoint: token, tenant header
    record        what a token may see: scopes, both ways of paging, errors in HTTP 200
    schema.graphql   the documented types
    freelancers   the personas as freelancers: trade, rates, how much
    contracts     their contracts, feedback and time reports, as generated values
    views         those values in the shape in which the schema serves them

Documented: path, types and fields, the tenant header, that scopes stand on the key and the parameter is refused,
`expires_in` 86400, ten requests a second per address, both ways of paging, errors as HTTP 200 with
`Authorization failed`, which fields need the Partner or the Payments scope.
Not documented, and chosen here: the words of statuses that the schema leaves open, the body of 401 and 429
answers, `companySelector` as the field that answers without a tenant header, `FreelancerProfile.contracts` as
the place of `FreelancerProfileContract`, the fields below `contractList` and `transactionHistory`.
Work diaries are left out on purpose: they are the client's confidential data.
"""

from connectors.sandbox.platforms.upwork.api import build

__all__ = ["build"]
