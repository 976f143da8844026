"""Connectors: each gig platform is a subgraph, declared in one SDL file.

To add a platform, write `catalogue/<name>.graphql`: its types, `@source` and `@connect` for where each field comes
from, and the directives of `spec/gigway.graphql` for what worker data needs beside that. No Python.

    spec/         canonical types, Apollo's directives, ours
    schema/       an SDL file → checked, composable, runnable
    mapping/      the mapping language
    transport/    upstream HTTP: permits, addresses, limits, retries, breaker
    runtime/      executes `_entities` documents
    accounts/     linked accounts and their credentials
    linking/      how a worker links and unlinks an account
    feeds/        what providers publish: training, opportunities
    directory     the subgraph that lists platforms and accounts
    catalogue/    the built-in platforms
    pages/        what the pages of linking and registration are made of, and their languages
    registration/ how a connector goes live, and stops: command line, GraphQL, console
    observation/  how platforms fare and what of connectors is used, over all processes
    conformance/  does a connector keep its promises
    registry      what is live, and how it all is wired
    environment   real platforms or the sandbox
    sandbox/      simulated platforms
"""
