"""Grants: a worker's consent for one actor and one purpose.

`lifecycle` makes and ends them (`ending` has the statements), `records` reads them, `reviews` has them looked through
again every 90 days;
`visibility` says which accounts exist for whom, `standing` under which grants a worker can be found.
"""
