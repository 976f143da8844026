"""Storage: the one database, its migrations, and the keys that protect what is in it.

`database` makes the engine (SQLite in WAL mode, or PostgreSQL) and brings the schema up to date;
`idle_connections` tells which connections of its pool are still ones;
`migrations/` is the one Alembic history of all packages' tables;
`keyring` holds the master keys, `vault` encrypts secrets at rest, `sealer` makes ids pairwise;
`lasting_keys` are kept in the database so that they outlast master keys, `key_versions` replaces them and `key_watch`
is what a running process knows of them; `rotation` brings everything that is
sealed (`sealed.py` lists it) under a new master key.
"""
