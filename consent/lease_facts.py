"""Loads what `decide` needs for a batch of questions: a handful of statements however many questions there are."""

from __future__ import annotations

from collections.abc import Sequence

from consent.decision import GrantState, Question, SubjectFacts
from consent.lease_store import LeaseStore


def load_facts(store: LeaseStore, questions: Sequence[Question], *, past: bool) -> list[SubjectFacts]:
    """Return the facts of each question, read in `store`'s current transaction; with ended grants if `past`."""
    account_ids = {question.account_id for question in questions if question.account_id is not None}
    accounts = store.accounts(account_ids) if account_ids else {}
    subjects = [
        accounts[question.account_id].worker_id
        if question.account_id is not None and question.account_id in accounts
        else question.worker_id
        for question in questions
    ]
    actor_ids = {question.asker.actor_id for question in questions if question.asker.actor_id is not None}
    worker_ids = {worker_id for worker_id in subjects if worker_id is not None}
    workers = store.live_workers(worker_ids) if worker_ids else set()
    actors: set[str] = set()
    closed: set[str] = set()
    live: dict[tuple[str, str], list[GrantState]] = {}
    ended: dict[tuple[str, str], list[GrantState]] = {}
    if actor_ids and workers:
        actors = store.live_actors(actor_ids)
        live = store.grants(workers, actor_ids, live=True)
        if past:
            ended = store.grants(workers, actor_ids, live=False)
        clients = {question.asker.client_id for question in questions if question.asker.client_id is not None}
        clients |= {grant.terms.client_id for grants in live.values() for grant in grants}
        closed = store.closed_clients(clients)
    facts: list[SubjectFacts] = []
    for question, worker_id in zip(questions, subjects, strict=True):
        asker = question.asker
        account = accounts.get(question.account_id) if question.account_id is not None else None
        pair = (worker_id or "", asker.actor_id or "")
        unknown = question.account_id is not None and account is None
        facts.append(
            SubjectFacts(
                worker_id=None if unknown else worker_id,
                worker_live=worker_id in workers,
                account_platform=account.platform if account is not None else None,
                account_open=account is not None and account.open,
                platform_open=account is not None and account.platform_open,
                asker_open=asker.actor_id in actors and asker.client_id not in closed,
                closed_clients=frozenset(closed),
                grants=live.get(pair, ()),
                past=ended.get(pair, ()),
            )
        )
    return facts
