"""SQLite as the books speak it: a statement is compiled once for all databases that a process opens.

SQLAlchemy keeps for each engine anew what it compiled, and to compile a statement takes longer than to run it. A
process opens its registry more than once, and a test run opens thousands.
"""

from sqlalchemy import util
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

NAME = "sqlite+tomma"
COMPILED = util.LRUCache[object, object](1_000)
"""More than all stores ask for together; what is too many goes, the longest unused first."""


class OneSqlite(SQLiteDialect_pysqlite):
    """Equal to every other of its kind: SQLite is part of this process, so what one compiled holds for all."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))


registry.register("sqlite.tomma", __name__, OneSqlite.__name__)
