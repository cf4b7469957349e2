"""A file of JSON lines with checksums: appended to by one, read by anybody.

A line is the CRC-32 of a JSON object, eight hexadecimal digits, a space, and that
object. A damaged line is passed over; all others count. The CRC finds damage, not
forgery, so nothing that is read here is ever executed or unpickled.
"""

import contextlib
import errno
import functools
import importlib
import json
import operator
import os
import stat
import time
import warnings
import zlib
from io import FileIO
from pathlib import Path
from typing import Any

from sklearn_bayes_search.exceptions import JournalError, stack_level

# A longer line is not ours.
LONGEST_LINE = 1 << 20
# Errors of a disk that may pass, or that a search can do without.
OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG}
# What a lock that another one holds gives, on Windows EACCES and EDEADLK.
IN_USE = {errno.EWOULDBLOCK, errno.EAGAIN}
IN_USE |= {errno.EACCES, errno.EDEADLK} if os.name == "nt" else set()
# Where O_NOFOLLOW is missing, as on Windows, a link is looked for beforehand only.
WHERE_THERE = ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY", "O_NOINHERIT")
READ_FLAGS = functools.reduce(operator.or_, (getattr(os, x, 0) for x in WHERE_THERE))
FLAGS = READ_FLAGS | os.O_RDWR | os.O_CREAT | os.O_APPEND
# Seconds until a lock is tried again, which `is_in_use` may have had for a moment.
AGAIN = (0.01, 0.04)


class InUse(JournalError):
    """A file is open for another search."""


class LineFile:
    """A file that is open for one search alone, from `open` to `close`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content = b""  # what it held when it was opened
        self._unwritten: list[bytes] = []
        self._warned = False
        self._file: FileIO | None = None

    def open(self) -> None:
        """Open it, make it if there is none, and read it."""
        path = self.path
        if path.is_symlink():
            raise JournalError(
                f"The journal {str(path)!r} must not be a symbolic link."
            )
        try:
            # an object, so that Ctrl-C before the next line leaves nothing open
            self._file = open(path, "r+b", buffering=0, opener=_opener)  # noqa: SIM115
            file = self._file.fileno()
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise JournalError(f"The journal {str(path)!r} must be a file.")
            self._lock(file)
            self.content = self._file.readall()
            self._end = len(self.content)
        except OSError as error:
            if error.errno not in OF_THE_DISK:
                raise
            self._warn(error)
            self.content = path.read_bytes() if path.is_file() else b""
        if self.content and not self.content.endswith(b"\n"):
            self._unwritten.append(b"\n")  # the last line was cut off

    def _lock(self, file: int) -> None:
        try:
            _lock_soon(file)
        except OSError as error:
            if error.errno in IN_USE:
                raise InUse(
                    f"The journal {str(self.path)!r} is in use by another search. Wait "
                    "for its end, or name another file, or a folder for several "
                    "searches."
                ) from error
            warnings.warn(
                f"The file system of the journal {str(self.path)!r} cannot lock files "
                f"({error.strerror}). The search goes on; see to it that no other "
                "search has the same file.",
                UserWarning,
                stacklevel=stack_level(),
            )

    def append(self, record: dict[str, Any]) -> None:
        """Write a line: it survives the end of this process from now on.

        A record is what JSON knows, without NaN.
        """
        text = json.dumps(record, separators=(",", ":"), allow_nan=False).encode()
        self._unwritten.append(b"%08x %s\n" % (zlib.crc32(text), text))
        if self._file is None:
            return
        data, done = b"".join(self._unwritten), 0
        try:
            while done < len(data):
                done += os.write(self._file.fileno(), data[done:])
        except OSError as error:
            # what does not fit now is tried again with the next line
            with contextlib.suppress(OSError):
                os.ftruncate(self._file.fileno(), self._end)
            self._warn(error)
            return
        self._end += len(data)
        self._unwritten.clear()

    def flush(self) -> None:
        """Have the disk take what was written: it survives a power failure, too."""
        if self._file is None:
            return
        try:
            getattr(os, "fdatasync", os.fsync)(self._file.fileno())
        except OSError as error:
            self._warn(error)

    def close(self) -> None:
        """Release the file."""
        if self._file is not None:
            # a process that was forked has it, too
            with contextlib.suppress(OSError, ValueError):
                _lock(self._file.fileno(), release=True)
            self._file.close()
            self._file = None

    def _warn(self, error: OSError) -> None:
        if self._warned:
            return
        self._warned = True
        again = "" if self._file is None else ", and tries again with each result"
        warnings.warn(
            f"The journal {str(self.path)!r} cannot be written: {error.strerror}. The "
            f"search goes on{again}.",
            UserWarning,
            stacklevel=stack_level(),
        )


def _opener(path: str, flags: int) -> int:
    """Open a file as `FLAGS` say, for its owner only."""
    return os.open(path, FLAGS, 0o600)


def _lock_soon(file: int) -> None:
    for seconds in AGAIN:
        try:
            return _lock(file)
        except OSError as error:
            if error.errno not in IN_USE:
                raise
        time.sleep(seconds)
    _lock(file)


def is_in_use(path: Path) -> bool | None:
    """Check whether a search has a file open; None where locks do not tell."""
    try:
        file = os.open(path, READ_FLAGS)
    except OSError:
        return None
    try:
        _lock(file, shared=True)
        _lock(file, release=True)
        return False
    except OSError as error:
        return True if error.errno in IN_USE else None
    finally:
        os.close(file)


def _lock(file: int, *, shared: bool = False, release: bool = False) -> None:
    """Lock a file without waiting; or take the lock back, whoever has a copy of it."""
    try:
        import fcntl
    except ImportError:  # Windows: a byte beyond what is read and written
        msvcrt: Any = importlib.import_module("msvcrt")
        os.lseek(file, 1 << 40, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK if release else msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
    else:
        how = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        fcntl.flock(file, fcntl.LOCK_UN if release else how | fcntl.LOCK_NB)


def parse(line: bytes) -> dict[str, Any] | None:
    """Return the object of a line without its line feed; None if it is damaged."""
    if len(line) > LONGEST_LINE or line[8:9] != b" ":
        return None
    text = line[9:]
    if line[:8] != b"%08x" % zlib.crc32(text):
        return None
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None
