"""Takeout: the worker's own export as a source, where a platform has no interface or beside it.

upload ─► unpack (bounded) ─► sealed at rest ─► read under a permit like any other source ─► deleted on unlinking

unpack   an uploaded archive or file → rows and documents
models   the table
store    exports at rest, one per account
"""

from connectors.takeout.store import TakeoutStore
from connectors.takeout.unpack import TakeoutError, Unpacked, unpack

__all__ = ["TakeoutError", "TakeoutStore", "Unpacked", "unpack"]
