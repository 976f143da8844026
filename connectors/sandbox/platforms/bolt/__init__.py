"""Bolt's Fleet Integration Gateway, as open-source clients that quote its specification use it.

    api    the endpoints; errors in HTTP 200
    fleet  the personas as drivers of one fleet: orders, drivers, vehicles, states

Here it is the fleet that signs in, with client credentials and a token of ten minutes, and sees all its drivers:
one worker's data need the fleet's consent and the worker's own.

Observed: paths, `code` and `message` with HTTP 200, the filters of `getFleetOrders`, its limit of 1000 and window of
about 15 days, the fields of order, driver and vehicle, that net earnings less the price of cash rides is the payout.
Chosen here: the codes, HTTP 401 for a bad token, distances in metres, the words of states besides the seen ones, the
name `state_logs`, when the price review comes, the rate limit.
"""

from connectors.sandbox.platforms.bolt.api import build

__all__ = ["build"]
