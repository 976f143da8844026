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
from rich.panel import Panel

from gateway.cli.failure import CommandError, check_port
from gateway.demo.actor import ActorClient
from gateway.demo.browser import Browser
from gateway.demo.processes import StartError
from gateway.demo.stage import Stage, set_stage
from gateway.demo.story import PURPOSE, Played, Story, graphiql_address

FOLDER = Path(".gigway/demo")


def add_parsers(commands: Any) -> None:
    """Add `demo`."""
    demo = commands.add_parser("demo", help="play the story against simulated platforms, then stay up")
    demo.add_argument("--once", action="store_true", help="play the story, one line a step, and end")
    demo.add_argument("--port", type=int, default=8700, help="the gateway's port (default: 8700)")
    demo.add_argument("--sandbox-port", type=int, default=8701, help="the sandbox's port (default: 8701)")
    demo.add_argument(
        "--folder", type=Path, default=FOLDER, help=f"where the demo keeps its database (default: {FOLDER})"
    )
    demo.set_defaults(run=_demo)


def _demo(options: argparse.Namespace) -> int:
    check_port("127.0.0.1", options.port, "--port")
    check_port("127.0.0.1", options.sandbox_port, "--sandbox-port")
    try:
        return asyncio.run(_run(options))
    except StartError as error:
        raise CommandError("DEMO_NOT_STARTED", str(error)) from None


async def _run(options: argparse.Namespace) -> int:
    console = Console(highlight=False)
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    started = time.monotonic()
    async with set_stage(options.folder.absolute(), port=options.port, sandbox_port=options.sandbox_port) as stage:
        if not options.once:
            console.print(f"Gigway and the simulated platforms are up ({time.monotonic() - started:.1f} s).\n")
        playing = asyncio.create_task(_play(stage, console, once=options.once))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not playing.done():
            playing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await playing
            return 130
        failed, addresses = playing.result()
        if options.once:
            return 1 if failed else 0
        console.print(
            Panel("\n".join(addresses), title="open in a browser", subtitle="Ctrl-C ends everything", expand=False)
        )
        await stop.wait()
        console.print("stopping")
    return 1 if failed else 0


async def _play(stage: Stage, console: Console, *, once: bool) -> tuple[int, list[str]]:
    failed, total = 0, 0
    async with (
        Browser() as browser,
        ActorClient(stage.issuer, stage.client_id, stage.client_secret, stage.redirect_uri) as actor,
    ):
        story = Story(stage, browser, actor)
        async for step in story.play():
            total += 1
            failed += not step.ok
            _show(console, step, once=once)
        console.print(f"{total - failed}/{total} steps ok")
        if once:
            return failed, []
        token = await actor.own_token(PURPOSE)
        url, _, _ = actor.ask(_next_request())
    return failed, [
        f"GraphiQL       {graphiql_address(stage, token, story.memory.worker)}",
        f"Worker's pages {stage.issuer}/me    (demo login: Alex Sandberg)",
        f"A new request  {url}",
        f"The sandbox    {stage.sandbox}/control",
    ]


def _next_request() -> dict[str, Any]:
    return {
        "type": "gig_data",
        "platforms": ["uber", "upwork"],
        "categories": ["engagements", "ratings", "skills"],
        "purpose": PURPOSE,
    }


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
