"""A file of JSON lines with checksums: appended to by one, read by anybody.

A line is the CRC-32 of a JSON object, eight hexadecimal digits, a space, and that
object. A damaged line is passed over; all others count. The CRC finds damage, not
forgery, so nothing that is read here is ever executed or unpickled.
"""

import contextlib
import errno
import functools
import json
import operator
import os
import stat
import warnings
import zlib

from sklearn_bayes_search.exceptions import JournalError, stack_level

__all__ = ["LineFile", "parse"]

# A longer line is not ours.
LONGEST_LINE = 1 << 20
# Errors of a disk that may pass, or that a search can do without.
OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG}
# Where O_NOFOLLOW is missing, as on Windows, a link is looked for beforehand only.
WHERE_THERE = ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY", "O_NOINHERIT")
FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND
FLAGS |= functools.reduce(operator.or_, (getattr(os, x, 0) for x in WHERE_THERE))


class LineFile:
    """A file that is open for one search alone.

    Parameters
    ----------
    path : Path
        Of the file, which is made if there is none.

    Attributes
    ----------
    content : bytes
        What it held when it was opened.

    Raises
    ------
    JournalError
        If it is no plain file, or in use.
    OSError
        If it cannot be opened.
    """

    def __init__(self, path):
        self.path = path
        self._unwritten, self._warned, self._file = [], False, None
        try:
            self._file = _open(path)
            self._end = os.fstat(self._file).st_size
            self.content = _read_all(self._file, self._end)
        except OSError as error:
            if error.errno not in OF_THE_DISK:
                raise
            self._warn(error)
            self.content = path.read_bytes() if path.is_file() else b""
        if self.content and not self.content.endswith(b"\n"):
            self._unwritten.append(b"\n")  # the last line was cut off

    def append(self, record):
        """Write a line: it survives the end of this process from now on.

        Parameters
        ----------
        record : dict
            What JSON knows, without NaN.
        """
        text = json.dumps(record, separators=(",", ":"), allow_nan=False).encode()
        self._unwritten.append(b"%08x %s\n" % (zlib.crc32(text), text))
        if self._file is None:
            return
        data, done = b"".join(self._unwritten), 0
        try:
            while done < len(data):
                done += os.write(self._file, data[done:])
        except OSError as error:
            # what does not fit now is tried again with the next line
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._end)
            self._warn(error)
            return
        self._end += len(data)
        self._unwritten.clear()

    def flush(self):
        """Have the disk take what was written: it survives a power failure, too."""
        if self._file is None:
            return
        try:
            getattr(os, "fdatasync", os.fsync)(self._file)
        except OSError as error:
            self._warn(error)

    def close(self):
        """Release the file."""
        if self._file is not None:
            os.close(self._file)  # and its lock
            self._file = None

    def _warn(self, error):
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


def _open(path):
    """Open a file for this search alone, and only a plain one."""
    if path.is_symlink():
        raise JournalError(f"The journal {str(path)!r} must not be a symbolic link.")
    file = os.open(path, FLAGS, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise JournalError(f"The journal {str(path)!r} must be a file.")
        try:
            _lock(file)
        except OSError as error:
            raise JournalError(
                f"The journal {str(path)!r} is in use by another search. Wait for its "
                "end, or name another file; searches that run at a time may share a "
                "folder."
            ) from error
    except BaseException:  # Ctrl-C as well: the lock must not stay
        os.close(file)
        raise
    return file


def _lock(file):
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        os.lseek(file, 1 << 40, os.SEEK_SET)  # beyond what is read and written
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _read_all(file, size):
    parts = []
    os.lseek(file, 0, os.SEEK_SET)
    while size > 0 and (part := os.read(file, min(size, 1 << 24))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def parse(line):
    """Give the object of a line, None if it is damaged.

    Parameters
    ----------
    line : bytes
        Without its line feed.

    Returns
    -------
    record : dict or None
        What was appended.
    """
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
