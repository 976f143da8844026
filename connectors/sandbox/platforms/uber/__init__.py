"""Uber's Driver API, as documented at developer.uber.com/docs/drivers.

    api      `/v1/partners/me`, `/trips`, `/payments`; paging, windows, scopes, errors
    drivers  the personas as drivers: where, since when, how much
    rides    trips and payments in the shape in which they are served

Documented: paths, parameters, limits, the ten-day window, fields, scopes, the rate limit with its body and
headers, the error envelope.
Not documented, and chosen here: the status names of cancelled trips and that their times are null, the payment
categories `tip` and `promotion`, the wording of errors other than the rate limit's, the order (newest first),
that windows are read against a trip's first status change, and the window when neither end is given.
"""

from connectors.sandbox.platforms.uber.api import build

__all__ = ["build"]
