"""From what is held to a goal: the cheapest plans, with their reasons.

`cover` finds the programmes for a `task`, which is getting into one job (an integer `program`, made small by
`narrowing`), `search` the jobs on the way; `worth` says what an hour is worth in a currency; `plans` and `planning`
make steps, `text` says why, `picture` draws.
"""
