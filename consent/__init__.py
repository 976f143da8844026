"""Consent: who may read what of whose data, for which purpose and until when; enforced at every fetch.

Reading order:

* `vocabulary.py`  the words of consent: categories and purposes, versioned
* `models.py`      the tables (`columns.py`: instants); `ddl.py` the triggers that keep their rules
* `grants.py`      the life of a grant; `grant_records.py` how grants are read
* `reviews.py`     looking a grant through again, every 90 days
* `decision.py`    pure: facts and a question in, allowed or denied out
* `leases.py`      the permission for one fetch, committed in groups by one thread per process:
                   `lease_facts.py` what is read, `lease_store.py` the statements, `lease_rows.py` what is written,
                   `lease_book.py` what is open, `permit.py` what others hold, `denials.py` what is counted
* `stops.py`       everything that ends a permission, and the wait until nothing runs under it:
                   `liveness.py` proves a process dead, `processes.py` tells which live,
                   `notifications.py` hears of stops at once; `endings.py` remembers them outside the database,
                   `restore.py` ends them again after a backup was restored
* `gate.py`        what the executor asks
* `access_log.py`  who read what; `audit/` makes it impossible to alter unnoticed; `receipts.py` a copy to keep
* `inbox/`         requests that reach a worker without a browser in between
* `notices/`       tells actors, signed, when a grant of theirs ends or a request is answered
* `visibility.py`  which accounts exist for whom; `contact.py` contact codes
* `subgraph.py`    the consent subgraph; `subgraph_types.py` its types; `subgraph_requests.py`, `subgraph_revoke.py`,
                   `subgraph_log.py` and `subgraph_stream.py` what their names say
* `console/`  who belongs to an actor, a platform or the operator, and what they do there
* `oauth/`, `signin/`, `pages/`  the authorization server, the worker's session, the worker's pages

The states of a grant; every state but `active` is final:

    active ──worker──► withdrawn      active ──actor or operator──► revoked
       ├──── time ───► expired        active ──newer grant───────► superseded
       └──── erased, or the database restored ─► invalidated
"""
