"""One BLAS thread while any search of this process does its mathematics.

A limit on BLAS threads holds for the process. Two searches in threads that each set
and restore it would lift each other's limit in the middle, which changes the last bits
of what they compute, and may leave the process with one thread for good. So the first
sets the limit, and the last restores it.
"""

import functools
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from threadpoolctl import OpenBLASController, ThreadpoolController

# Module-level state is the exception here: what it guards is the process's. Ctrl-C may
# come anywhere: the lock does not shut its own thread out and is given back for good
# at the end, a holder is gone with its block, and the limit is one until it is lifted.
_lock = threading.RLock()
_holders: "weakref.WeakSet[_Holder]" = weakref.WeakSet()
_limits: list[Any] = []


class _Holder:
    """Lives as long as the block that limits BLAS."""


@functools.cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()  # looking for the libraries takes milliseconds


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread until all that limit it have left."""
    holder = _Holder()
    try:
        try:
            _lock.acquire()
            _holders.add(holder)
            if not _limits:
                _let_this_thread_set_limits()
                _limits.append(_controller().limit(limits=1, user_api="blas"))
        finally:
            _give_back()
        yield
    finally:
        try:
            _lock.acquire()
            _holders.discard(holder)
            if _limits and not _holders:
                _let_this_thread_set_limits()
                _limits[0].restore_original_limits()
                _limits.clear()
                _let_this_thread_set_limits()
        finally:
            _give_back()


def _give_back() -> None:
    """Release the lock as often as this thread holds it, from interrupted blocks too.

    After a 'with' statement that Ctrl-C interrupts between two instructions, it would
    be held for ever, and searches in other threads would wait for ever.
    """
    with suppress(RuntimeError):  # it is not, or no longer, this thread's
        while True:
            _lock.release()


def _let_this_thread_set_limits() -> None:
    """Take over: threadpoolctl >= 3.8 ignores limits of all threads but the first."""
    clear = getattr(OpenBLASController, "clear_controlling_thread", None)
    if clear is not None:
        clear(force=True)
