"""What the rows of a search depend on beside its arguments and its data."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True)
class Plan:
    """Made once for a search, and kept by its journal: it holds on when that goes on.

    ``n_iter`` may thus be smaller than the search's own.
    """

    seed: int
    max_pending: int
    n_iter: int | None
    exhaustive: bool  # whether the whole space is run, in the order of a grid

    def with_stored(self, stored: Mapping[str, Any]) -> "Plan":
        """Return the plan with what a journal has of an earlier one."""
        names = {field.name for field in fields(self)}
        return replace(self, **{k: v for k, v in stored.items() if k in names})
