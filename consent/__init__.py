"""Consent: who may read what of whose data, for which purpose and until when; enforced at every fetch.

Reading order:

* `vocabulary.py`  the words of consent: categories and purposes, versioned
* `models.py`      the tables; `ddl.py` their triggers; `database.py` how they are opened
* `grants.py`      the life of a grant
* `stops.py`       everything that ends a permission, and the wait until nothing runs under it
* `decision.py`    pure: facts and a question in, allowed or denied out
* `leases.py`      the permission for one fetch, committed in groups; `liveness.py` proves a process dead
* `gate.py`        what the executor asks
* `access_log.py`  who read what; `visibility.py` which accounts exist for whom; `contact.py` contact codes
* `subgraph.py`    the consent subgraph
* `oauth/`, `signin/`, `pages/`  the authorization server, the worker's session, the worker's pages

The states of a grant; every state but `active` is final:

    active ──worker──► withdrawn      active ──actor or operator──► revoked
       ├──── time ───► expired        active ──newer grant───────► superseded
       └──── erased ─► invalidated
"""
