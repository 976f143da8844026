"""Consent: who may read what of whose data, for which purpose and until when; enforced at every fetch.

Reading order:

* `vocabulary.py`  the words of consent: categories and purposes, versioned
* `models.py`      the tables (`columns.py`: instants); `ddl.py` the triggers that keep their rules;
                   `values.py` and `bulk_insert.py` for what comes by the thousand
* `actor_versions.py`  what workers read of an actor, version by version
* `grants/`        the life of a grant
* `leases/`        the permission for one fetch, and the gate that the executor asks
* `stops/`         everything that ends a permission, and the wait until nothing runs under it
* `access_log.py`  who read what; `audit/` makes it impossible to alter unnoticed; `receipts.py` a copy to keep
* `contact.py`     contact codes; `inbox/` requests that reach a worker without a browser in between
* `notices/`       tells actors, signed, when a grant of theirs ends or a request is answered
* `subgraph/`      the consent subgraph
* `oauth/`, `signin/`, `pages/`  the authorization server, the worker's session, the worker's pages
* `console/`       who belongs to an actor, a platform or the operator, and what they do there

The states of a grant; every state but `active` is final:

    active ──worker──► withdrawn      active ──actor or operator──► revoked
       ├──── time ───► expired        active ──newer grant───────► superseded
       └──── erased, or the database restored ─► invalidated
"""
