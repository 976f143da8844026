"""Signed notices to actors: a grant of theirs has ended or was replaced.

    consent_event ──audit log──► outbox.feed ──► notice_delivery ──► outbox.claim ──► push ──► 202
    (in the change's transaction)                      ▲                  │
                                                       └── later, again ──┘  until done, refused or too old

Reading order:

* `changes.py`  which consent events are news to an actor, and what the news is
* `token.py`    the notice as a Security Event Token (RFC 8417), and the key that signs it
* `models.py`   the tables; `outbox.py` what is due, claimed, done
* `push.py`     one delivery over HTTP (RFC 8935)
* `sender.py`   the loop that a gateway runs; `routes.py` publishes the key

An event waits until a signed checkpoint of the audit log covers it, about a second: the notice carries that checkpoint.
Nothing is lost, since the events are written with the change itself and are never deleted; a notice may arrive twice,
byte for byte the same and with the same `jti`.
"""
