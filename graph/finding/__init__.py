"""Being found: what is kept of workers who granted `matching`, who is found by it, and what was shown.

```
grant given ─► refresher ─► engine, under the grant's lease ─► Worker.matchingProfile ─► vectors (encrypted)
                                                                                            │ changes
actor asks ─► Opportunity.candidates ─► pools (in memory, in step) ─► leases of those shown ─► rankings (the log)
grant ends ─► triggers: the vector, and what the log keeps of it, go in the same transaction
```
In reading order:

* `consents`: what is asked of consent, as protocols; `tables`, `triggers`: what is kept, and what takes it away;
* `vectors`: one worker's profile for one grant, encrypted; `wishes`, `book`: what workers want;
* `pools`: the index of one actor and purpose, brought in step with the database before each ranking; `opening`: the
  first time, for very many;
* `candidates`: the search itself; `rankings`: its log, and replaying an entry; `refresher`: the work in the background.
"""
