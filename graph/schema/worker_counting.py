"""What a worker adds to numbers about many, for ourselves alone: nobody is told anything of one worker."""

from __future__ import annotations

import asyncio
from typing import Any

from graph.counting.contribution import Contribution, pay_to_bytes
from graph.counting.earned import earned, read_paid_work
from graph.schema.catalogue_types import Info
from graph.schema.scalars import finding_of, graph_of, services_of, session_of
from graph.schema.worker_evidence import holding_of


async def resolve_contribution(root: Any, info: Info) -> str | None:
    """Write down which skills they lack near open work, and in which region."""
    finding, session, graph = finding_of(info), session_of(info), graph_of(info)
    if finding is None or not session.counting:
        return None
    now = services_of(info).clock()

    def work_out() -> str:
        offered = [each for each in graph.opportunities.values() if each.is_open(now)]
        return Contribution.of(holding_of(root, info), finding.wishes.of(root.id).place, offered).to_bytes().decode()

    return await asyncio.to_thread(work_out)


async def resolve_pay_contribution(root: Any, info: Info) -> str | None:
    """Write down what they earn an hour, by skill and currency."""
    graph = graph_of(info)
    if not session_of(info).counting:
        return None
    return await asyncio.to_thread(lambda: pay_to_bytes(earned(graph, read_paid_work(root.given))).decode())
