"""The server of the live page: on this machine only, for who knows the address.

Three things keep others out: it listens on the loopback interface, its address has a
random part, and it answers only where ``Host`` is its own, so that no name of another
site can stand for it. What changes anything needs ``Origin`` to be its own as well.
"""

import json
import secrets
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sklearn_bayes_search.report._live._board import JournalBoard
from sklearn_bayes_search.report._live._view import View
from sklearn_bayes_search.report._page import environment_of_pages
from sklearn_bayes_search.report._text import number
from sklearn_bayes_search.results._short_text import name_ends

HOST = "127.0.0.1"
FILES = {
    "": ("_live/live.html", "text/html"),
    "live.js": ("_live/live.js", "text/javascript"),
    "live.css": ("_live/live.css", "text/css"),
    "charts.js": ("charts.js", "text/javascript"),
    "page.css": ("page.css", "text/css"),
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def serve_journals(paths: Sequence[Path], port: int = 0) -> "LiveServer":
    """Serve a page on journals; refuse what is none."""
    views = [View(JournalBoard(path), shares_process=False) for path in paths]
    server = LiveServer(views, port)
    # a long journal is read while the browser loads the page
    threading.Thread(target=server.state, args=("",), daemon=True).start()
    return server


class LiveServer:
    """Serves ``views``, until it is closed."""

    def __init__(self, views: list[View], port: int = 0) -> None:
        try:
            import jinja2  # noqa: F401
            from plotly.offline import get_plotlyjs
        except ImportError as error:
            raise ImportError(
                "A live page needs plotly and jinja2. Install them with "
                'pip install "sklearn-bayes-search[report]".'
            ) from error
        self.views = views
        template = (
            files("sklearn_bayes_search.report") / "_live/sections.html"
        ).read_text(encoding="utf-8")
        self._template = environment_of_pages().from_string(template)
        self._plotly: Callable[[], str] = get_plotlyjs
        self.token = secrets.token_urlsafe(18)
        self._http = ThreadingHTTPServer((HOST, port), _handler(self))
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]
        self.origin = f"http://{HOST}:{self.port}"
        self.address = f"{self.origin}/{self.token}/"
        self._thread = threading.Thread(
            target=self._http.serve_forever,
            kwargs={"poll_interval": 0.1},
            daemon=True,
            name="live page server",
        )
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._http.shutdown()
        self._http.server_close()

    def file(self, name: str) -> tuple[bytes, str] | None:
        """Return a file of the page and its type, None if there is none."""
        if name == "plotly.js":
            return self._plotly().encode(), "text/javascript"
        if name not in FILES:
            return None
        path, kind = FILES[name]
        return (files("sklearn_bayes_search.report") / path).read_bytes(), kind

    def state(self, known: str) -> bytes:
        """Return what the page shows as JSON; only the version if that is known."""
        for view in list(self.views):
            view.refresh(self._render)
        controls = [view.board.controls() for view in self.views]
        version = f"{[view.version for view in self.views]}{controls}"
        spares = any(view.shares_process for view in self.views)
        state: dict[str, Any] = {"version": version, "wait": 1000 if spares else 500}
        if version != known:
            state["searches"] = [
                {**view.state, "controls": own}
                for view, own in zip(self.views, controls, strict=True)
            ]
        return json.dumps(state, separators=(",", ":")).encode()

    def command(self, name: str) -> Callable[[], str | None] | None:
        """Return what to do about a post such as "0/stop", None if it means nothing."""
        index, _, what = name.partition("/")
        views = {str(place): view for place, view in enumerate(self.views)}
        return views[index].board.commands.get(what) if index in views else None

    def _render(self, **what: Any) -> dict[str, str]:
        results = what["results"]
        settings = [] if results is None else results.settings
        names = list(dict.fromkeys(name for params in settings for name in params))
        text = self._template.render(names=name_ends(names), score=number, **what)
        parts = text.split("<!--")[1:]
        pairs = [part.split("-->", 1) for part in parts]
        return {name: html.strip() for name, html in pairs}


def _handler(server: LiveServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def do_GET(self) -> None:
            name = self._asked()
            if name is None:
                return
            if name == "state":
                known = parse_qs(urlsplit(self.path).query).get("known", [""])[0]
                self._answer(200, server.state(known), "application/json")
                return
            file = server.file(name)
            if file is None:
                self._answer(404)
            else:
                self._answer(200, *file)

        def do_POST(self) -> None:
            self.close_connection = True  # a body is not read
            name = self._asked()
            if name is None:
                return
            own = self.headers.get("Origin") == server.origin
            command = server.command(name)
            if not own or self.headers.get("X-Live-Page") != "1":
                self._answer(403)
            elif command is None:
                self._answer(404)
            else:
                why_not = command()
                self._answer(409 if why_not else 204, (why_not or "").encode())

        def _asked(self) -> str | None:
            """Return what is asked for, after it is known that the asker may."""
            if self.headers.get("Host") != server.origin.removeprefix("http://"):
                self._answer(403)
                return None
            _, token, name = [*urlsplit(self.path).path.split("/", 2), "", ""][:3]
            if not secrets.compare_digest(token.encode(), server.token.encode()):
                self._answer(404)
                return None
            return name

        def _answer(
            self, status: int, body: bytes = b"", kind: str = "text/plain"
        ) -> None:
            self.send_response(status)
            for header, value in HEADERS.items():
                self.send_header(header, value)
            if status != 204:
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
            if kind != "text/javascript":
                self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if status != 204:
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    return Handler
