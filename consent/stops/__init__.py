"""Everything that ends a permission, and the wait until nothing runs under it.

`stopping` makes the change and drains: `order` is the lock that orders stops against leases, `two_trips` has
PostgreSQL make a change in as few trips, `open_leases` counts what is left, `burial` takes away
what a dead process held, `durability` brings it to the disk.
`platform_gates` closes platforms. `journal` remembers outside the database
what has ended, and `restore` ends it again after a backup was restored.
"""
