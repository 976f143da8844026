"""Exports that workers get of their own data, where a platform has no interface or beside it.

    files        tables as CSV, archives whose bytes depend on the seed alone
    columns      of the tables
    uber_driver  "Download your data": the self-service archive and the one sent on request
    couriers     Uber Eats, DoorDash, Wolt
    mturk        what a Mechanical Turk worker can save from the worker site
    downloads    the page that lists the exports, and their downloads under `/takeout`

File names and columns are those of samples that other open-source projects work on (fidelity TAKEOUT).
Chosen here: how values are written that the samples leave open: booleans as `true` and `false`, absent as empty,
local times in the trips table in the same form as UTC ones, Wolt's times, the words of DoorDash's statuses.
"""
