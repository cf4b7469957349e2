"""Whether the ranges of a search were well chosen, and which to try next.

All of it works on ``cv_results_`` of any search, ``GridSearchCV``'s as well.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from sklearn_bayes_search._sklearn_compat import numeric_limits
from sklearn_bayes_search.results._folds import error_factor
from sklearn_bayes_search.results._observed import Observed, observe
from sklearn_bayes_search.results._score_model import ScoreModel
from sklearn_bayes_search.results._shares import Shares, score_shares
from sklearn_bayes_search.space import Space
from sklearn_bayes_search.space._dimensions import Dimension, is_number

# Values along a range, and functions drawn there.
N_STEPS, N_DRAWS = 33, 400
# The border is the outer tenth of a range, and its last value at least.
BORDER = 0.1
# Probability that the best along the range lies at the border, from which on a wider
# one is advised. See the measurements in the notes of `check_ranges`.
LIKELY = 0.8
# Least rise towards the border, in standard errors of the comparison of two settings,
# and as a share of the differences over the space.
LEAST_RISE, LEAST_SHARE = 0.5, 0.01
# Settings, at least, further inside: else nothing is known of the way to the border.
LEAST_INSIDE = 3
# Highest over lowest value from which on a range may be logarithmic.
LOG_FROM = 8.0


def check_ranges(search: Any, *, metric: str | None = None) -> pd.DataFrame:
    """Check which ranges to widen, and which parameters hardly matter.

    Parameters
    ----------
    search : fitted search, dict or DataFrame
        A search with ``cv_results_``, or these, also read back from a file.
    metric : str, default=None
        Which score, where there are several. None is the one of ``refit``, else what a
        `BayesSearchCV` maximised, else "score", else the only one.

    Returns
    -------
    findings : DataFrame
        A row per finding; none where all is well:

        - ``parameter``: its name,
        - ``finding``: "upper bound", "lower bound" or "flat",
        - ``bound``: where the range ends now; NaN for "flat",
        - ``try``: where it may end instead; NaN for "flat",
        - ``probability``: that the best within the range lies at this end, 0 to 1; NaN
          for "flat",
        - ``text``: all that in a sentence.

    Raises
    ------
    TypeError
        If it is nothing that holds the results of a search.
    ValueError
        If the search is not fitted, the metric is unknown or not clear, or no score is
        finite.

    See Also
    --------
    parameter_importance : How much each parameter matters.

    Notes
    -----
    A Gaussian process is fitted to all settings. From the one that it finds best, each
    range of numbers is followed from end to end. An end is reported where the highest
    score lies within the outer tenth, where it does so in four of five functions drawn
    from the process, too, and where it is higher than at any setting further inside.
    The best score of all must be there as well. It must be so by half of the standard
    error of the difference of two settings, with the variance over the folds corrected
    for overlapping training sets [1]_, and by 1 % of the differences over the space.

    With 30 candidates and 4 folds, 11 models on data sets of 150 to 300 samples, and 3
    or 4 seeds: of ranges without the best, a Bayesian search showed 44 of 44, a random
    search 27 of 29 and a grid 28 of 33; of ranges around it, 1 of 106 was called too
    narrow. The bounds above were chosen on these. With the whole standard error 4 more
    were missed.

    The bound to try is further out by half of a linear range, by a third of the decades
    of a logarithmic one, at least one and at most three. It stays within what the
    estimator allows, or, of an estimator that does not tell, positive where the range
    is, at most 1 where it lies between 0 and 1, and at least 1 for ints that are. At
    such a limit there is nothing to report.

    Nothing is said of an end where fewer than 3 settings lie further inside than the
    outer fifth: what the score does there is not known.

    "flat" is a parameter that "hardly" matters by `parameter_importance`: it explains
    at most 3 % of the variance of the score over the space, whatever the settings leave
    open. Nothing is called so with fewer than 4 settings that have a score on all
    folds, or fewer than 2.5 for each parameter.

    References
    ----------
    .. [1] C. Nadeau and Y. Bengio, "Inference for the Generalization Error", Machine
       Learning 52, 2003, eq. (6).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn_bayes_search import check_ranges
    >>> search = GridSearchCV(Ridge(), {"alpha": np.linspace(5, 100, 12)})
    >>> search = search.fit(*load_diabetes(return_X_y=True))
    >>> check_ranges(search)[["parameter", "finding", "bound", "try"]]
      parameter      finding  bound  try
    0     alpha  lower bound    5.0  0.5
    """
    model = ScoreModel.fit(observe(search, metric))
    return findings_of(model, score_shares(model))


def findings_of(model: ScoreModel, shares: Shares) -> pd.DataFrame:
    """Make the table of `check_ranges`."""
    observed = model.observed
    error = _error_of_difference(observed)
    best = _best_point(model)
    pairs = zip(shares.design.factors, shares.matters, strict=True)
    flat = [factor.name for factor, matters in pairs if matters == "hardly"]
    findings = []
    for factor in flat:
        text = (
            f"{factor}: the score hardly depends on it in the range that was searched."
        )
        findings.append((factor, "flat", math.nan, math.nan, math.nan, text))
    for column, name, dimension in _numeric_columns(observed, best):
        if name not in flat:
            findings += _at_border(model, best, column, name, dimension, error)
    columns = ["parameter", "finding", "bound", "try", "probability", "text"]
    return pd.DataFrame(findings, columns=columns)


def _error_of_difference(observed: Observed) -> float:
    """Return the standard error of the difference of two settings; 0 if not known.

    That of the best and a middling one: the best ones of a Bayesian search are so much
    alike that they get nearly the same scores on each fold.
    """
    if observed.folds is None or observed.folds.shape[1] < 2:
        return 0.0
    whole = observed.folds[np.isfinite(observed.folds).all(axis=1) & observed.complete]
    if len(whole) < 2:
        return 0.0
    best = whole[whole.mean(axis=1).argmax()]
    deviation = np.median((best - whole).std(axis=1, ddof=1))
    return float(deviation) * error_factor(whole.shape[1])


def _line(space: Space, row: np.ndarray, column: int) -> np.ndarray:
    """Return the points along one column through a point."""
    low, high = space.reach[column]
    U = np.tile(row, (N_STEPS, 1))
    U[:, column] = np.linspace(low, high, N_STEPS)
    return np.unique(space.snap(U), axis=0)


def _best_point(model: ScoreModel) -> np.ndarray:
    """Return the point with the highest mean among those tried.

    The highest of all would often lie where the model only extrapolates.
    """
    observed = model.observed
    rows = observed.U[observed.complete & np.isfinite(observed.scores)]
    return np.asarray(rows[model.predict(rows)[0].argmax()])


def _numeric_columns(
    observed: Observed, best: np.ndarray
) -> Iterator[tuple[int, str, Dimension]]:
    """Yield column, name and dimension of each range of numbers at a point."""
    space = observed.space
    first = int(space.dims.branch is not None)
    active = space.dims.active[space.dims.branch_of(best[None])[0]]
    for column, (name, dimension) in enumerate(space.columns, start=first):
        low, high = (dimension.decode(u) for u in space.reach[column])
        numeric = not dimension.categorical and is_number(low) and is_number(high)
        if active[column] and numeric:
            yield column, name, dimension


def _at_border(
    model: ScoreModel,
    best: np.ndarray,
    column: int,
    name: str,
    dimension: Dimension,
    error: float,
) -> list[tuple[str, str, float, float, float, str]]:
    """Report at most one end of a range."""
    space = model.observed.space
    low, high = space.reach[column]
    line = _line(space, best, column)
    mean, _ = model.predict(line)
    seen = model.observed
    kept = seen.complete & space.dims.active[space.dims.branch_of(seen.U), column]
    tried, scores = seen.U[kept], seen.scores[kept]
    tried_mean, _ = model.predict(tried)
    # distances from either end, in parts of the range
    ends = {"upper": (-1, high), "lower": (1, low)}
    for side, (sign, end) in ends.items():
        away, tried_away = (
            sign * (U[:, column] - end) / (high - low) for U in (line, tried)
        )
        # of discrete values the outermost, wherever they lie
        border = away <= max(BORDER, away.min())
        inside = away > 2 * BORDER
        far_inside = tried_away[np.isfinite(scores)] > 2 * BORDER
        if not border[mean.argmax()] or not inside.any():
            continue
        if far_inside.sum() < LEAST_INSIDE:
            continue
        # the others may make up for it: a good setting inside, wherever it is, will do
        at_end = tried_away <= max(BORDER, away.min())
        highest = np.nanmax(scores[at_end], initial=-np.inf)
        if np.nanmax(scores[~at_end], initial=-np.inf) >= highest:
            continue
        inner = [mean[inside].max(), *tried_mean[tried_away > 2 * BORDER]]
        rise = mean[border].max() - max(inner)
        drawn = model.sample(line, np.random.default_rng(0), N_DRAWS)
        probability = float(np.mean(border[drawn.argmax(axis=1)]))
        least = max(LEAST_RISE * error, LEAST_SHARE * model.unit)
        if rise < least or probability < LIKELY:
            continue
        advice = _advice(model.observed, name, dimension, (low, high), side)
        if advice is None:
            continue
        bound, further, phrase = advice
        text = (
            f"{name}: the best is at the {side} bound {bound:g} and the score still "
            f"rises there; try {phrase}."
        )
        return [(name, f"{side} bound", bound, further, probability, text)]
    return []


def _advice(
    observed: Observed,
    name: str,
    dimension: Dimension,
    reach: tuple[float, float],
    side: str,
) -> tuple[float, float, str] | None:
    """Return the present bound, the one to try, and a phrase; None at a limit."""
    low, high = (dimension.decode(u) for u in reach)
    middle = dimension.decode(sum(reach) / 2)
    whole = isinstance(low, int | np.integer) and isinstance(high, int | np.integer)
    # the geometric mean is in the middle of a logarithmic range, not the arithmetic one
    log = low > 0 and high >= LOG_FROM * low and middle < (low + 3 * high) / 8
    if log:
        factor = 10 ** min(max(math.log10(high / low) / 3, 1.0), 3.0)
        further = high * factor if side == "upper" else low / factor
        further = _round(further, further)
    else:
        width = (high - low) / 2
        further = high + width if side == "upper" else low - width
        further = _round(further, width / 10)
    if whole:
        further = float(math.ceil(further) if side == "upper" else math.floor(further))
    limits = numeric_limits(observed.estimator, name, whole)
    least, most = _usual_limits(low, high, whole, log) if limits is None else limits
    if side == "upper":
        bound, further, phrase = float(high), min(further, most), "up to"
        beyond = further > bound
    else:
        bound, phrase = float(low), "down to"
        if further <= least == 0 < low and not whole:
            further = _round(low / 10, low / 10)  # 0 itself is often excluded
        further = max(further, least)
        beyond = further < bound
    permit = ", if the estimator permits" if limits is None else ""
    return (bound, further, f"{phrase} {further:g}{permit}") if beyond else None


def _usual_limits(
    low: float, high: float, whole: bool, log: bool
) -> tuple[float, float]:
    """Guess the limits of a parameter from the range that was searched."""
    least = -math.inf if low < 0 else float(whole and low >= 1)
    is_share = not whole and not log and low >= 0 and high <= 1
    return least, 1.0 if is_share else math.inf


def _round(value: float, step: float) -> float:
    """Round to the power of 10 that is not above a step."""
    unit = 10.0 ** math.floor(math.log10(step))
    return float(f"{round(value / unit) * unit:.12g}")
