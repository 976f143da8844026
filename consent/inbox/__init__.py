"""The inbox: requests that reach a worker without a browser in between.

An actor that holds a contact code, or a worker's id from an earlier grant, pushes its authorization request with
`login_hint` (`consent.oauth.pushed`) or calls the mutation `requestConsent` (`consent.subgraph.requests`).

    pending ──worker──► granted | refused       pending ──time──► expired
       ├─────actor────► cancelled
       └── a newer one of the same actor to the same addressee, for the same purpose ──► replaced

What an actor can observe of a request is the same whoever it was addressed to: nobody, somebody who has blocked it,
the holder of a code that has run out, or a worker whose inbox is full. Such a request is kept with no worker, is seen
by nobody, and expires like one that was left lying.

* `models`   the tables
* `asking`   whom a request is for, how often one may ask, and keeping it
* `answers`  how a request ends; blocking an actor
* `records`  requests as workers and actors read them
"""
