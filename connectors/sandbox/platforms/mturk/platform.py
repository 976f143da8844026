"""Mechanical Turk as a platform of the sandbox: the requester's API and the worker site."""

from starlette.routing import Route

from connectors.sandbox.platform import Platform
from connectors.sandbox.platforms.mturk.requester import MTurkEnvelope, RequesterApi
from connectors.sandbox.platforms.mturk.worker_site import WorkerSite
from connectors.sandbox.platforms.mturk.workers import ACCOUNTS, WORKERS, Tasks, worker_id
from connectors.sandbox.quota import Quota
from connectors.sandbox.world import World

__all__ = ["build"]


def build(world: World) -> Platform:
    """Return Amazon Mechanical Turk."""
    tasks = Tasks(world)
    site = WorkerSite(tasks)
    return Platform(
        name="mturk",
        title="Amazon Mechanical Turk",
        summary="A requester attests its workers' assignments (SigV4); the worker site's JSON beside it.",
        fidelity="DOCUMENTED",
        accounts=ACCOUNTS,
        routes=[
            Route("/", RequesterApi(world, tasks).serve, methods=["POST"]),
            Route("/signin", site.sign_in, methods=["GET", "POST"]),
            Route("/dashboard", site.dashboard),
            Route("/status_details/{day}", site.status_details),
            Route("/tasks", site.tasks),
        ],
        envelope=MTurkEnvelope(),
        quota=Quota(limit=25, seconds=1, counted_by="address"),
        oauth_paths=frozenset({"/signin"}),
        account_ids={login: {"worker_id": worker_id(world, worker)} for login, worker in WORKERS.items()},
    )
