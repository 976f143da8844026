"""The skill graph: what gigs prove, what is missing for something better, and how to get there.

```
accounts' evidence ─facts─► SkillFact ─evidence─► Holding ─┬─ planning ──► plans to a goal
                                                           └─ matching ──► opportunities, ranked
taxonomy (skills, occupations) ─────────────────────────────┤
providers' feeds ─market─► training, opportunities ────────┘
```
In reading order; each uses only what stands before it:

* `model`: the nouns; `errors`: refusals; `pages`: cursors; `data/`: what is built in;
* `taxonomy/`: skills and occupations, built in or imported;
* `wording/`: explanations in the reader's language;
* `linking/`: texts to skills; `evidence/`: how well skills are held, and why we think so;
* `market/`: training, opportunities and demand, from providers' feeds;
* `matching/`: opportunities for a worker and the other way round; `pathways/`: plans to a goal;
* `finding/`: workers who let an actor find them, and the log of rankings; `counting/`: numbers about many;
* `schema/`, `subgraph`: the GraphQL schema.

Of a worker nothing is kept but what `finding` and `counting` keep, encrypted, under the worker's grant of just that.
"""
