"""Where the variance of a score comes from, how sure that is, and what it rests on."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from sklearn_bayes_search.results._observed import Observed
from sklearn_bayes_search.results._score_model import N_SPREAD, ScoreModel
from sklearn_bayes_search.results._short_text import shown
from sklearn_bayes_search.results._variance import Factor, VarianceDesign
from sklearn_bayes_search.space import Dims, Space
from sklearn_bayes_search.space._dimensions import is_number

# Functions drawn from the model, and at how many points at most: the time grows with
# their cube.
N_DRAWS, MAX_DRAWN_POINTS = 160, 512
# Of the draws, so many are within the stated error: nine of ten true shares were, see
# doc/see_the_search.rst. So many are above or below a limit that a share surely is.
WITHIN, SURE = 0.975, 0.95
# A parameter with a larger share matters, one with a share below the second hardly
# does: with 0.05 for both, 4 of 18 times that it was said were wrong, of true shares of
# 0.054 to 0.13.
LITTLE, HARDLY = 0.05, 0.03
# Candidates, at least and for each parameter, from which on that is said. Of a sum of
# four of eight parameters, of which each matters as much, 11 of 32 would have been
# called flat with 4 random settings, 5 with 8 and 3 with 12; 0 were with 20.
LEAST_SETTINGS, PER_PARAMETER = 4, 2.5
# So many of them, or half of an even share, have to be in each third of a range:
# elsewhere the score may do anything. Each level of a choice needs half of an even
# share, as the others tell less of it: with 4 of 40 at one of three, a choice that does
# matter was called flat.
LEAST_IN_PART = 3
# Parts with less of the space do not count.
LEAST_SHARE = 0.05
# More levels that have an order are counted as a range is, in three parts.
FEW_LEVELS = 5
# A score that goes this much of its way in one direction is said to follow it.
MONOTONE = 0.9
# Which way so small a main share goes is chance: the error of its estimate is larger.
NO_DIRECTION = 0.005
COLUMNS = ["parameter", "main", "total", "error", "direction", "matters", "rests_on"]
# Characters of a value.
LONGEST = 24


def importance_table(
    model: ScoreModel, n_samples: int = 1024, random_state: int = 0
) -> pd.DataFrame:
    """Make the table of `parameter_importance`.

    ``n_samples``, a power of 2, are the points for each share.
    """
    observed = model.observed
    rng = np.random.default_rng(random_state)
    design = VarianceDesign(observed.space, n_samples, rng)
    if not design.factors:
        return pd.DataFrame(columns=COLUMNS).set_index("parameter")
    scored = np.isfinite(observed.scores)
    n_known = (observed.complete & scored).sum()
    enough = n_known >= max(LEAST_SETTINGS, PER_PARAMETER * len(design.factors))
    main, total = design.shares(model.guess)
    if np.ptp(observed.scores[scored]) == 0:
        # drawn functions would have shares, whatever their size
        error, low, high = np.zeros((3, len(total)))
    else:
        error, low, high = _uncertainty(model, random_state)
    rests_on, spread = zip(
        *(_rests_on(observed, factor) for factor in design.factors), strict=True
    )
    hardly = (high <= HARDLY) & np.array(spread) & enough
    surely = (low > LITTLE) & (total - error > LITTLE)
    matters = [
        "yes" if yes else "hardly" if no else "unknown"
        for yes, no in zip(surely, hardly, strict=True)
    ]
    clear = (np.array(matters) == "yes") & (main >= np.maximum(error, NO_DIRECTION))
    directions = [
        _direction(design.curve(model.guess, i)) if factor.ordered and clear[i] else ""
        for i, factor in enumerate(design.factors)
    ]
    names = [factor.name for factor in design.factors]
    values = [names, main, total, error, directions, matters, rests_on]
    table = pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))
    table = table.set_index("parameter")
    return table.sort_values("total", ascending=False, kind="stable")


def _uncertainty(
    model: ScoreModel, random_state: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compare total shares with those of functions drawn from the model.

    Returns the error, and what a share is surely not below and not above.
    """
    space = model.observed.space
    n_samples, rng = 64, np.random.default_rng([random_state, 1])
    n_factors = len(VarianceDesign(space, 2, rng).factors)
    while n_samples > 16 and n_samples * (n_factors + 2) > MAX_DRAWN_POINTS:
        n_samples //= 2
    design = VarianceDesign(space, n_samples, rng)
    # at the same points, so that only the functions differ
    _, total = design.shares(model.guess)
    _, drawn = design.shares(lambda U: model.sample(U, rng, N_DRAWS))
    error, most = np.quantile(np.abs(drawn - total), [WITHIN, SURE], axis=0)
    return error, np.quantile(drawn, 1 - SURE, axis=0), total + most


def _rests_on(observed: Observed, factor: Factor) -> tuple[str, bool]:
    """Count the candidates in the part of a factor's values where they are fewest.

    Returns a text, and whether they are enough.
    """
    space, U = observed.space, observed.U[np.isfinite(observed.scores)]
    n_parts, part_of, name_of = _parts(space, factor)
    counts = np.bincount(part_of(U), minlength=n_parts)
    spread = part_of(space.spread(N_SPREAD, np.random.default_rng(0)))
    share = np.bincount(spread, minlength=n_parts) / N_SPREAD
    large = np.flatnonzero(share >= LEAST_SHARE)
    if not len(large):  # of many choices
        return f"{(counts > 0).sum()} of {n_parts} values", False
    fewest = large[counts[large].argmin()]
    needed = len(U) * share[fewest] / 2
    if factor.ordered:
        needed = min(LEAST_IN_PART, needed)
    enough = n_parts > 1 and counts[fewest] >= needed
    text = f"{counts[fewest]} of {len(U)} candidates {name_of(fewest)}"
    failed = part_of(observed.U[~np.isfinite(observed.scores)])
    if n_failed := (failed == fewest).sum():
        text += f", and {n_failed} that failed"
    return text, bool(enough)


def _parts(
    space: Space, factor: Factor
) -> tuple[int, Callable[[np.ndarray], np.ndarray], Callable[[int], str]]:
    """Divide the values of a factor into levels, or thirds of a range.

    Returns how many, a function of points to the numbers of their parts, without those
    that do not have the parameter, and one that names a part.
    """
    dims, columns = space.dims, list(factor.columns)
    if columns == [dims.branch]:
        n_parts = len(space.branches)

        def name_of(part: int) -> str:
            if space.n_dicts > 1:
                return "in one dict of the list"
            return f"with {space.words_for(part)}"

        return n_parts, dims.branch_of, name_of
    dimension = None
    if len(columns) == 1:
        every = *space.columns, *space.tied
        dimension = every[columns[0] - int(dims.branch is not None)][1]
        places = dimension.positions()
        if places is not None and (len(places) <= FEW_LEVELS or not factor.ordered):
            order = np.argsort(places)

            def level_of(U: np.ndarray) -> np.ndarray:
                u = _active(dims, U, columns[0])
                return order[np.searchsorted(places[order], u - 1e-9)]

            return (
                len(places),
                level_of,
                lambda part: f"with {_text(dimension.decode(places[part]))}",
            )
    if not factor.ordered:  # so many choices that they are not listed, or in branches
        return 1, lambda U: np.zeros(len(U), dtype=int), lambda part: "in all"
    ends = {
        column: low + (high - low) * np.array([1, 2]) / 3
        for column, (low, high) in zip(columns, space.reach[columns], strict=True)
    }
    if dimension is not None:
        # what the text says is counted, whatever is rounded
        values = [dimension.decode(end) for end in ends[columns[0]]]
        ends[columns[0]] = np.array([dimension.encode(value) for value in values])
        low, high = map(_text, values)
        names = [f"below {low}", f"from {low} to {high}", f"above {high}"]
    else:
        names = [f"in the {part} third" for part in ("lowest", "middle", "highest")]

    def third_of(U: np.ndarray) -> np.ndarray:
        thirds = []
        for column, (low, high) in ends.items():
            u = _active(dims, U, column)
            thirds.append((u >= low - 1e-9).astype(int) + (u > high + 1e-9))
        return np.concatenate(thirds)

    return 3, third_of, names.__getitem__


def _active(dims: Dims, U: np.ndarray, column: int) -> np.ndarray:
    """Return a column's values of the points that have the parameter."""
    return np.asarray(U[dims.exists[dims.branch_of(U), column], column])


def _text(value: Any) -> str:
    if is_number(value):
        return f"{value:.3g}"
    # quoted, so that "1" is not taken for 1
    return shown(repr(value) if isinstance(value, str) else value, LONGEST)


def _direction(means: np.ndarray) -> str:
    """Name the way of a curve that goes mostly up or mostly down."""
    steps = np.diff(means)
    way = np.abs(steps).sum()
    if steps[steps > 0].sum() >= MONOTONE * way > 0:
        return "score rises on average"
    if -steps[steps < 0].sum() >= MONOTONE * way > 0:
        return "score falls on average"
    return "not monotone"
