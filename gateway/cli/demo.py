"""`gigway demo`: the story, and then a Gigway to play with."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from gateway.cli.failure import CommandError, check_port
from gateway.demo.actor import ActorClient, ActorError
from gateway.demo.actor_site import ActorSite, serve_site
from gateway.demo.browser import Browser, BrowserError
from gateway.demo.processes import EndedError, StartError
from gateway.demo.stage import ACTOR_NAME, Stage, set_stage
from gateway.demo.story import FIRST_LOOK, DifferentError, Played, Story, graphiql_address, request_for_a_month

FOLDER = Path(".gigway/demo")


def add_parsers(commands: Any) -> None:
    """Add `demo`."""
    demo = commands.add_parser("demo", help="play the story against simulated platforms, then stay up")
    demo.add_argument("--once", action="store_true", help="play the story, one line a step, and end")
    demo.add_argument("--port", type=int, default=8700, help="the gateway's port (default: 8700)")
    demo.add_argument("--sandbox-port", type=int, default=8701, help="the sandbox's port (default: 8701)")
    demo.add_argument("--actor-port", type=int, default=8702, help="the fictional actor's port (default: 8702)")
    demo.add_argument(
        "--folder", type=Path, default=FOLDER, help=f"where the demo keeps its database (default: {FOLDER})"
    )
    demo.set_defaults(run=_demo)


def _demo(options: argparse.Namespace) -> int:
    check_port("127.0.0.1", options.port, "--port")
    check_port("127.0.0.1", options.sandbox_port, "--sandbox-port")
    check_port("127.0.0.1", options.actor_port, "--actor-port")
    try:
        return asyncio.run(_run(options))
    except StartError as error:
        raise CommandError("DEMO_NOT_STARTED", str(error)) from None
    except EndedError as error:
        raise CommandError("DEMO_BROKEN", f"{error}\nStart it again with `gigway demo`.") from None


async def _run(options: argparse.Namespace) -> int:
    console = Console(highlight=False)
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    started = time.monotonic()
    ports = {"port": options.port, "sandbox_port": options.sandbox_port, "actor_port": options.actor_port}
    async with (
        set_stage(options.folder.absolute(), **ports) as stage,
        Browser() as browser,
        ActorClient(stage.issuer, stage.client_id, stage.client_secret, stage.redirect_uri) as actor,
    ):
        story = Story(stage, browser, actor)
        if not options.once:
            console.print(f"Gigway and the simulated platforms are up ({time.monotonic() - started:.1f} s).\n")
        playing = asyncio.create_task(_play(story, console, once=options.once))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not playing.done():
            playing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await playing
            return 130
        failed = playing.result()
        if not options.once:
            await _stay(stage, story, actor, console, stop, options.actor_port)
    return 1 if failed else 0


async def _play(story: Story, console: Console, *, once: bool) -> int:
    failed, total = 0, 0
    async for step in story.play():
        total += 1
        failed += not step.ok
        _show(console, step, once=once)
    console.print(f"{total - failed}/{total} steps ok")
    return failed


async def _stay(
    stage: Stage, story: Story, actor: ActorClient, console: Console, stop: asyncio.Event, actor_port: int
) -> None:
    with contextlib.suppress(DifferentError, BrowserError, ActorError):
        await story.grant_again()
    site = ActorSite(ACTOR_NAME, actor, request_for_a_month(), FIRST_LOOK)
    async with serve_site(site, actor_port):
        places = {
            "GraphiQL, with a token": graphiql_address(stage, story.memory.grant_token, story.memory.worker),
            "the worker's pages (demo login: Alex Sandberg)": f"{stage.issuer}/me",
            "the console (demo login: Olivia Nyberg, an operator, or Noor Lindqvist, of the fictional actor)": (
                f"{stage.issuer}/console"
            ),
            "the fictional actor's site": f"http://127.0.0.1:{actor_port}/",
            "the sandbox's control page": f"{stage.sandbox}/control",
        }
        console.print("\nOpen in a browser:")
        for what, address in places.items():
            console.print(f"  [bold]{escape(what)}[/]\n    {escape(address)}", soft_wrap=True)
        console.print("\nCtrl-C ends everything.")
        await _until_stopped(stage, stop)
        console.print("stopping")


async def _until_stopped(stage: Stage, stop: asyncio.Event) -> None:
    """Wait for Ctrl-C. Raises `EndedError` when one of the processes is gone before."""
    waiting = [asyncio.create_task(each) for each in (stop.wait(), *(process.stay() for process in stage.processes))]
    done, others = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for each in others:
        each.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for each in done:
        each.result()


def _show(console: Console, step: Played, *, once: bool) -> None:
    mark = "ok" if step.ok else "FAILED"
    if once:
        console.print(f"{mark} {step.number} {escape(step.title)}: {escape(step.seen)}", soft_wrap=True)
        return
    style = "green" if step.ok else "bold red"
    console.print(f"[{style}]{mark:>6}[/] [bold]{step.number}. {escape(step.title)}[/]")
    console.print(f"         {escape(step.seen)}")
    for line in step.details:
        console.print(f"         [dim]{escape(line)}[/]")
