"""The skill graph: what gigs prove, what is missing for something better, and how to get there.

```
accounts' evidence ─facts─► SkillFact ─evidence─► Holding ─┬─ planning ──► plans to a goal
                                                           └─ matching ──► opportunities, ranked
taxonomy (skills, occupations) ─────────────────────────────┤
providers' feeds ─market─► training, opportunities ────────┘
```
In reading order:

* `model`: the nouns; `taxonomy`: the graph of them; `names`: search over labels; `builtin`, `data/`: what is built in;
* `csv_source`, `esco`, `onet`, `regulation`, `store`, `taxonomy_import`: the ESCO download instead of the extract;
* `market_source`, `market_words`, `market`: what providers publish becomes training and opportunities;
* `live`: a process follows the taxonomy and the market;
* `facts`: evidence as it arrives; `relevance`: which skills a fact speaks for; `evidence`: how well they are held;
* `linking/`: texts to skills;
* `cover`: which programmes; `pathways`: which jobs on the way; `plans`, `planning`, `planning_text`: the
  plan with its reasons;
* `gazetteer`, `preferences`, `profile`, `terms`: what both sides want beyond skills, and all that matching reads;
* `similarity`, `matching`, `worker_index`, `fairness`: opportunities for a worker and the other way round; an audit;
* `finding/`: workers who let an actor find them, and the log of rankings; `counting/`: numbers about many;
* `demand`, `forecast`, `aggregates`: what is asked for and what comes;
* `pathway_picture`, `profile_export`: a plan as a picture, skills as a document;
* `evidence_text`, `matching_text`: the words of explanations; `pages`: cursors; `errors`: refusals;
* `scalars`, `connection`, `catalogue_types`, `market_types`, `demand_types`, `counting_types`, `catalogue_queries`,
  `pathway_types`, `match_types`, `candidate_types`, `worker_evidence`, `worker_types`, `subgraph`: the GraphQL schema.

Of a worker nothing is kept but what `finding` and `counting` keep, encrypted, under the worker's grant of just that.
"""
