"""The live page as a callback of a search."""

import time
from typing import Any

from sklearn_bayes_search.execution import (
    BeginsWithSearch,
    CandidateRecord,
    RunningSearch,
    SearchCallback,
)
from sklearn_bayes_search.results._short_text import shown

# Seconds between two looks whether a paused search goes on.
GLANCE = 0.05


class LivePage(SearchCallback, BeginsWithSearch):
    """Shows a search in the browser while it runs, with buttons to pause and to stop.

    A callback of `BayesSearchCV`. When the search begins, it prints the address of a
    page that this process serves, to this machine only. The page follows the search:
    the best so far, the candidates that run, time that is left, charts, importances and
    advice once there is enough, failures. It stays when the search has ended, as long
    as the process does.

    Parameters
    ----------
    port : int, default=0
        Port on the loopback interface; 0 is one that is free.
    open_browser : bool, default=False
        Whether to open the page in the browser.

    Attributes
    ----------
    address_ : str
        Address of the page, once a search has begun. Who knows it can stop the search:
        it has a random part.

    See Also
    --------
    sklearn_bayes_search.read_journal : A search in another process, as a table.

    Notes
    -----
    It needs the extra ``report``: plotly and jinja2. *Stop* ends the search when a
    candidate has ended, as a rule for ``stopping`` does; fits that have begun are
    finished. *Pause* begins no further fits until the search goes on; the time of a
    ``timeout`` passes meanwhile.

    Examples
    --------
    >>> from sklearn_bayes_search import BayesSearchCV, LivePage
    >>> from sklearn.svm import SVC
    >>> search = BayesSearchCV(SVC(), callback=LivePage())
    """

    _server: Any

    def __init__(self, *, port: int = 0, open_browser: bool = False) -> None:
        self.port = port
        self.open_browser = open_browser

    def __repr__(self) -> str:
        return f"LivePage(port={self.port}, open_browser={self.open_browser})"

    def __getstate__(self) -> dict[str, Any]:
        return {"port": self.port, "open_browser": self.open_browser}

    def begin(self, running: RunningSearch) -> None:
        from sklearn_bayes_search.report._live._board import RunningBoard
        from sklearn_bayes_search.report._live._server import LiveServer
        from sklearn_bayes_search.report._live._view import View

        commands = {"stop": self.stop, "pause": self.pause, "go-on": self.go_on}
        self._board = RunningBoard(running, self._controls, commands)
        self._is_paused = self._is_stopping = False
        view = self._view = View(self._board, shares_process=True)
        if hasattr(self, "_server"):  # of an earlier search
            self._server.views[:] = [view]
            return
        self._server = LiveServer([view], self.port)
        self.address_ = self._server.address
        print(f"Live page: {self.address_}")
        if self.open_browser:
            import webbrowser

            webbrowser.open(self.address_)

    def __call__(self, record: CandidateRecord) -> str | None:
        if not hasattr(self, "_server"):  # it could not be served
            return None
        if record.status == "end":
            failed = record.error is not None
            self._board.end(shown(record.error, 200) if failed else record.stop_reason)
            self._view.touch()
            return None
        while self._is_paused and not self._is_stopping and hasattr(self, "_server"):
            time.sleep(GLANCE)
        return "stopped on the live page" if self._is_stopping else None

    def stop(self) -> None:
        """Stop the search, as the button does."""
        self._is_stopping = True

    def pause(self) -> None:
        """Begin no further fits until `go_on`."""
        self._is_paused = True

    def go_on(self) -> None:
        """Go on after `pause`."""
        self._is_paused = False

    def close(self) -> None:
        """Stop serving the page."""
        if hasattr(self, "_server"):
            self._server.close()
            del self._server

    def _controls(self) -> dict[str, Any]:
        return {
            "paused": self._is_paused,
            "stopping": self._is_stopping,
            "ended": self._board.ended is not None,
            "why_not": None,
        }
