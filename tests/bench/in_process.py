"""A Strawberry subgraph in the same process: the CPU time of one fetch of ten entities. The bar is 0.5 ms.

python tests/bench/in_process.py
"""

from __future__ import annotations

import asyncio
import gc
import time

import strawberry
from strawberry.federation import Schema

from gateway.subgraph import SubgraphCall
from gateway.subgraphs import StrawberrySubgraph

FETCH = (
    "query ($representations: [_Any!]!) {{ _entities(representations: $representations) {{ ... on Book {{ {} }} }} }}"
)
REQUESTS = 500


@strawberry.federation.type(keys=["id"])
class Book:
    """An entity whose reference is resolved one by one, as Strawberry does it."""

    id: strawberry.ID
    title: str = "Momo"
    stars: int = strawberry.field(resolver=lambda root: 3 + len(root.id))

    @strawberry.field
    async def shelf(self) -> str:
        """Return what has to be waited for."""
        return "A"

    @classmethod
    async def resolve_reference(cls, id: strawberry.ID) -> Book:
        """Return the book of a representation."""
        return cls(id=id)


async def main() -> None:
    """Measure and print."""
    books = StrawberrySubgraph("books", Schema(types=[Book]))
    representations = [{"__typename": "Book", "id": str(number)} for number in range(10)]
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    for fields in ("title", "title stars", "id title stars", "title shelf"):
        call = SubgraphCall(document=FETCH.format(fields), variables={"representations": representations}, session=None)
        answer = await books.execute(call)
        if "errors" in answer or len(answer["data"]["_entities"]) != len(representations):
            raise RuntimeError(f"the subgraph answers wrongly: {answer}")
        begin = time.thread_time()
        for _ in range(REQUESTS):
            await books.execute(call)
        milliseconds = (time.thread_time() - begin) / REQUESTS * 1e3
        print(f"in process: ten entities, {{ {fields} }}: {milliseconds:.2f} ms (bar: 0.5 ms)")


if __name__ == "__main__":
    asyncio.run(main())
