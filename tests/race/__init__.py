"""The race harness: does anything start, finish or get delivered after a revocation was confirmed?

`python -m tests.race` runs it over whole gateways and prints one line; `--reduced` over processes that are reduced to
gate, fetch and answer, in a tenth of the time. `test_race.py` is the short form of the latter.

* `harness.py` gives grants, asks through all processes, revokes at random moments, and counts
* `whole_system.py` does so with `gigway serve` processes and the sandbox's platforms; `giver.py` gives grants there
* `own_database.py` makes an empty database for each run
* `processes.py` starts, kills and pauses processes; the reduced ones run `gateway_process.py`,
  which fetches from `slow_platform.py`
* `check_then_fetch.py` is a gate that does it wrong, so that the harness can be seen to fail

Everything is counted in one event loop, in the order in which bytes arrive. Before a confirmation is noted, the loop
turns often enough that whatever lay in a socket's buffer by then has been counted before it.
"""
