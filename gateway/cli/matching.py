"""`gigway matching`: the log of rankings, replaying an entry, and the audit of whether groups are shown in proportion.

What these commands read of workers they read under leases, like an answer to the actor that the rankings are for; the
workers' access logs say so. Whoever's grant has ended is not in it.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from consent.columns import utc_now
from consent.grants.standing import StandingConsents
from consent.leases.decision import Asker
from consent.leases.keeper import LeaseKeeper
from consent.leases.permit import Disclosure
from consent.leases.search_permit import SearchPermit
from consent.models import new_id
from gateway.cli.failure import CommandError
from gateway.cli.feeds import with_published_market
from gateway.config import load_settings
from gateway.server.session import RequestSession
from gateway.storage.database import create_database_engine
from gateway.storage.key_watch import KeyWatch
from gateway.storage.lasting_keys import open_lasting_keys
from gateway.storage.migrate import migrate
from gateway.storage.sealer import PairwiseSealer
from gateway.storage.vault import Vault
from graph.counting.aggregates import K
from graph.errors import GraphError
from graph.finding.pools import Pools
from graph.finding.rankings import RankingLog
from graph.finding.vectors import VectorStore
from graph.matching.fairness import TOP, Audit, audit
from graph.matching.worker_index import WorkerIndex
from graph.taxonomy.graph import SkillGraph
from graph.taxonomy.importing import live_graph

MATCHING = "matching"
AUDIT_LIMITS = """
What this cannot tell:
- Rankings read no attribute of a person; the groups are those of the file, and go into this report alone.
- Who did not let this actor find them is not in the pool, and may differ from those who did.
- It tells how much groups are shown, not why: they may do other work, live elsewhere, or have less of their work on
  record. Nor does it tell who was asked, hired or paid.
- A ratio says little where chance is not small: that is how often as many workers drawn at random are shown as little.\
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    database: Engine
    graph: SkillGraph
    consents: StandingConsents
    pools: Pools
    rankings: RankingLog
    sealer: PairwiseSealer


def add_parsers(commands: Any) -> None:
    """Add `matching`."""
    matching = commands.add_parser("matching", help="rankings of workers: log, replay, fairness").add_subparsers(
        dest="matching", metavar="WHAT", required=True
    )
    logged = matching.add_parser("log", help="list the last rankings")
    logged.add_argument("--limit", type=int, default=20, metavar="N", help="how many (20)")
    logged.set_defaults(run=_log)
    replay = matching.add_parser("replay", help="work a ranking out again from its entry in the log")
    replay.add_argument("entry", metavar="ENTRY", help="the entry's id: `ranking` in the answer")
    replay.set_defaults(run=_replay)
    auditing = matching.add_parser("audit", help="compare how much groups of workers are shown with their share")
    auditing.add_argument("groups", type=Path, metavar="GROUPS", help="CSV with the columns worker and group")
    auditing.add_argument("--actor", required=True, metavar="ID", help="the actor whose rankings are audited")
    auditing.add_argument("--purpose", default="job_matching", help="the purpose of the rankings (job_matching)")
    auditing.add_argument("--top", type=int, default=TOP, metavar="N", help=f"places that are looked at ({TOP})")
    auditing.set_defaults(run=_audit)


def _log(options: argparse.Namespace) -> int:
    with _opened() as opened:
        for entry, at, actor, purpose, opportunity, shown in opened.rankings.recent(limit=options.limit):
            print(f"{entry}  {at:%Y-%m-%d %H:%M:%S}  {actor}  {purpose}  {opportunity}  {shown} shown")
    return 0


def _replay(options: argparse.Namespace) -> int:
    with _opened() as opened:
        try:
            replay = opened.rankings.replay(options.entry)
        except GraphError as error:
            raise CommandError(error.code, str(error)) from None
        entry = replay.entry
        standing = {each.grant_id: opened.consents.standing(each.grant_id) for each in entry.shown}
        let_in = _admitted(
            opened,
            [(each, grant.worker_id) for each, grant in standing.items() if grant is not None],
            actor_id=entry.actor_id,
            purpose=entry.purpose,
            note="ranking replay",
        )
    print(f"opportunity  {entry.opportunity.id}: {entry.opportunity.title}")
    print(f"asked        {entry.at:%Y-%m-%d %H:%M:%S} by {entry.actor_id} for {entry.purpose}")
    print(f"model        {entry.model}, taxonomy {entry.taxonomy}, pool version {entry.pool_version}")
    for each in entry.shown:
        if each.grant_id in let_in:
            verdict = "differs" if each.grant_id in replay.differing else "same"
            print(f"{each.place:>4}  {each.score:.6f}  {verdict}  grant {each.grant_id}  inputs {each.digest[:12]}")
    gone = entry.count - len(entry.shown)
    if gone:
        print(f"{gone} of {entry.count} are not in the log any more: their grants have ended")
    print("reproduced" if replay.is_same else "NOT reproduced")
    return 0 if replay.is_same else 1


def _audit(options: argparse.Namespace) -> int:
    named = _read_groups(options.groups)
    with _opened() as opened:
        pool = opened.pools.of(options.actor, options.purpose)
        entries = dict(pool.items(now=utc_now()))
        if not entries:
            raise CommandError("MATCHING_POOL_EMPTY", "Nobody lets this actor find them for this purpose.")
        session = RequestSession(request_id=new_id(), kind="actor", actor_id=options.actor, purpose=options.purpose)
        group_of = {opened.sealer.unseal(key, session) if key.startswith("gw") else key: g for key, g in named.items()}
        let_in = _admitted(
            opened,
            [(grant_id, entry.worker_id) for grant_id, entry in entries.items()],
            actor_id=options.actor,
            purpose=options.purpose,
            note="fairness audit",
        )
        graph = with_published_market(opened.database, opened.graph)
        index = WorkerIndex(graph)
        index.put((grant_id, entries[grant_id].profile) for grant_id in sorted(let_in))
        groups = {each: group_of[entries[each].worker_id] for each in let_in if entries[each].worker_id in group_of}
        now = utc_now()
        offered = [each for each in graph.opportunities.values() if each.is_open(now)]
        try:
            report = audit(index, offered, groups, top=options.top)
        except GraphError as error:
            raise CommandError(error.code, str(error)) from None
    _print_audit(report, workers=len(let_in), unnamed=len(let_in) - len(groups), top=options.top)
    unknown = len(named) - len(groups)
    if unknown:
        print(f"{unknown} of {len(named)} lines name nobody whom this actor can find", file=sys.stderr)
    return 0


def _print_audit(report: Audit, *, workers: int, unnamed: int, top: int) -> None:
    print(f"{workers} workers, {report.opportunities} open opportunities, first {top} places")
    print(f"{'group':<24}{'share of pool':>14}{'exposure':>10}{'ratio':>8}{'chance':>9}")
    for each in report.groups:
        flag = "  below four fifths" if each.is_flagged else ""
        numbers = f"{each.share_of_pool:>14.3f}{each.exposure:>10.3f}{each.ratio:>8.2f}{each.chance:>9.3f}"
        print(f"{each.group[:23]:<24}{numbers}{flag}")
    if report.left_out:
        many = f"{report.left_out}" if report.left_out >= K else f"fewer than {K}"
        print(f"left out: {many} workers, whose groups have fewer than {K} members and are not told")
    if unnamed:
        print(f"ranked but not counted: {unnamed} workers whom the file gives no group")
    print(AUDIT_LIMITS)


def _admitted(
    opened: _Opened, asked: Sequence[tuple[str, str]], *, actor_id: str, purpose: str, note: str
) -> frozenset[str]:
    """Lease and log each (grant, worker) like an answer to the actor; return the grants that were let in."""
    if not asked:
        return frozenset()
    grant = opened.consents.standing(asked[0][0])
    leases = LeaseKeeper(opened.database)
    leases.start()

    async def admit() -> frozenset[str]:
        asker = Asker(
            kind="actor",
            actor_id=actor_id,
            client_id=grant.client_id if grant is not None else None,
            purpose=purpose,
            request_id=new_id(),
            token_ref=note,
        )
        permit = SearchPermit(leases, asker=asker, category=MATCHING)
        let_in = await permit.admit(asked)
        await leases.release([Disclosure(permit=each, records={MATCHING: 1}) for each in permit.members])
        await leases.acknowledge(await permit.close())
        return frozenset(grant_id for (grant_id, _), is_in in zip(asked, let_in, strict=True) if is_in)

    try:
        return asyncio.run(admit())
    finally:
        leases.close()


def _read_groups(path: Path) -> dict[str, str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not {"worker", "group"} <= set(reader.fieldnames or ()):
                raise CommandError("GROUPS_INVALID", f"{path}: the first line must name the columns worker and group.")
            found: dict[str, str] = {}
            for row in reader:
                worker, group = (row["worker"] or "").strip(), (row["group"] or "").strip()
                if not worker or not group:
                    raise CommandError("GROUPS_INVALID", f"{path}, line {reader.line_num}: worker or group is missing.")
                if found.setdefault(worker, group) != group:
                    raise CommandError("GROUPS_INVALID", f"{path}, line {reader.line_num}: the worker has two groups.")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandError("GROUPS_UNREADABLE", f"{path} cannot be read: {error}") from None
    return found


@contextmanager
def _opened() -> Iterator[_Opened]:
    settings = load_settings(os.environ)
    database, vault = create_database_engine(settings.database_url), Vault(settings.keyring)
    try:
        migrate(database)
        graph, consents = live_graph(database), StandingConsents(database)
        yield _Opened(
            database=database,
            graph=graph,
            consents=consents,
            pools=Pools(lambda: graph, VectorStore(database, vault, consents), utc_now),
            rankings=RankingLog(database, vault),
            sealer=PairwiseSealer(KeyWatch(database, vault, open_lasting_keys(database, vault))),
        )
    finally:
        database.dispose()
