"""The taxonomy: skills, occupations and how they hang together, built in or imported.

* `graph`: the graph of them, and the market beside it; `names`: search over labels; `builtin`: what `graph/data` holds;
* `csv_source`, `esco`, `onet`, `regulation`, `importing`: the official ESCO download instead of the extract;
* `store`: imported versions in the database; `live`: a process follows the taxonomy and the market without a restart.
"""
