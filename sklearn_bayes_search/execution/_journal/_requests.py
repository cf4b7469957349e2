"""What other processes ask of a running search: a small file beside its journal.

The file holds one word. A search looks for it whenever it could begin a candidate, and
heeds it if it belongs to the owner of the journal, as others may write to the folder,
too. What is there when a search begins was meant for an earlier one.
"""

import contextlib
import os
import stat
import tempfile
import time
from pathlib import Path

from sklearn_bayes_search.execution._journal._lines import READ_FLAGS, is_in_use

STOP, PAUSE = "stop", "pause"
# Seconds between two looks whether a paused search goes on.
GLANCE = 0.2
OF_ANOTHER = "The journal belongs to another user, whose search heeds nobody else."
NONE_RUNS = "No search is running on this journal."


class Requests:
    """The requests to the search of a journal, from the search's side and the other."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._path = journal.with_name(f"{journal.name}.request")

    # --- of the search

    def discard(self) -> None:
        """Take away what was asked."""
        with contextlib.suppress(OSError):
            self._path.unlink()

    def asks_to_stop(self) -> bool:
        """Wait while a pause is asked for; return whether an end is."""
        while (asked := self.read()) == PAUSE:
            time.sleep(GLANCE)
        return asked == STOP

    def read(self) -> str | None:
        """Return what is asked, None for nothing that counts."""
        try:
            file = os.open(self._path, READ_FLAGS)
        except OSError:
            return None
        try:
            about = os.fstat(file)
            owners = {0, os.stat(self._journal).st_uid}
            if not stat.S_ISREG(about.st_mode) or about.st_uid not in owners:
                return None
            word = os.read(file, 16).decode("ascii", "replace").strip()
        except OSError:
            return None
        finally:
            os.close(file)
        return word if word in (STOP, PAUSE) else None

    # --- of others

    def why_not(self) -> str | None:
        """Return why nothing can be asked of the search now, None if it can."""
        if is_in_use(self._journal) is False:
            return NONE_RUNS
        try:
            owner = os.stat(self._journal).st_uid
        except OSError as error:
            return f"The journal cannot be read: {error.strerror}."
        me = getattr(os, "geteuid", lambda: owner)()
        return None if me in (0, owner) else OF_ANOTHER

    def ask(self, word: str | None) -> str | None:
        """Ask the search to stop or to pause, or by None to go on.

        Return why that is not possible, None if it is.
        """
        why = self.why_not()
        if why is not None:
            return why
        try:
            if word is None:
                self._path.unlink(missing_ok=True)
            else:
                self._write(word)
        except OSError as error:
            return f"{str(self._path)!r} cannot be written: {error.strerror}."
        return None

    def _write(self, word: str) -> None:
        """Write the file as a whole, and in the place of a link, if there is one."""
        file, name = tempfile.mkstemp(dir=self._path.parent, prefix=".request")
        try:
            with os.fdopen(file, "w") as text:
                text.write(f"{word}\n")
            os.chmod(name, 0o644)  # as root may ask a search of somebody else
            os.replace(name, self._path)
        except OSError:
            os.unlink(name)
            raise
