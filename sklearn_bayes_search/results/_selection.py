"""Which candidate to take, and how good it really is: from the scores on the folds.

All of it works on ``cv_results_`` of any search with the same folds for every
candidate, ``GridSearchCV``'s as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from scipy.stats import t as student
from sklearn.base import is_classifier, is_regressor

from sklearn_bayes_search._sklearn_compat import scorer_name, splitter_sizes
from sklearn_bayes_search.exceptions import check_number, did_you_mean, safe_repr
from sklearn_bayes_search.results._folds import (
    FoldModel,
    deviation,
    error_factor,
    mean_and_bound,
    mean_and_error,
    mean_test_share,
    without_rounding,
)
from sklearn_bayes_search.results._reader import (
    MEANS,
    SearchResults,
    check_metric,
    read_results,
)

# Stands for the value of a parameter that a candidate does not have.
ABSENT = ()
# How names of scikit-learn's metrics begin, by their least and highest score.
RANGES = {
    (0.0, 1.0): (
        *("accuracy", "balanced_accuracy", "top_k_accuracy", "average_precision"),
        *("f1", "precision", "recall", "jaccard", "roc_auc"),
        *("completeness", "homogeneity", "v_measure", "rand_score"),
    ),
    (-1.0, 1.0): ("matthews_corrcoef", "cohen_kappa"),
    (-np.inf, 1.0): ("r2", "explained_variance", "d2_", "adjusted_rand"),
    (-np.inf, 0.0): ("neg_",),
}
# By how much training sets that differ from fold to fold, and the samples that all of
# them share, add to the error of a mean, in shares of what independent folds give it.
# The scores do not show it: 0.2 to 1.1 of it were seen for k folds, 3 when one sample
# was left out, where it is worth a larger share.
UNSEEN, UNSEEN_BY_MANY = 0.5, 1.5
# A model that proposes settings near lucky ones has more of it, which none of them
# shows, and fewer typical ones: the best is not corrected below this quantile.
UNSEEN_BY_MODEL = 1.0
TYPICAL, TYPICAL_OF_MODEL = 0.5, 0.25
MANY_FOLDS = 20
# The part of a fold's interaction that is of its samples, the rest is of its training
# set and falls with the number of folds even where test sets overlap.
OF_SAMPLES = 0.5
# Rounding errors of a score are smaller, in shares of it.
TINY = 1e-12
# How uncertain the luck itself is, in shares of it.
ERROR_OF_LUCK = 0.35
# The same where as much luck may be left as is taken away: the standard deviation of
# what lies anywhere between none of it and twice as much, 1 / sqrt(3), rounded up.
ERROR_OF_LUCK_BY_MANY = 0.6


@dataclass(frozen=True, repr=False)
class HonestScore:
    """How good the best candidate is, without the optimism of having been chosen.

    Parameters
    ----------
    score : float
        Estimate of its score on new data.
    low, high : float
        Interval that holds that score with the probability ``level``. It ends where the
        metric does, if that is one of scikit-learn's.
    optimism : float
        By how much the candidate's mean over the folds, which is ``best_score_`` if it
        is that of the refit, is above ``score``, >= 0.
    level : float
        Probability of the interval.
    caveat : str, default=""
        What the folds cannot tell, a sentence; empty where there is nothing to say.
    """

    score: float
    low: float
    high: float
    optimism: float
    level: float
    caveat: str = ""

    def __repr__(self) -> str:
        numbers = ("score", "low", "high", "optimism", "level")
        shown = [f"{name}={getattr(self, name):.4g}" for name in numbers]
        if self.caveat:
            shown.append(f"caveat={self.caveat!r}")
        return f"HonestScore({', '.join(shown)})"


def honest_score(
    results: Any,
    *,
    metric: str | None = None,
    level: float = 0.95,
    test_share: float | None = None,
    index: int | None = None,
) -> HonestScore:
    """Correct the best score for having been chosen as the highest of many.

    The mean of the best candidate is high because it is good, and because the chance in
    the folds was in its favour. The second part is its optimism. The folds show how
    large it is: beyond what makes a fold easy or hard for all, each candidate is better
    on one fold and worse on another. So the choice is repeated with errors of that size
    added to all means. The error that the chosen one has, on average, is the optimism.
    Only fold scores are needed, nothing is fitted.

    Parameters
    ----------
    results : fitted search, dict or DataFrame
        A search with ``cv_results_``, these, or a table of them.
    metric : str, default=None
        Which one, where there are several. None is the one of ``refit``, else what a
        `BayesSearchCV` maximised, else "score", else the only one.
    level : float, default=0.95
        Probability of the interval, in (0, 1).
    test_share : float, default=None
        Test samples for each training sample. None is what the search tells, see
        `known_test_share`; where that is nothing, 1 / (k - 1), as with k folds. Give it
        with ``cv_results_`` of repeated or shuffled splits: 0.25 for 5 folds, however
        often they are repeated.
    index : int, default=None
        Row of the candidate. None is the one that a search chose by a function,
        ``refit``, or within ``limits``, and else the one with the best mean of the
        ``metric``. Where ``refit`` is another metric, ``search.best_index_`` is the
        candidate of ``best_estimator_``.

    Returns
    -------
    honest : HonestScore
        Estimate, interval and optimism. With a ``caveat`` where all folds score the
        same, or where there are so many that their training sets hardly differ.

    Raises
    ------
    ValueError
        If there are fewer than two folds, or no candidate, or not that of ``index``,
        has a score on all of them.

    Notes
    -----
    Scores are a candidate's mean, an effect of the fold and an interaction, whose
    variance is learned from the better half of the candidates. The error of a mean over
    ``k`` disjoint folds has 1.5 / k of that variance, not 1 / k, since training sets
    share samples [1]_: 2 / k in a `BayesSearchCV`, whose model finds more of it, and
    2.5 / k of more than 20 folds. Repeated or shuffled splits test the same samples
    again, so that half of the variance is divided by less than their number. It never
    makes the best one worse than the median of all, or the lower quartile in a
    `BayesSearchCV`.

    The interval is Student's, and holds the variances of the interactions, of the
    effects of the folds, and of the correction. :doc:`/how_good_is_the_best` tells how
    far all this was true.

    References
    ----------
    .. [1] C. Nadeau and Y. Bengio, "Inference for the Generalization Error", Machine
       Learning 52, 2003, section 3.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_bayes_search.results import honest_score
    >>> search = GridSearchCV(
    ...     DecisionTreeClassifier(random_state=0),
    ...     {"max_depth": range(1, 9), "min_samples_leaf": range(1, 9)},
    ... ).fit(*load_wine(return_X_y=True))
    >>> honest = honest_score(search)
    >>> bool(honest.score < search.best_score_)
    True
    """
    found, rows, test_share = _read(results, metric, level, test_share)
    n_splits = found.n_splits
    if n_splits < 2:
        raise ValueError(
            "honest_score needs at least 2 folds to see how scores scatter. "
            f"Got {n_splits}."
        )
    test_share = 1 / (n_splits - 1) if test_share is None else test_share
    by_rule = callable(getattr(results, "refit", None))
    if index is None and (by_rule or getattr(results, "limits", None)):
        index = getattr(results, "best_index_", None)  # none where refit has failed
    if index is not None and index not in rows:
        raise ValueError(
            f"The candidate of row {index!r}, 'index', has no score on all folds."
        )
    if index is None or found.eligible[index]:  # it was chosen among these
        rows = rows[found.eligible[rows]]
    table = found.folds[rows]
    means = table.mean(axis=1)
    chosen = int(means.argmax() if index is None else np.flatnonzero(rows == index)[0])
    paused = found.folds[found.paused & np.isfinite(found.folds).any(axis=1)]
    luck, error, n_free = _luck_and_error(
        table, paused, chosen, test_share, _followed_scores(results)
    )
    # what is below the best by more than its luck owes nothing to luck
    optimism = max(luck - float(means.max() - means[chosen]), 0.0)
    score = float(means[chosen]) - optimism
    half = float(error * student.ppf(0.5 + level / 2, n_free))
    least, most = _range(results, found.metric, table[chosen])
    return HonestScore(
        score=score,
        low=max(score - half, min(least, score)),
        high=min(score + half, most),
        optimism=optimism,
        level=level,
        caveat=_caveat(half, n_splits, test_share),
    )


def score_of_choice(
    search: Any, fold_scores: np.ndarray, score: float, level: float
) -> HonestScore:
    """Return the mean of scores on folds that a choice, which has ``score``, left out.

    The interval is Student's, with the variance for overlapping training sets.
    """
    check_number("level", level, above=0, below=1)
    n = len(fold_scores)
    if n < 2:
        raise ValueError(
            f"honest_score needs at least 2 folds. Got {search.n_splits_}."
        )
    test_share = known_test_share(search)
    mean, half = map(float, mean_and_bound(fold_scores, 0.5 + level / 2, test_share))
    least, most = _range(search, search.objective_metric_, fold_scores)
    return HonestScore(
        score=mean,
        low=max(mean - half, min(least, mean)),
        high=min(mean + half, most),
        optimism=max(score - mean, 0.0),
        level=level,
        caveat=_caveat(half, n, test_share or 1 / (n - 1)),
    )


def _read(
    results: Any, metric: str | None, level: float, test_share: float | None
) -> tuple[SearchResults, np.ndarray, float | None]:
    """Check the options; return the results, rows with all folds, and the share."""
    check_number("level", level, above=0, below=1)
    if test_share is None:
        test_share = known_test_share(results)
    else:
        check_number("test_share", test_share, least=0, other=" or None")
    found = read_results(results, metric)
    return found, _on_all_folds(found), test_share


def _luck_and_error(
    table: np.ndarray,
    paused: np.ndarray,
    chosen: int,
    test_share: float,
    followed: bool,
) -> tuple[float, float, float]:
    """Return the luck of the best mean, and error and degrees of freedom of a row's."""
    n_splits = table.shape[1]
    # a power of two: the result is the same to the last bit
    _, exponent = np.frexp(np.abs(table[chosen]).max())
    table, paused = np.ldexp(table, -exponent), np.ldexp(paused, -exponent)
    different = np.unique(without_rounding(table), axis=0)
    if len(different) < 2:  # without a choice there is no luck, and no interaction
        own = float(deviation(table[chosen])) * error_factor(n_splits, test_share)
        return 0.0, float(np.ldexp(own, exponent)), n_splits - 1
    model = FoldModel.fit(different)
    every = np.vstack([different, paused])
    tested = test_share / (1 + test_share)  # of all samples, in each fold
    # as many disjoint folds would be worth the samples that were tested
    share = max(1 / n_splits, tested)
    unseen, uncertain = UNSEEN_BY_MODEL if followed else UNSEEN, ERROR_OF_LUCK
    if _nearly_the_same(n_splits, test_share):
        unseen, uncertain = UNSEEN_BY_MANY, ERROR_OF_LUCK_BY_MANY
    factor = OF_SAMPLES * share + (1 - OF_SAMPLES + unseen) / n_splits
    luck = model.luck(every, factor)
    # what samples add to a mean does not fall as they are tested again
    common = share / (1 - share) * (n_splits - 1) / n_splits
    own = common + tested
    quantile = TYPICAL_OF_MODEL if followed else TYPICAL
    typical = np.quantile(model.estimate(every)[0], quantile)
    most = max(float(table.mean(axis=1).max() - typical), 0.0)
    if luck > most + TINY:
        # means that scatter less than interactions let expect err less
        luck, own = most, own * most / luck
    error, n_free = model.error(table[chosen], common, own)
    error = float(np.hypot(error, uncertain * luck))
    return float(np.ldexp(luck, exponent)), float(np.ldexp(error, exponent)), n_free


def _followed_scores(search: Any) -> bool:
    """Check whether a model chose candidates by the scores of earlier ones."""
    optimizer = getattr(search, "optimizer_", None)
    if optimizer is None:
        return False
    least, most = optimizer.n_initial_points, search.search_space_.size
    return bool(least < search.n_iter_ < most)


def _nearly_the_same(n_splits: int, test_share: float) -> bool:
    """Check whether the training sets of disjoint folds hardly differ."""
    return n_splits > MANY_FOLDS and n_splits * test_share < 2


def _caveat(half: float, n_splits: int, test_share: float) -> str:
    """Return what the folds cannot tell."""
    if half == 0:
        return (
            "The score is the same on each fold: that does not tell how much it may be "
            "off."
        )
    if _nearly_the_same(n_splits, test_share):
        return (
            f"The training sets of {n_splits} folds are nearly the same and err "
            "together, which scores of folds do not show: up to half of the luck may "
            "be left."
        )
    return ""


def equivalent_settings(
    results: Any,
    *,
    metric: str | None = None,
    level: float = 0.95,
    test_share: float | None = None,
) -> np.ndarray:
    """Find the candidates that cannot be told from the best one.

    Parameters
    ----------
    results : fitted search, dict or DataFrame
        As for `honest_score`.
    metric : str, default=None
        As for `honest_score`.
    level : float, default=0.95
        A candidate is left out where the best one is better with this confidence, in
        (0, 1).
    test_share : float, default=None
        As for `honest_score`.

    Returns
    -------
    indices : ndarray of shape (n_equivalent,), int
        Rows of ``cv_results_``, the best score first.

    Notes
    -----
    A one-sided t test of the paired differences on the folds, with the variance
    corrected for overlapping training sets [1]_. With ``limits``, all candidates are
    within these. One that was paused is never among them, nor one that failed; but
    ``cv_results_`` do not tell failures where ``error_score`` is a number.
    ``BayesSearchCV.equivalent_params_`` knows of them.

    References
    ----------
    .. [1] C. Nadeau and Y. Bengio, "Inference for the Generalization Error", Machine
       Learning 52, 2003, section 3: the corrected resampled t test.
    """
    found, rows, test_share = _read(results, metric, level, test_share)
    rows = rows[found.eligible[rows]]
    table = found.folds[rows]
    order = np.argsort(-table.mean(axis=1), kind="stable")
    lead, bound = mean_and_bound(table[order[0]] - table[order], level, test_share)
    if found.n_splits < 2:  # nothing tells chance from a lead
        bound[:] = 0.0
    return np.asarray(rows[order[lead <= bound + _rounding_error(table[order])]])


def known_test_share(search: Any) -> float | None:
    """Return how many test samples a search had for each training sample.

    Parameters
    ----------
    search : fitted search or dict
        A `BayesSearchCV` knows the splits that it drew. scikit-learn's searches have
        ``cv``, which tells where it is a list of splits, repeats k folds, or shuffles
        shares of the samples.

    Returns
    -------
    test_share : float or None
        The mean over the splits. None where it is that of k folds, or not known.
    """
    history = getattr(getattr(search, "optimizer_", None), "history", None)
    if history is not None and hasattr(history, "test_share"):
        share: float | None = history.test_share
        return share
    cv = getattr(search, "cv", None)
    if isinstance(cv, list | tuple):
        return mean_test_share(cv)
    sizes = splitter_sizes(cv)
    return None if sizes is None else sizes[0] / sizes[1]


@dataclass(frozen=True)
class OneStandardError:
    """Refit the simplest candidate within one standard error of the best [1]_.

    For ``refit`` of any scikit-learn search. Where scores are nearly equal, the simpler
    model is the safer one.

    Parameters
    ----------
    complexity : str, list of str or callable
        A parameter of which a smaller value is simpler, a minus before its name where
        a larger one is: ``"max_depth"``, ``"-ridge__alpha"``. Its values are numbers or
        None, which is the most complex. Or what ``cv_results_`` has a mean of, as
        ``"mean_fit_time"`` and ``"mean_score_time"``; of a score that begins with
        ``neg_``, as ``"mean_test_neg_model_size"``, the highest is the simplest. Of
        several names the first decides, the next where it is equal. Or a function of
        the parameters that returns a number or a tuple of numbers.
    tolerance : float, default=1.0
        How many standard errors below the best is good enough, >= 0.
    metric : str, default=None
        By which metric; None is the only one, and in a `BayesSearchCV` for several that
        which it maximises.

    Raises
    ------
    ValueError
        If ``tolerance`` is negative.

    Notes
    -----
    With a list of dicts, a parameter may be absent from some candidates. These cannot
    be compared by it with others: it is chosen among those that have the same of the
    names as the best candidate.

    References
    ----------
    .. [1] L. Breiman, J. Friedman, R. Olshen and C. Stone, "Classification and
       Regression Trees", 1984, section 3.4.3.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_bayes_search import BayesSearchCV, OneStandardError
    >>> search = BayesSearchCV(
    ...     DecisionTreeClassifier(random_state=0),
    ...     {"max_depth": range(1, 12)},
    ...     refit=OneStandardError("max_depth"),
    ... ).fit(*load_iris(return_X_y=True))
    >>> search.best_params_  # the best score is that of 4
    {'max_depth': 3}
    """

    complexity: Any
    tolerance: float = 1.0
    metric: str | None = None

    def __post_init__(self) -> None:
        check_number("tolerance", self.tolerance, of="OneStandardError", least=0)

    def __call__(self, cv_results: Mapping[str, Any]) -> int:
        """Choose a row.

        Parameters
        ----------
        cv_results : dict
            Of a search.

        Returns
        -------
        best_index : int
            The simplest of those that are good enough; of equals, the best.

        Raises
        ------
        ValueError
            If a parameter is unknown or has values that are no numbers, or nothing has
            a score on all folds.
        """
        results = read_results(cv_results, self.metric)
        rows = _on_all_folds(results)
        table = results.folds[rows]
        means = table.mean(axis=1)
        best = means.argmax()
        _, error = mean_and_error(table[best])
        error = self.tolerance * np.nan_to_num(error) + _rounding_error(table[best])
        enough = np.flatnonzero(means >= means[best] - error)
        measures = dict(zip(enough, self._measures(results, rows[enough]), strict=True))
        absent = {i: [v is ABSENT for v in own] for i, own in measures.items()}
        alike = [i for i in enough if absent[i] == absent[best]]
        return int(rows[min(alike, key=lambda i: (measures[i], -means[i]))])

    def check(
        self, branches: Sequence[Mapping[str, Any]], metrics: Sequence[str] | None
    ) -> None:
        """Refuse before a search what it would refuse at its end.

        Parameters
        ----------
        branches : sequence of dict
            The dimensions of a `Space` by parameter name.
        metrics : list of str or None
            Of the search; None where they are not known yet.

        Raises
        ------
        ValueError
            If the metric or a name is unknown, or a choice is no number.
        """
        if self.metric is not None and metrics is not None:
            check_metric(self.metric, metrics)
        if callable(self.complexity):
            return
        columns = ["mean_fit_time", "mean_score_time"]
        if metrics is None:
            columns += [n for n in map(_bare, self._signed()) if n.startswith(MEANS)]
        else:
            columns += [part + metric for part in MEANS for metric in metrics]
        for name in self._names(set().union(*branches), columns):
            for branch in branches:
                _check_numbers(name, getattr(branch.get(name), "choices", ()))

    def _names(self, searched: set[str], columns: Sequence[str]) -> list[str]:
        """Return the names without their minus; refuse unknown ones."""
        names = [_bare(name) for name in self._signed()]
        known = [*sorted(searched), *columns]
        unknown = [name for name in names if name not in known]
        if unknown or not names:
            name = unknown[0] if unknown else self.complexity
            raise ValueError(
                "The 'complexity' parameter of OneStandardError must be names of "
                "searched parameters, or of means as 'mean_fit_time', or a function of "
                f"the parameters. Got {name!r}.{did_you_mean(name, known)}"
            )
        return [name for name in names if name in searched]

    def _signed(self) -> list[str]:
        names = self.complexity
        several = isinstance(names, Sequence) and not isinstance(names, str)
        costs = tuple(f"{mean}neg_" for mean in MEANS)
        return [
            f"-{name}" if str(name).startswith(costs) else name
            for name in (names if several else [names])
        ]

    def _measures(
        self, results: SearchResults, rows: np.ndarray
    ) -> list[tuple[Any, ...]]:
        """Return how complex the candidates of some rows are, `ABSENT` without it."""
        params, means = results.settings, results.columns_of_means
        if callable(self.complexity):
            return [(self.complexity(params[row]),) for row in rows]
        searched = set(results.searched_names)
        for name in self._names(searched, list(means)):
            _check_numbers(name, [own[name] for own in params if name in own])

        def measure(signed: str, row: int) -> Any:
            name = _bare(signed)
            own = params[row] if name in searched else {name: means[name][row]}
            value = own.get(name, ABSENT)
            if value is None or value != value:
                return np.inf
            if value is ABSENT or not signed.startswith("-"):
                return value
            return -1 * value  # it may be a bool

        return [tuple(measure(name, row) for name in self._signed()) for row in rows]


def _bare(name: str) -> str:
    return str(name).removeprefix("-")


def _check_numbers(name: str, values: Iterable[Any]) -> None:
    """Refuse a parameter with values that have no order, or none that means much."""
    for value in values:
        if not (value is None or isinstance(value, Real | np.bool_)):
            raise ValueError(
                "The 'complexity' parameter of OneStandardError must name parameters "
                f"whose values are numbers or None. The parameter {name!r} has the "
                f"value {safe_repr(value)}; give a function of the parameters instead."
            )


def _on_all_folds(results: SearchResults) -> np.ndarray:
    """Return the rows of candidates with a score on all folds and all the data."""
    if not results.n_splits:
        raise ValueError(
            f"The search must have scores on folds: 'split0_test_{results.metric}' and "
            f"so on, as in cv_results_. Got the columns {list(results.table)}."
        )
    rows = np.isfinite(results.folds).all(axis=1) & (results.status == "ok")
    if not rows.any():
        raise ValueError("No candidate has a finite score on all folds.")
    return np.flatnonzero(rows)


def _rounding_error(scores: np.ndarray) -> Any:
    """Return how far equal means of folds, (..., n_splits), may be apart."""
    return TINY * np.abs(scores).max(axis=-1)


def _range(search: Any, metric: str, scores: np.ndarray) -> tuple[float, float]:
    """Return the least and the highest score of a metric, infinite if not known."""
    name = _score_name(search, metric)
    for (least, most), names in RANGES.items():
        # a metric of the user's may be called so and mean something else
        if name.startswith(names) and least <= scores.min() <= scores.max() <= most:
            return least, most
    return -np.inf, np.inf


def _score_name(search: Any, metric: str) -> str:
    """Name a metric as scikit-learn does, "" where that is not known."""
    scorer = getattr(search, "scorer_", None)
    scorer = scorer.get(metric) if isinstance(scorer, dict) else scorer
    name = scorer_name(scorer)
    if name is not None or metric != "score":
        return name or metric
    if getattr(search, "scoring", search) is None:
        if is_classifier(search):
            return "accuracy"
        return "r2" if is_regressor(search) else ""
    return getattr(getattr(search, "scoring", None), "__name__", "")
