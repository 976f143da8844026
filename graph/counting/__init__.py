"""Numbers about many workers that tell of nobody: which skills they lack near open work, and what they earn an hour.

```
grant of `statistics` ─► publisher, monthly ─► engine, under the grant's lease ─► Worker.contribution ─► contributions
                                                                                                           │ publication
                                                        Query.skillGaps ◄── releases, frozen ◄─────────────┘
```
* `contribution`: what one worker adds to a count, `earned`: what they earn; `counted`: since when it is as it is;
* `publication`: the rule by which counts are told, `pay_publication`: that for pay; both pure;
* `tables`: contributions and releases, encrypted; `releases`: reading and writing them; `publisher`: the monthly work;
* `pay`: what openings pay for a skill, which needs nobody's consent.
"""
