"""An additive model of fold scores: what a candidate's first folds tell of its mean.

Every candidate is scored on the same folds, ``s_ij = m_i + b_j + e_ij``: candidate
``i`` has the mean ``m_i``, fold ``j`` is easier by ``b_j`` for all of them, and only
the interaction ``e_ij`` of variance ``v`` blurs their comparison. For good models the
deviation over the folds is mostly ``b_j``; taking it for noise would overstate the
variance of a comparison 2 to 23 times.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri, stdtr, stdtrit


def deviation(scores: np.ndarray, axis: int = 0) -> np.ndarray:
    """Compute the standard deviation of a sample, also where squares overflow."""
    # a power of two: the result is the same to the last bit
    _, exponent = np.frexp(np.abs(scores).max(axis=axis, keepdims=True))
    with np.errstate(invalid="ignore"):  # inf - inf
        scaled = np.ldexp(scores, -exponent).std(axis=axis, ddof=1)
    return np.asarray(np.ldexp(scaled, exponent.squeeze(axis)))


def mean_and_error(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the mean over the folds, the first axis, and its standard error."""
    n_splits = len(scores)
    with np.errstate(invalid="ignore"):  # inf - inf
        mean = np.mean(scores, axis=0)
        if n_splits == 1:
            return mean, np.full_like(mean, np.nan)
        return mean, deviation(np.asarray(scores)) / np.sqrt(n_splits)


def mean_test_share(splits: Iterable[tuple[np.ndarray, np.ndarray]]) -> float:
    """Compute the test samples for each training sample, the mean over the splits.

    A split is indices for training and test, or masks over all samples.
    """

    def size(part: np.ndarray) -> int:
        part = np.asarray(part)
        return int(part.sum()) if part.dtype == bool else len(part)

    return float(np.mean([size(test) / size(train) for train, test in splits]))


def without_rounding(scores: np.ndarray) -> np.ndarray:
    """Round scores to 12 digits of the row's largest: sums in any order are equal.

    They have shape (n_candidates, n_splits), NaN where there is none.
    """
    largest = np.abs(np.nan_to_num(scores)).max(axis=1, keepdims=True)
    _, exponent = np.frexp(largest)
    scaled = np.ldexp(scores, -exponent)
    return np.asarray(np.ldexp(scaled.round(12), exponent))


def first_of_equals(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the rows of scores (n_candidates, n_splits) that no earlier candidate has.

    Returns them, and how many later ones have the same, (n_different,) each.
    """
    _, rows, counts = np.unique(
        without_rounding(scores), axis=0, return_index=True, return_counts=True
    )
    order = np.argsort(rows)
    return rows[order], counts[order] - 1


# So many folds of a candidate's own weigh as much as the variance of the best ones.
PRIOR_FOLDS = 8
# How often the choice is repeated: the luck then has an error of about 2 %.
N_DRAWS = 1000
# Interactions as large as these are not the chance of a candidate like the best ones.
EXTREME = 0.001


def error_factor(n_splits: int, test_share: float | None = None) -> float:
    """Return the standard error of a mean over folds, for a deviation over them of 1.

    Training sets overlap: the square root of ``1 / n_splits`` is too small, it takes
    ``test_share`` more, see C. Nadeau and Y. Bengio, "Inference for the Generalization
    Error", Machine Learning 52, 2003, eq. (6). None is that of k folds.
    """
    test_share = 1 / (n_splits - 1) if test_share is None else test_share
    return float((1 / n_splits + test_share) ** 0.5)


def mean_and_bound(
    scores: np.ndarray, level: float, test_share: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return means over the folds, and how far a one-sided bound is from each.

    ``scores``, or differences of scores, have shape (..., n_splits). By the corrected
    resampled t test, see `error_factor`. With one fold bounds are infinitely far.
    """
    mean, n_splits = scores.mean(axis=-1), scores.shape[-1]
    if n_splits < 2:
        return mean, np.full_like(mean, np.inf)
    error = deviation(scores, axis=-1) * error_factor(n_splits, test_share)
    return mean, np.asarray(stdtrit(n_splits - 1, level) * error)


@dataclass(frozen=True, eq=False)
class FoldModel:
    """Effects of the folds and the variance that is left without them.

    ``effects`` (n_splits,) are by how much each fold lifts the score, with a mean of 0;
    ``variance`` is that of the interaction of candidate and fold, in squared units of
    the score; they were learned from ``n_rows`` candidates.
    """

    effects: np.ndarray
    variance: float
    n_rows: int

    @classmethod
    def fit(cls, scores: np.ndarray, share: float = 0.5) -> "FoldModel":
        """Learn from the better half of the candidates; bad ones scatter otherwise.

        Or from another ``share``. ``scores`` (n_candidates, n_splits) are finite, at
        least two by two. Least squares in a table of two ways: H. Scheffé, "The
        Analysis of Variance", Wiley 1959, section 4.2.
        """
        n_rows = min(max(4, math.ceil(share * len(scores))), len(scores))
        best = np.argsort(-scores.mean(axis=1), kind="stable")[:n_rows]
        table = scores[best]
        effects = table.mean(axis=0) - table.mean()
        left = table - table.mean(axis=1, keepdims=True) - effects
        n_free = (n_rows - 1) * (table.shape[1] - 1)
        with np.errstate(over="ignore"):  # of scores like 1e300: nothing is known
            variance = float((left**2).sum() / n_free)
        return cls(effects, variance, n_rows)

    def estimate(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Estimate the mean over all folds from some, and the variance of its error.

        ``scores`` (n_candidates, n_splits) are NaN where a fold was not scored, but not
        in a whole row. The interactions are finite in number, so that the variance
        falls to 0 with the last fold: W. G. Cochran, "Sampling Techniques", Wiley 1977,
        section 2.6. A candidate that scatters more than the best is less certain.
        """
        n_splits = len(self.effects)
        known = np.isfinite(scores)
        n_known = known.sum(axis=1)
        mean = np.where(known, scores - self.effects, 0.0).sum(axis=1) / n_known
        left = self._interactions(scores, mean)
        share = (1 / n_known - 1 / n_splits) * (1 + 1 / self.n_rows)
        # of scores like 1e300 nothing is known
        with np.errstate(over="ignore", invalid="ignore"):
            own = (left**2).sum(axis=1) + PRIOR_FOLDS * self.variance
            variance = np.maximum(own / (n_known - 1 + PRIOR_FOLDS), self.variance)
            return mean, variance * share

    def chance_above(self, score: float, scores: np.ndarray) -> np.ndarray:
        """Return the probability that each row's mean over all folds is above a score.

        By Student's distribution, since the variance is estimated, too.
        """
        mean, variance = self.estimate(scores)
        n_free = (self.n_rows - 1) * (len(self.effects) - 1)
        # equal but for rounding, where nothing scatters: a chance of one half
        error = np.sqrt(variance) + 1e-12 * abs(score) + np.finfo(float).tiny
        with np.errstate(over="ignore"):
            return np.asarray(stdtr(n_free, (mean - score) / error))

    def luck(self, scores: np.ndarray, factor: float) -> float:
        """Estimate how much of the highest mean is optimism, by repeating the choice.

        Normal errors are drawn with the covariance of the candidates' interactions, so
        that those that score alike err together. ``scores`` are as for
        `estimate`; ``factor`` is the variance of the error of a mean for an interaction
        of variance 1.
        """
        n_free = len(self.effects) - 1
        means, _ = self.estimate(scores)
        unbiased = (self.n_rows / (self.n_rows - 1)) ** 0.5
        left = self._interactions(scores, means) * unbiased
        # one very bad fold is no luck that another draw would spare the candidate
        most = self.variance * chdtri(n_free, EXTREME) / n_free
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            own = (left**2).sum(axis=1) / n_free
            shrink = np.where(own > most, np.sqrt(most / own), 1.0)
        left, own = left * shrink[:, None], np.minimum(own, most)
        # what a candidate with few folds would show on the others
        partial = ~np.isfinite(scores).all(axis=1) & (own < self.variance)
        unseen = np.where(partial, self.variance - own, 0.0)
        rng = np.random.default_rng(0)  # always the same draws
        seen = rng.normal(size=(N_DRAWS // 2, n_free + 1)) @ left.T / n_free**0.5
        errors = seen + rng.normal(size=seen.shape) * np.sqrt(unseen)
        errors = factor**0.5 * np.vstack([errors, -errors])
        chosen = (means + errors).argmax(axis=1)
        return max(float(errors[np.arange(len(errors)), chosen].mean()), 0.0)

    def error(
        self, scores: np.ndarray, common: float, own: float
    ) -> tuple[float, float]:
        """Return the standard error of a candidate's mean and its degrees of freedom.

        ``scores`` (n_splits,) are finite; ``common`` and ``own`` are the variance of
        the error of a mean for effects of the folds and for an interaction of variance
        1. There are few folds but many interactions: F. E. Satterthwaite, "An
        Approximate Distribution of Estimates of Variance Components", Biometrics
        Bulletin 2, 1946.
        """
        n_free = len(self.effects) - 1
        left = self._interactions(scores[None], scores.mean()[None])[0]
        own_variance = ((left**2).sum() + PRIOR_FOLDS * self.variance) / (
            n_free + PRIOR_FOLDS
        )
        of_folds = (self.effects**2).sum() / n_free - self.variance / self.n_rows
        parts = np.array([common * max(of_folds, 0.0), own * own_variance])
        total = parts.sum()
        if total == 0:
            return 0.0, float(n_free)
        free = np.array([n_free, n_free * max(self.n_rows - 1, 1)])
        return float(total**0.5), float(1 / ((parts / total) ** 2 / free).sum())

    def _interactions(self, scores: np.ndarray, means: np.ndarray) -> np.ndarray:
        """Return what is left of scores without means and effects, 0 where unknown."""
        left = scores - self.effects - means[:, None]
        return np.where(np.isfinite(scores), left, 0.0)


def estimate_paused(
    scores: np.ndarray, paused: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Estimate means of paused candidates, and variances, by what complete ones tell.

    ``scores`` (n_candidates, n_splits) are NaN where a fold was not scored or failed.
    When a candidate was paused, fewer were complete: it may have had another estimate.
    NaN where none is complete.
    """
    whole = np.unique(scores[np.isfinite(scores).all(axis=1)], axis=0)
    if len(whole) == 0:
        unknown = np.full(paused.sum(), np.nan)
        return unknown, unknown
    # one candidate tells the effects of the folds only
    model = FoldModel.fit(whole if len(whole) > 1 else whole.repeat(2, axis=0))
    mean, variance = model.estimate(scores[paused])
    return mean, np.minimum(variance, np.finfo(float).max)
