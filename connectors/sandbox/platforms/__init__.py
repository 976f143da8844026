"""The simulated platforms; each module offers `build(world)`, or a few such.

To add one: write its module or folder after the example of `uber` (REST) or `upwork` (GraphQL), and enter its
builder here.
"""

from connectors.sandbox.platform import PlatformBuilder
from connectors.sandbox.platforms import (
    bolt,
    business_talent_group,
    creatorup,
    fiverr,
    freelancer,
    gigster,
    github_sponsors,
    instawork,
    lyft,
    mturk,
    open_platforms,
    taskrabbit,
    uber,
    upwork,
)

__all__ = ["BUILDERS"]

BUILDERS: tuple[PlatformBuilder, ...] = (
    uber.build,
    upwork.build,
    freelancer.build,
    bolt.build,
    github_sponsors.build,
    mturk.build_site,
    mturk.build_requester,
    lyft.build,
    taskrabbit.build,
    instawork.build,
    fiverr.build,
    gigster.build,
    business_talent_group.build,
    creatorup.build,
    open_platforms.build,
)
"""All platforms, in the order of the control page."""
