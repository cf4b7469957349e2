"""What earlier searches tell the model: observations with a weight that must be earned.

Scores of other data or other splits cannot be compared with the present ones, but their
order says much. So the scores of a *source*, one earlier search, become normal scores
``z`` by their ranks, and a Gaussian process ``m`` through them says what the source
predicts at the present points. The regression of the present scores on that, ``y = c +
a m(U) + e`` with ``a >= 0``, places the source on the present scale: its rows join the
present ones as observations ``c + a z`` with the variance of ``e`` as known noise. The
rows err together where the source differs, so that all of them weigh only twice as much
as the present ones. A source that ranks otherwise gets a small ``a`` and a large noise,
and one that contradicts is left out.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy.stats import norm, rankdata

from sklearn_bayes_search.optimizer._design import encode_given
from sklearn_bayes_search.optimizer._objectives import shortfalls
from sklearn_bayes_search.optimizer._trial import is_score
from sklearn_bayes_search.optimizer.surrogate import GaussianProcess
from sklearn_bayes_search.space import Space

# Candidates of one earlier search with their scores, NaN for a failure, and if known
# with what is limited.
EarlierResults: TypeAlias = Sequence[tuple[Any, ...]]

# The belief that a source ranks as this search does, a = 1, is worth so many present
# scores; a part of their variance is then expected to remain.
BELIEF, EXPECTED_NOISE = 3.0, 0.3
# With a smaller slope the rows would only say that all candidates are equally good.
SMALLEST_SLOPE = 0.05
# The sources together weigh as much as so many times the present points.
WEIGHT = 2.0
# More rows, of all sources together, would slow each ask and add little.
MAX_ROWS = 150
# What a failure adds to the noise, in squared normal scores.
FAILURE_NOISE = 1.0


class EarlierSearches:
    """Earlier searches, ready to join the present points.

    ``best`` holds the best candidate of each as a pair of row and params.
    """

    def __init__(
        self,
        space: Space,
        prior_results: Any,
        rng: np.random.Generator,
        limits: Sequence[float] = (),
    ) -> None:
        self.best: list[tuple[np.ndarray, dict[str, Any]]] = []
        self._sources: list[_Source] = []
        given = _check_sources(prior_results, len(limits))
        for number, pairs in enumerate(given):
            which = f"of source {number} in 'prior_results'"
            rows = [
                encode_given(
                    space, params, f"Setting {index} {which}", " Leave it out."
                )
                for index, (params, *_) in enumerate(pairs)
            ]
            U = np.array(rows)
            scores = np.array([score for _, score, *_ in pairs], dtype=float)
            scores[~np.isfinite(scores)] = np.nan
            best = _best_row(pairs, limits)
            self.best.append((U[best], dict(pairs[best][0])))
            if len(np.unique(scores)) == 1:  # nothing to learn from equal scores
                continue
            chosen = _representative(scores, max(MAX_ROWS // len(given), 2))
            z = normal_scores(scores)[chosen]
            noise = FAILURE_NOISE * np.isnan(scores[chosen])
            model = GaussianProcess()
            model.fit(U[chosen], z, noise=noise, dims=space.dims, rng=rng)
            self._sources.append(_Source(U[chosen], z, noise, model))

    def __len__(self) -> int:
        return len(self._sources)

    def place(
        self, U: np.ndarray, y: np.ndarray, noise: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Scale the rows of the sources like the present scores.

        Takes the present points, their standardised scores and known noise: where it is
        large, the agreement counts little. Returns the same of the sources that agree.
        """
        placed = [(U[:0], y[:0], noise[:0])]
        for source in self._sources:
            m = source.model.posterior(U).mean
            weights = 1 / (1 + noise)
            n = float(weights.sum())
            y_mean, m_mean = weights @ y / n, weights @ m / n
            dy, dm = y - y_mean, m - m_mean
            # Bayesian linear regression with conjugate beliefs, a cut off at 0
            a = (weights @ (dm * dy) + BELIEF) / (weights @ dm**2 + BELIEF)
            if a < SMALLEST_SLOPE:
                continue
            left = weights @ (dy - a * dm) ** 2
            variance = (left + BELIEF * EXPECTED_NOISE) / (n + BELIEF)
            variance *= max(1.0, len(self) * len(source.z) / (WEIGHT * n))
            scores = y_mean + a * (source.z - m_mean)
            placed.append((source.U, scores, variance + a**2 * source.noise))
        rows, all_scores, variances = map(np.concatenate, zip(*placed, strict=True))
        return rows, all_scores, variances


@dataclass(frozen=True, eq=False)
class _Source:
    """One earlier search: points (n, n_dims), normal scores (n,), their known noise."""

    U: np.ndarray
    z: np.ndarray
    noise: np.ndarray
    model: GaussianProcess


def by_objective(prior_results: Any, n_objectives: int) -> list[Any]:
    """Split sources whose candidates have a score for each objective.

    For each objective, sources without a finite score of it are left out.
    """
    if n_objectives == 1 or prior_results is None:
        return [prior_results] * n_objectives
    rule = (
        "The 'prior_results' parameter must be a list of sources, each a list of pairs "
        f"of a dict of parameters and {n_objectives} scores, one for each objective."
    )
    if not _is_sequence(prior_results):
        raise TypeError(f"{rule} Got {prior_results!r} instead.")
    for number, source in enumerate(prior_results):
        if not _is_sequence(source):
            raise TypeError(f"{rule} Source {number} is {source!r}.")
        for pair in source:
            is_pair = _is_sequence(pair) and len(pair) > 1
            if not is_pair or np.shape(pair[1]) != (n_objectives,):
                raise TypeError(f"{rule} Source {number} holds {pair!r}.")
    split: list[Any] = []
    for j in range(n_objectives):
        sources = [
            [(params, scores[j], *limited) for params, scores, *limited in source]
            for source in prior_results
        ]
        split.append([s for s in sources if np.isfinite([v for _, v, *_ in s]).any()])
    return split


def best_setting(source: EarlierResults, limits: Sequence[float]) -> Mapping[str, Any]:
    """Return the candidate of a source with the highest score within the limits."""
    params: Mapping[str, Any] = source[_best_row(source, limits)][0]
    return params


def _best_row(source: EarlierResults, limits: Sequence[float]) -> int:
    """Return the best one that reaches the limits, else the nearest; first of equals.

    Limits of which a source has no outcome do not count.
    """
    scores = np.array([score for _, score, *_ in source], dtype=float)
    usable = np.isfinite(scores)
    unknown = np.full(len(limits), np.nan)
    rows = [rest[0] if rest else unknown for _, _, *rest in source]
    limited = np.array(rows, dtype=float).reshape(len(source), len(limits))
    known = np.isfinite(limited[usable]).any(axis=0)
    limited, bounds = limited[:, known], np.array(limits)[known]
    within = usable & np.isfinite(limited).all(axis=1)
    if len(bounds) and within.any():
        short = shortfalls(limited[within], bounds)
        usable = np.zeros(len(scores), dtype=bool)
        usable[np.flatnonzero(within)[short == short.min()]] = True
    return int(np.where(usable, scores, -np.inf).argmax())


def normal_scores(scores: np.ndarray) -> np.ndarray:
    """Replace scores, NaN for the worst, by the normal quantiles of their ranks.

    By G. Blom, "Statistical Estimates and Transformed Beta-Variables", Wiley 1958.
    """
    ranks = rankdata(np.where(np.isnan(scores), -np.inf, scores))
    return np.asarray(norm.ppf((ranks - 0.375) / (len(scores) + 0.25)))


def _representative(scores: np.ndarray, most: int) -> np.ndarray:
    """Choose rows where there are too many: the best, and the rest evenly by rank."""
    order = np.argsort(-np.where(np.isnan(scores), -np.inf, scores), kind="stable")
    if len(order) <= most:
        return np.arange(len(order))
    n_best = most // 2
    even = np.linspace(n_best, len(order) - 1, most - n_best).round().astype(int)
    return np.sort(np.concatenate([order[:n_best], order[even]]))


def _check_sources(value: Any, n_limits: int) -> list[EarlierResults]:
    """Check that it is a sequence of sequences of pairs, a finite score in each.

    With limits, a pair may have the outcomes that they are for as a third.
    """
    if value is None:
        return []
    rule = (
        "The 'prior_results' parameter must be a list of sources, each a list of pairs "
        "of a dict of parameters and a score."
    )
    if not _is_sequence(value):
        raise TypeError(f"{rule} Got {value!r} instead.")
    for number, source in enumerate(value):
        if not _is_sequence(source):
            raise TypeError(f"{rule} Source {number} is {source!r}.")
        for pair in source:
            is_pair = _is_sequence(pair) and len(pair) in (2, 3)
            for limited in pair[2:] if is_pair else ():
                is_pair = np.shape(limited) == (n_limits,)
                is_pair = is_pair and all(map(is_score, limited))
            if not (is_pair and isinstance(pair[0], Mapping) and is_score(pair[1])):
                raise TypeError(f"{rule} Source {number} holds {pair!r}.")
        if not any(math.isfinite(score) for _, score, *_ in source):
            raise ValueError(
                "Each source in the 'prior_results' parameter must have a finite "
                f"score. Source {number} has {len(source)} candidates and no such "
                "score; leave it out."
            )
    return list(value)


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
