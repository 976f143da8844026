"""Numbers about many workers that tell of nobody: which skills people lack near the work that is open.

```
grant of `statistics` ─► publisher, monthly ─► engine, under the grant's lease ─► Worker.contribution ─► contributions
                                                                                                           │ publication
                                                        Query.skillGaps ◄── releases, frozen ◄─────────────┘
```
* `contribution`: what one worker adds to a count; `publication`: the rule by which numbers are told, pure;
* `tables`: contributions and releases, encrypted; `releases`: reading and writing them; `publisher`: the monthly work;
* `pay`: what openings pay for a skill, which needs nobody's consent.
"""
