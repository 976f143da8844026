"""Where personas download their exports: `/takeout` lists them, `/takeout/<export>/<login>` is the file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.pages import render
from connectors.sandbox.people import SandboxAccount
from connectors.sandbox.platforms.mturk.workers import ACCOUNTS as MTURK_WORKERS
from connectors.sandbox.platforms.uber.drivers import ACCOUNTS as UBER_DRIVERS
from connectors.sandbox.takeout import couriers, mturk, uber_driver
from connectors.sandbox.world import World

__all__ = ["EXPORTS", "Export", "takeout_routes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A kind of export and who can download one."""

    name: str
    title: str
    accounts: Sequence[SandboxAccount]
    pack: Callable[[World, str], bytes]


EXPORTS = (
    Export(
        name="uber-driver",
        title="Uber driver, self-service download",
        accounts=UBER_DRIVERS,
        pack=uber_driver.self_service,
    ),
    Export(
        name="uber-driver-on-request",
        title="Uber driver, sent on request",
        accounts=UBER_DRIVERS,
        pack=uber_driver.on_request,
    ),
    Export(name="uber-eats", title="Uber Eats courier", accounts=couriers.COURIERS, pack=couriers.uber_eats),
    Export(name="doordash", title="DoorDash dasher", accounts=couriers.COURIERS, pack=couriers.doordash),
    Export(name="wolt", title="Wolt courier", accounts=couriers.COURIERS, pack=couriers.wolt),
    Export(name="mturk", title="Mechanical Turk worker site", accounts=MTURK_WORKERS, pack=mturk.worker_site),
)


def takeout_routes(world: World) -> list[Route]:
    """Return the routes of the page and the downloads."""
    by_name = {export.name: export for export in EXPORTS}

    async def page(request: Request) -> Response:
        return render("takeout.html", exports=EXPORTS)

    async def download(request: Request) -> Response:
        export, login = by_name.get(request.path_params["name"]), request.path_params["login"]
        if export is None or login not in {account.login for account in export.accounts}:
            return render("problem.html", status=404, title="The download", message="There is no such export.")
        headers = {
            "Content-Disposition": f'attachment; filename="{export.name}.zip"',
            "X-Sandbox-Fidelity": "TAKEOUT",
        }
        return Response(export.pack(world, login), media_type="application/zip", headers=headers)

    return [Route("/takeout", page), Route("/takeout/{name}/{login}", download)]
