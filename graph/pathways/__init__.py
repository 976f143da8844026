"""From what is held to a goal: the cheapest plans, with their reasons.

`cover` finds the programmes into one job (an integer program), `search` the jobs on the way; `plans` and `planning`
make steps of them, `text` says why, `picture` draws them.
"""
