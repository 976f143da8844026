"""Leases: the permission for one fetch, from the decision to the bytes at the socket.

    gate ─► keeper ─► transactions ─► rulings ─► facts ─► decision ─► rows ─► permit
              │            │ book: what is open    store, statements: what is asked and written
              │            │                       sqlite, postgresql: how it travels    opening: which
              │            │ denials: what is counted
              │ gathering: what an event loop asks, and its watch over what is open
              └ notifications: hears of stops at once

`gate` is what the executor asks; `keeper` decides when and where a group of requests is settled, `transactions` how;
`decision` is pure. `search_permit` grows by a lease for each worker who is shown.
`liveness` proves a process dead, `processes` tells which live; `write_lock` waits for SQLite's one writer.
"""
