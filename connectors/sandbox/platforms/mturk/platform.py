"""Mechanical Turk as two platforms of the sandbox: the worker site, and the requester's API."""

from starlette.routing import Route

from connectors.sandbox.platform import Platform
from connectors.sandbox.platforms.mturk.requester import MTurkEnvelope, RequesterApi
from connectors.sandbox.platforms.mturk.worker_site import WorkerSite
from connectors.sandbox.platforms.mturk.workers import ACCOUNTS, WORKERS, Tasks, worker_id
from connectors.sandbox.quota import Quota
from connectors.sandbox.world import World

__all__ = ["build_requester", "build_site"]


def build_site(world: World) -> Platform:
    """Return the worker site."""
    site = WorkerSite(Tasks(world))
    return Platform(
        name="mturk",
        title="Amazon Mechanical Turk",
        summary="The worker site, whose JSON a worker saves: forty-five days, twenty rows a page.",
        fidelity="OBSERVED",
        accounts=ACCOUNTS,
        routes=[
            Route("/signin", site.sign_in, methods=["GET", "POST"]),
            Route("/dashboard", site.dashboard),
            Route("/status_details/{day}", site.status_details),
            Route("/tasks", site.tasks),
        ],
        envelope=MTurkEnvelope(),
        oauth_paths=frozenset({"/signin"}),
        account_ids={login: {"worker_id": worker_id(world, worker)} for login, worker in WORKERS.items()},
    )


def build_requester(world: World) -> Platform:
    """Return the API of one requester."""
    return Platform(
        name="mturk_requester",
        title="Amazon Mechanical Turk (requester)",
        summary="A requester attests its workers' assignments: JSON 1.1, signed requests (SigV4), NextToken.",
        fidelity="DOCUMENTED",
        accounts=ACCOUNTS,
        routes=[Route("/", RequesterApi(world, Tasks(world)).serve, methods=["POST"])],
        envelope=MTurkEnvelope(),
        quota=Quota(limit=25, seconds=1, counted_by="address"),
        account_ids={login: {"worker_id": worker_id(world, worker)} for login, worker in WORKERS.items()},
    )
