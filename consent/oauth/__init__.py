"""The OAuth authorization server, and the resource server's side of it. Authlib does the protocol.

In: an actor's HTTP requests, a worker's answer. Out: grants, codes, tokens; for the gateway, who a token stands for.

Reading order:

* `details`                the language of consent: `authorization_details` of type `gig_data`, and scopes
* `models`                 tables; `machine_secrets` says how secrets are kept, `replay` what counts once
* `parameters`             strict reading of forms and queries, before anything interprets them
* `clients`                a registered client as Authlib sees it; `actors` registers them,
                           `client_settings` changes them
                           `client_registry` clients alone, `registration_rules` what any of them may say
* `server`                 Authlib's server, one instance per request and transaction; `settings` is its configuration
* `authorization_request`  what is asked for, validated once and kept; `pushed` is the way in ahead of time
* `authorization`          from a request to the worker's answer; `code_flow`, `pkce`, `codes` carry it
* `token_request`          what every grant asks of a client; `token_grants` refresh and client credentials
* `issuing`                what a token may say; `tokens` keeps them
* `signed_jwt`             JWTs from clients: `client_assertion` authenticates by them, `dpop` binds tokens to a key
* `token_endpoints`        revocation and introspection; `grant_management` grants themselves
* `access`                 what an Authorization header is worth, for the GraphQL endpoint; `live_tokens` reads tokens,
                           `shared_reads` those of many requests at once
* `registration`           dynamic client registration; `registration_endpoints` is Authlib's side of it
* `endpoints`              the routes; `metadata` what clients can discover; `housekeeping` throws away what is over
"""
