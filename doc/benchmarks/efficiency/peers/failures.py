"""What libraries without failures are told."""

import math
from typing import Any

__all__ = ["WorstForFailed"]


class WorstForFailed:
    """For libraries without failures: they are told the worst score so far.

    Failures before the first score wait until there is one.
    """

    def __init__(self) -> None:
        self._worst = math.inf
        self._waiting: list[Any] = []

    def _observe(self, handles: list[Any], scores: list[float]) -> None:
        raise NotImplementedError

    def tell(self, handle: Any, score: float) -> None:
        if math.isnan(score) and math.isinf(self._worst):
            self._waiting.append(handle)
            return
        if not math.isnan(score):
            self._worst = min(self._worst, score)
        handles = [handle, *self._waiting]
        told = self._worst if math.isnan(score) else score
        self._observe(handles, [told, *([self._worst] * len(self._waiting))])
        self._waiting = []
