"""The OAuth authorization server, and the resource server's side of it. Authlib does the protocol.

In: an actor's HTTP requests, a worker's answer. Out: grants, codes, tokens; for the gateway, who a token stands for.

Reading order:

* `details`          the language of consent: `authorization_details` of type `gig_data`, and scopes
* `models`           tables; `machine_secrets` says how secrets are kept
* `parameters`       strict reading of forms and queries, before anything interprets them
* `clients`          a registered client as Authlib sees it; `actors` registers them
* `server`           Authlib's server, one instance per request and transaction; `settings` is its configuration
* `authorization`    from an authorization request to the worker's answer; `code_flow`, `pkce`, `codes` carry it
* `token_grants`     refresh and client credentials; `issuing` and `tokens` say what a token is
* `token_endpoints`  revocation and introspection
* `access`           what an Authorization header is worth, for the GraphQL endpoint
* `endpoints`        the routes; `metadata` what clients can discover
"""
