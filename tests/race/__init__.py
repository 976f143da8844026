"""The race harness: does anything start, finish or get delivered after a revocation was confirmed?

`python -m tests.race` runs it and prints one line; `test_race.py` is its short form.

* `processes.py` starts, kills and pauses gateway processes, each running `gateway_process.py`
* `slow_platform.py` is the platform they fetch from, in the harness's own process
* `harness.py` gives grants, asks through all processes, revokes at random moments, and counts
* `check_then_fetch.py` is a gate that does it wrong, so that the harness can be seen to fail

Everything is counted in one event loop, in the order in which bytes arrive. Before a confirmation is noted, the loop
turns often enough that whatever lay in a socket's buffer by then has been counted before it.
"""
