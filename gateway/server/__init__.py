"""The HTTP server: everything that meets the outside, and the one place where objects are wired together.

In reading order: `app` (the composition root), `graphql` (the endpoint; `http_request` reads what is asked),
`authenticate` (token to `session`), `graphiql` (the explorer, from local files), `errors` (pages and JSON for what
goes wrong), `logging`.
"""
