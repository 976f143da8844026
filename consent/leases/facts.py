"""Loads what `decide` needs for a batch of questions: a handful of statements however many questions there are.

They are read in the transaction of the decision; which decisions serve again, and when, is for `rulings.py` to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from consent.leases.decision import Question, SubjectFacts
from consent.leases.store import FactKeys, LeaseStore


def fact_keys(questions: Iterable[Question]) -> FactKeys:
    """Return whom `questions` are about and who asks them."""
    accounts, workers, actors, clients = set[str | None](), set[str | None](), set[str | None](), set[str | None]()
    for each in questions:
        accounts.add(each.account_id)
        workers.add(each.worker_id)
        actors.add(each.asker.actor_id)
        clients.add(each.asker.client_id)
    return FactKeys(accounts=_named(accounts), workers=_named(workers), actors=_named(actors), clients=_named(clients))


def _named(names: Iterable[str | None]) -> frozenset[str]:
    return frozenset(name for name in names if name is not None)


def load_facts(store: LeaseStore, questions: Sequence[Question], *, past: bool) -> list[SubjectFacts]:
    """Return the facts of each question, read in `store`'s current transaction; with ended grants if `past`."""
    keys = fact_keys(questions)
    found = store.facts(keys)
    accounts, live, shut = found.accounts, found.grants, found.closed
    subjects = [
        accounts[question.account_id].worker_id
        if question.account_id is not None and question.account_id in accounts
        else question.worker_id
        for question in questions
    ]
    worker_ids = {worker_id for worker_id in subjects if worker_id is not None}
    ended = store.ended_grants(worker_ids, keys.actors) if past and worker_ids and keys.actors else {}
    facts: list[SubjectFacts] = []
    for question, worker_id in zip(questions, subjects, strict=True):
        asker = question.asker
        account = accounts.get(question.account_id) if question.account_id is not None else None
        unknown = question.account_id is not None and account is None
        facts.append(
            SubjectFacts(
                worker_id=None if unknown else worker_id,
                worker_live=worker_id in live,
                account_platform=account.platform if account is not None else None,
                account_open=account is not None and account.open,
                platform_open=account is not None and account.platform_open,
                asker_open=asker.actor_id in found.actors and asker.client_id not in shut,
                closed_clients=shut,
                grants=live.get(worker_id or "", ()),
                past=ended.get(worker_id or "", ()),
            )
        )
    return facts
