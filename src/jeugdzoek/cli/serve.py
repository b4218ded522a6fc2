"""``jeugdzoek serve``: a search page and API over HTTP."""

from __future__ import annotations

import socket
from pathlib import Path

import click

from jeugdzoek.cli.options import index_option, thesaurus_option
from jeugdzoek.cli.output import print_json, say
from jeugdzoek.errors import JeugdzoekError, MissingExtraError
from jeugdzoek.opening import open as open_index
from jeugdzoek.server.app import create_app


@click.command()
@index_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option("--allow-origin", multiple=True, help="Origin whose pages may use the API; may be given again.")
@thesaurus_option
@click.option("--json", "as_json", is_flag=True, help="Print the address as JSON once it listens.")
def serve(
    index_dir: Path, host: str, port: int, allow_origin: tuple[str, ...], thesaurus: Path | None, as_json: bool
) -> None:
    """Serve a search page (/zoek), an API (/api/v1/search) and the search box for other pages.

    Shows public reports only. Put a proxy with TLS and request limits in front of it.
    """
    try:
        import uvicorn
    except ImportError:
        raise MissingExtraError("serve", "the HTTP service") from None
    with open_index(index_dir, thesaurus=thesaurus) as index:
        app = create_app(index, allow_origins=allow_origin)
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
        listening = _listen(host, port)
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listening.getsockname()[1]}/zoek"
        if as_json:
            print_json({"url": address})
        else:
            say(f"searching {index_dir} at {address} (stop with Ctrl-C)")
        try:
            uvicorn.Server(config).run(sockets=[listening])
        except KeyboardInterrupt:
            say("stopped")


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        cause = str(error.strerror).split(" (", 1)[0]  # create_server repeats the address in brackets
        reason = f"cannot listen on {host} port {port}: {cause}; name another --host or --port"
        raise JeugdzoekError(reason) from None
