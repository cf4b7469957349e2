"""From outcomes to what a model learns: winsorised and standardised, only here."""

from collections.abc import Callable, Sequence

import numpy as np

from sklearn_bayes_search.optimizer._earlier_searches import EarlierSearches
from sklearn_bayes_search.optimizer._trial import History, Outcome, Trial
from sklearn_bayes_search.optimizer._weights import Weight
from sklearn_bayes_search.optimizer.proposer._base import Limited, Observations

# What a failed evaluation tells the model: the worst score seen, with the scores' own
# variance as noise. It keeps the mean low there without a cliff.
FAILURE_NOISE = 1.0
# Scores this many spreads below the median are pulled up. Otherwise a few very poor
# candidates would mask all differences among good ones. Measured with scores of -1e6.
WINSOR_SPREADS = 5.0


def standardise(scores: np.ndarray) -> tuple[np.ndarray, float]:
    """Winsorise the low tail of scores, then scale them to mean 0 and deviation 1.

    Returns ``y``, all 0 when the scores are equal up to rounding, and how large a
    difference of scores is 1 in ``y``. The scores, shape (n,), are finite.
    """
    magnitude = float(np.abs(scores).max()) or 1.0  # 1e300 squared would overflow
    y = scores / magnitude
    middle = float(np.median(y))
    spread = max(y.max() - middle, middle - float(np.quantile(y, 0.25)))
    if spread == 0:  # most scores are equal: take the typical distance of the others
        others = np.abs(y - middle)[y != middle]
        spread = float(np.median(others)) if len(others) else 0.0
    y = np.maximum(y, middle - WINSOR_SPREADS * spread)
    y = y - y.mean()
    deviation = float(y.std())
    tiny = float(np.finfo(float).tiny)  # of scores like 1e-320 the product is 0
    if deviation < 1e-12:
        return np.zeros(len(y)), max(magnitude, tiny)
    return y / deviation, max(magnitude * deviation, tiny)


def scale_of(scores: np.ndarray) -> tuple[float, float]:
    """Return centre and unit: a score is ``centre + unit * y`` unless winsorised."""
    y, unit = standardise(scores)
    best = int(scores.argmax())  # never winsorised
    return float(scores[best] - unit * y[best]), unit


def targets(
    outcomes: Sequence[Outcome], failed: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what a model learns: standardised scores and their known variances.

    Both have shape (n_outcomes,); where it ``failed``, the score is the worst one.
    """
    scores = np.array([outcome.score for outcome in outcomes])
    y, unit = standardised_scores(scores, failed)
    noise = np.array([outcome.noise for outcome in outcomes])
    return y, standardised_noise(noise, unit, failed)


def standardised_scores(
    scores: np.ndarray, failed: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return standardised scores, the worst one where it ``failed``, and their unit."""
    y = np.empty(len(scores))
    y[~failed], unit = standardise(scores[~failed])
    y[failed] = y[~failed].min()
    return y, unit


def standardised_noise(
    noise: np.ndarray, unit: float, failed: np.ndarray
) -> np.ndarray:
    """Return known variances of scores in units of standardised ones."""
    # more than 1e3 units is as good as unknown; cut off first, the ratio may overflow
    error = np.minimum(np.sqrt(noise), 1e3 * unit) / unit
    return np.where(failed, FAILURE_NOISE, error**2)


def observations_of(
    history: History,
    pending: Sequence[Trial],
    earlier: Sequence[EarlierSearches],
    limits: np.ndarray,
    weights: Sequence[Callable[[History], Weight | None]],
) -> Observations | None:
    """Return what a proposer is passed; None if there is nothing to learn.

    ``earlier`` has an entry for each objective.
    """
    outcomes = list(history)
    failed = np.array([outcome.failed for outcome in outcomes])
    y, noise = targets(outcomes, failed)
    U = np.array([outcome.trial.row for outcome in outcomes])
    others = _other_objectives(outcomes, U, failed, earlier[1:])
    all_equal = np.ptp(y) == 0 and not any(np.ptp(other.y) for other in others)
    if all_equal and not failed.any() and not len(earlier[0]):
        return None  # a model of equal scores would stay in the corners
    weighed = [weigh(history) for weigh in weights]
    return Observations(
        U=U,
        y=y,
        noise=noise,
        failed=failed,
        pending=np.array([t.row for t in pending]).reshape(-1, U.shape[1]),
        seconds=np.array([outcome.seconds for outcome in outcomes]),
        earlier=earlier[0].place(U, y, noise),
        weights=[weight for weight in weighed if weight is not None],
        others=others,
        limits=_limited(outcomes, U, failed, limits),
    )


def _other_objectives(
    outcomes: Sequence[Outcome],
    U: np.ndarray,
    failed: np.ndarray,
    earlier: Sequence[EarlierSearches],
) -> list[Observations]:
    """Return what is known of each objective after the first."""
    others, no_noise = [], np.zeros(len(U))
    for j, of_objective in enumerate(earlier, start=1):
        scores = np.array(
            [np.nan if o.scores is None else o.scores[j] for o in outcomes]
        )
        y, _ = standardised_scores(scores, failed)
        noise = np.where(failed, FAILURE_NOISE, no_noise)
        others.append(
            Observations(
                U=U,
                y=y,
                noise=noise,
                failed=failed,
                pending=U[:0],
                earlier=of_objective.place(U, y, noise),
            )
        )
    return others


def _limited(
    outcomes: Sequence[Outcome], U: np.ndarray, failed: np.ndarray, limits: np.ndarray
) -> list[Limited]:
    """Return what is known of the outcomes that have limits."""
    if not len(limits):
        return []
    known = [o.limited for o in outcomes if not o.failed and o.limited is not None]
    limited = []
    for values, limit in zip(np.array(known).T, limits, strict=True):
        y, unit = standardise(values)
        centre, _ = scale_of(values)
        bound = float(np.clip((limit - centre) / unit, -1e6, 1e6))
        limited.append(Limited(U=U[~failed], y=y, bound=bound))
    return limited
