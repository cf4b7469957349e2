"""From scores to what a model learns: winsorised and standardised, only here."""

from collections.abc import Sequence

import numpy as np

from sklearn_bayes_search.optimizer._trial import Outcome

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
