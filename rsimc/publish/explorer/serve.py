"""The explorer's page, served on this machine's loopback: to browsers here, whoever uses them, and no others."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import marimo
import uvicorn

from rsimc.analysis.explore.bench import Bench
from rsimc.errors import UsageError
from rsimc.publish.explorer.widget import Explorer, begin

HOST = "127.0.0.1"
UNFRAMED = ((b"x-frame-options", b"DENY"), (b"content-security-policy", b"frame-ancestors 'none'"))
Scope = MutableMapping[str, Any]
App = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]
_opened: list[tuple[Bench, dict[str, Any]]] = []
"""What this process serves. marimo runs a page's cells in a module of their own, which can be handed nothing else."""


def widget() -> Explorer:
    """A widget of its own for a page, over the bench that all pages share. Raises RsimcError where none was opened."""
    if not _opened:
        raise UsageError("explorer", "a run or a scenario that is open", "none", "start it with rsimc explore")
    return Explorer(*_opened[0])


def serve(bench: Bench, name: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve the explorer of a bench until it is interrupted. ready: told the address once the programs are compiled.

    port: 0 for any that is free. Raises UsageError where the port is taken.
    """
    _opened[:] = [(bench, begin(bench, name))]
    with _bound(port) as bound:
        app = marimo.create_asgi_app(quiet=True, include_code=False)
        served = app.with_app(path="", root=str(Path(__file__).with_name("app.py"))).build()
        ready(f"http://{HOST}:{bound.getsockname()[1]}/")
        server = uvicorn.Server(uvicorn.Config(own_pages_only(served), log_level="error", timeout_graceful_shutdown=1))
        server.run(sockets=[bound])


def _bound(port: int) -> socket.socket:
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((HOST, port))
        found.listen()  # before the address is told: who comes early waits
    except OSError as error:
        found.close()
        reason = (error.strerror or str(error)).lower()
        raise UsageError("--port", "a port that is free", f"{port}: {reason}", "0 takes any") from error
    return found


def own_pages_only(app: App) -> App:
    """An app that answers only its own pages: a foreign page in the same browser must neither read nor steer it.

    A page of another origin says so in `Origin`; one that has its name point to this machine says so in `Host`; that it
    must not be framed is told to the browser.
    """

    async def guarded(
        scope: Scope, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        if scope["type"] in ("http", "websocket") and not _own(scope):
            await _refused(scope, receive, send)
            return

        async def alone(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), *UNFRAMED]}
            await send(message)

        await app(scope, receive, alone)

    return guarded


def _own(scope: Scope) -> bool:
    headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
    host = headers.get("host", "")
    name = host.rpartition(":")[0] or host
    return name in (HOST, "localhost") and headers.get("origin", f"http://{host}") == f"http://{host}"


async def _refused(scope: Scope, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"rsimc explore answers its own pages only\n"})
