"""Opportunities for a worker, and workers for an opportunity: one linear model, every part of it shown.

`profile` is all that is known of a worker, `preferences` and `terms` what both sides want beyond skills, `similarity`
how near occupations are. `model` ranks opportunities, `worker_index` workers, `text` explains, `fairness` audits.
"""
