"""The console: actors, platforms and the operator do here what concerns themselves.

In: a person's browser, a client's token, or the command line. Out: organizations, memberships, clients, decisions;
every one of them leaves a consent event, so that it is in the tamper-evident log.

* `roles`        kinds of organizations, roles in them, what each role allows
* `models`       memberships, invitations, what waits for a decision
* `actions`      who did what: written with every change, read as a history
* `members`      who is this, and where do they belong: what pages, the API and the CLI ask
* `invitations`  one-time links into an organization
* `organizations` registering one, with a test actor and a test client at once
* `approvals`    asking operators to go live, and their decisions
* `clients`      an organization's clients, secrets and keys
* `oversight`    what operators see, suspend and resume; `usage` what an organization did, in counts
* `housekeeping` throws away what is over
* `pages/`, `templates/`  the pages; `wording` their words
"""
