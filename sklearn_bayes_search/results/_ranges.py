"""Whether the ranges of a search were well chosen, and which to try next.

All of it works on ``cv_results_`` of any search, ``GridSearchCV``'s as well.
"""

import math
from typing import Any

import numpy as np
import pandas as pd

from sklearn_bayes_search._sklearn_compat import numeric_limits
from sklearn_bayes_search.results._folds import error_factor
from sklearn_bayes_search.results._observed import Observed, observe
from sklearn_bayes_search.results._reader import MEAN
from sklearn_bayes_search.results._score_model import ScoreModel
from sklearn_bayes_search.results._shares import importance_table
from sklearn_bayes_search.results._variance import factors
from sklearn_bayes_search.space._dimensions import Dimension, Integer, is_number

# Values along a range, and functions drawn there.
N_STEPS, N_DRAWS = 33, 400
# The border is the outer tenth of a range, and its last value at least.
BORDER = 0.1
# Probability that the best along the range lies at the border, from which on a wider
# one is advised. See the measurements in doc/common_mistakes.rst.
LIKELY = 0.8
# Least rise towards the border, in standard errors of the comparison of two settings,
# and as a share of the differences over the space.
LEAST_RISE, LEAST_SHARE = 0.5, 0.01
# Settings, at least, further inside: else nothing is known of the way to the border,
# unless from other data.
LEAST_INSIDE, LEAST_INSIDE_INFORMED = 3, 1
# Highest over lowest value from which on a range may be logarithmic.
LOG_FROM = 8.0
# What boosting packages permit, where that is less than a range lets one guess.
# Estimators of scikit-learn tell it themselves.
LIMITS = {
    ("lightgbm", "num_leaves"): (2, 131_072),
    ("lightgbm", "max_bin"): (2, math.inf),
    ("xgboost", "max_bin"): (2, math.inf),
    ("catboost", "depth"): (1, 16),
    ("catboost", "max_depth"): (1, 16),
}

# parameter, finding, bound, try, probability, text
Finding = tuple[str, str, float, float, float, str]


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
          for "flat" and for the length of a ``path``,
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
    A Gaussian process is fitted to all candidates. From the one that it finds best,
    each range of numbers is followed from end to end. An end is reported where the
    highest score lies within the outer tenth, where it does so in four of five
    functions drawn from the process, too, and where it is higher than at any candidate
    further inside. The best score of all must be there as well. It must be so by half
    of the standard error of the difference of two candidates, with the variance over
    the folds corrected for overlapping training sets [1]_, and by 1 % of the
    differences over the space. :doc:`/common_mistakes` tells how often that was right.

    The bound to try is further out by half of a linear range, by a third of the decades
    of a logarithmic one, at least one and at most three. It stays within what the
    estimator allows, or, of an estimator that does not tell, positive where the range
    is, at most 1 where it lies between 0 and 1, and at least 1 for ints that are. At
    such a limit there is nothing to report.

    Nothing is said of an end where fewer than 3 candidates lie further inside than the
    outer fifth: what the score does there is not known. After a search with experience
    from other data the process has it, too, and one such candidate is enough.

    Of a search with a ``path``, an end of the lengths is reported where the curve of
    the best candidate is highest there, by the same margins.

    "flat" is a parameter that "hardly" matters by `parameter_importance`. Nothing is
    called so with fewer than 4 candidates that have a score on all folds, or fewer than
    2.5 for each parameter.

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
    return findings_of(model, importance_table(model))


def findings_of(model: ScoreModel, importance: pd.DataFrame) -> pd.DataFrame:
    """Make the table of `check_ranges` from that of `parameter_importance`."""
    observed = model.observed
    if observed.informed is not None:
        model = ScoreModel.fit(observed, observed.informed)
    # the highest of all would often lie where the model only extrapolates
    tried = observed.U[observed.complete & np.isfinite(observed.scores)]
    best = tried[model.predict(tried)[0].argmax()]
    error = _error_of_difference(observed)
    flat = [
        factor.name
        for factor in factors(observed.space)
        if importance["matters"][factor.name] == "hardly"
    ]
    findings = []
    for name in flat:
        text = f"{name}: the score hardly depends on it in the range that was searched."
        findings.append((name, "flat", math.nan, math.nan, math.nan, text))
    space = observed.space
    active = space.dims.active[space.dims.branch_of(best[None])[0]]
    first = int(space.dims.branch is not None)
    for column, (name, dimension) in enumerate(space.columns, start=first):
        low, high = (dimension.decode(u) for u in space.reach[column])
        numeric = not dimension.categorical and is_number(low) and is_number(high)
        if active[column] and numeric and name not in flat:
            findings += _at_border(model, best, column, name, dimension, error)
    if observed.path is not None:
        least = max(LEAST_RISE * error, LEAST_SHARE * model.unit)
        findings += _at_end_of_path(observed, *observed.path, least)
    columns = ["parameter", "finding", "bound", "try", "probability", "text"]
    return pd.DataFrame(findings, columns=columns)


def _error_of_difference(observed: Observed) -> float:
    """Return the standard error of the difference of two candidates; 0 if not known.

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


def _at_border(
    model: ScoreModel,
    best: np.ndarray,
    column: int,
    name: str,
    dimension: Dimension,
    error: float,
) -> list[Finding]:
    """Report at most one end of a range."""
    space = model.observed.space
    low, high = space.reach[column]
    line = np.tile(best, (N_STEPS, 1))
    line[:, column] = np.linspace(low, high, N_STEPS)
    line = np.unique(space.snap(line), axis=0)
    mean, _ = model.predict(line)
    seen = model.observed
    kept = seen.complete & space.dims.active[space.dims.branch_of(seen.U), column]
    tried, scores = seen.U[kept], np.where(seen.eligible, seen.scores, np.nan)[kept]
    tried_mean, _ = model.predict(tried)
    n_needed = LEAST_INSIDE if seen.informed is None else LEAST_INSIDE_INFORMED
    # distances from either end, in parts of the range
    for side, sign, end in (("upper", -1, high), ("lower", 1, low)):
        away, tried_away = (
            sign * (U[:, column] - end) / (high - low) for U in (line, tried)
        )
        # of discrete values the outermost, wherever they lie
        width = max(BORDER, away.min())
        border, inside = away <= width, away > 2 * BORDER
        tried_inside = tried_away > 2 * BORDER
        n_inside = np.isfinite(scores[tried_inside]).sum()
        if not border[mean.argmax()] or not inside.any() or n_inside < n_needed:
            continue
        # the others may make up for it: a good setting inside, wherever it is, will do
        at_end = tried_away <= width
        highest, others = (
            np.nanmax(scores[own], initial=-np.inf) for own in (at_end, ~at_end)
        )
        if others >= highest:
            continue
        rise = mean[border].max() - max(mean[inside].max(), *tried_mean[tried_inside])
        drawn = model.sample(line, np.random.default_rng(0), N_DRAWS)
        probability = float(np.mean(border[drawn.argmax(axis=1)]))
        least = max(LEAST_RISE * error, LEAST_SHARE * model.unit)
        if rise < least or probability < LIKELY:
            continue
        return _finding(seen, name, dimension, (low, high), side, probability)
    return []


def _at_end_of_path(
    observed: Observed,
    name: str,
    grid: tuple[int, ...],
    curves: pd.DataFrame,
    least: float,
) -> list[Finding]:
    """Report an end of a path where the best candidate's curve is highest."""
    column = MEAN + observed.metric
    if column not in curves:  # a cost
        return []
    curve = curves[curves["candidate"] == observed.rows[observed.best]]
    lengths, scores = curve["length"].to_numpy(), curve[column].to_numpy()
    for side, end in (("upper", grid[-1]), ("lower", grid[0])):
        away = np.abs(np.log(lengths / end))
        inside = away > 2 * BORDER * np.log(grid[-1] / grid[0])
        if not inside.any() or lengths[scores.argmax()] != end:
            continue
        if scores.max() - scores[inside].max() >= least:
            whole = Integer(grid[0], grid[-1], log=True)
            return _finding(observed, name, whole, whole.reach, side, math.nan)
    return []


def _finding(
    observed: Observed,
    name: str,
    dimension: Dimension,
    reach: tuple[float, float],
    side: str,
    probability: float,
) -> list[Finding]:
    """Return the row of a bound; none at a limit."""
    advice = _advice(observed, name, dimension, reach, side)
    if advice is None:
        return []
    bound, further, phrase = advice
    text = (
        f"{name}: the best is at the {side} bound {bound:g} and the score still rises "
        f"there; try {phrase}."
    )
    return [(name, f"{side} bound", bound, further, probability, text)]


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
    sign = 1 if side == "upper" else -1
    bound = float(high if side == "upper" else low)
    if log:
        factor = 10 ** min(max(math.log10(high / low) / 3, 1.0), 3.0)
        further = bound * factor if side == "upper" else bound / factor
        further = _round(further, further)
    else:
        width = (high - low) / 2
        further = _round(bound + sign * width, width / 10)
    if whole:
        further = float(sign * math.ceil(sign * further))
    limits, permit = _limits(observed.estimator, name, whole), ""
    if limits is None:  # guess them from the range that was searched
        is_share = not whole and not log and low >= 0 and high <= 1
        least = -math.inf if low < 0 else float(whole and low >= 1)
        limits = least, 1.0 if is_share else math.inf
        permit = ", if the estimator permits"
    least, most = limits
    if further <= least == 0 < low and not whole:
        further = _round(low / 10, low / 10)  # 0 itself is often excluded
    further = min(max(further, least), most)
    if sign * (further - bound) <= 0:
        return None
    phrase = f"{'up' if side == 'upper' else 'down'} to {further:g}"
    return bound, further, phrase + permit


def _limits(estimator: Any, name: str, whole: bool) -> tuple[float, float] | None:
    """Return the least and the highest number of a parameter; None if not known."""
    part, _, last = name.rpartition("__")
    owner = estimator
    if part and hasattr(estimator, "get_params"):
        owner = estimator.get_params().get(part)
    for cls in type(owner).__mro__:
        limits = LIMITS.get((cls.__module__.partition(".")[0], last))
        if limits is not None:
            return limits
    return numeric_limits(estimator, name, whole)


def _round(value: float, step: float) -> float:
    """Round to the power of 10 that is not above a step."""
    unit = 10.0 ** math.floor(math.log10(step))
    return float(f"{round(value / unit) * unit:.12g}")
