"""Freelancer.com's REST API, as documented by its own SDK and read by a production connector.

    api      the endpoints, the envelope, opt-in projections
    members  the personas as members: their projects, bids, reviews, reputation

Documented: the token header, `scope` and `advanced_scopes`, paths, `limit` and `offset`, the envelope, unix
seconds, id-keyed maps, array parameters as `users[]=`, the fields of profile, reputation and review.
Not documented, and chosen here: the error codes besides the envelope, the rate limit, the fields of projects and
milestones beyond the ones that are named, the most rows a page may have.
"""

from connectors.sandbox.platforms.freelancer.api import build

__all__ = ["build"]
