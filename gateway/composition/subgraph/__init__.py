"""One subgraph at a time: from its SDL to a schema whose every directive's meaning is known.

Reading order: `model` (what comes out), `links` (`@link`), `specs` (what each version of Federation
defines), `expand` (SDL to `Subgraph`), `upgrade` (Federation 1 to 2), `fieldset` (the selections in
`@key`, `@requires`, `@provides`), `usage` (what is external, provided, shareable).
"""
