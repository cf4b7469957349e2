"""Which setting to take, and how good it really is: from the scores on the folds.

All of it works on ``cv_results_`` of any search with the same folds for every setting,
``GridSearchCV``'s as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from numbers import Real

import numpy as np
from scipy.stats import t as student

from sklearn_bayes_search._folds import deviation, error_factor, mean_test_share
from sklearn_bayes_search._sklearn_compat import splitter_sizes
from sklearn_bayes_search.exceptions import did_you_mean, safe_repr

__all__ = [
    "HonestScore",
    "OneStandardError",
    "equivalent_settings",
    "honest_score",
    "known_test_share",
]

# Their mean then has an error of a thirtieth of the deviation of one draw.
N_DRAWS = 1000
# Stands for the value of a parameter that a candidate does not have.
ABSENT = ()


@dataclass(frozen=True)
class HonestScore:
    """How good the best setting is, without the luck of having been chosen.

    Parameters
    ----------
    score : float
        Estimate of its score on new data.
    low, high : float
        Interval that holds that score with the probability ``level``. It knows nothing
        of the metric: ``high`` may be above the highest score there is, as 1 of
        accuracies.
    optimism : float
        By how much ``best_score_`` is above ``score``, >= 0.
    level : float
        Probability of the interval.
    """

    score: float
    low: float
    high: float
    optimism: float
    level: float


def honest_score(results, *, metric=None, level=0.95, test_share=None, index=None):
    """Correct the best score for having been chosen as the highest of many.

    The mean of the best setting is high because it is good and because its folds were
    kind to it. So folds are drawn with replacement, the choice is repeated on these,
    and compared with the best setting on the folds that were not drawn: what the best
    one has more there, on average over many draws, is its luck [1]_. Only fold scores
    are needed, nothing is fitted.

    Parameters
    ----------
    results : fitted search, dict or DataFrame
        A search with ``cv_results_``, these, or a table of them.
    metric : str, default=None
        Which one, where there are several; None is the only one, else that which the
        search's ``refit`` names, else "score".
    level : float, default=0.95
        Probability of the interval, in (0, 1).
    test_share : float, default=None
        Test samples for each training sample. None is what the search tells, see
        `known_test_share`; where that is nothing, 1 / (k - 1), as with k folds. Give it
        with ``cv_results_`` of repeated or shuffled splits: 0.25 for 5 folds, however
        often they are repeated.
    index : int, default=None
        Row of the setting. None is the one that a search chose by a function,
        ``refit``, and else the one with the best mean.

    Returns
    -------
    honest : HonestScore
        Estimate, interval and optimism.

    Raises
    ------
    ValueError
        If there are fewer than two folds, or no setting, or not that of ``index``, has
        a score on all of them.

    Notes
    -----
    The interval is Student's, with the whole variance over the folds times
    ``1 / k + test_share`` [2]_: training sets overlap, so that ``1 / k`` alone is too
    small. It knows no bounds: of an accuracy near 1, ``high`` may be above 1. Where all
    folds score 1.0, nothing varies, and the interval is [1.0, 1.0], however few the
    samples are: that is no proof of a model without errors.

    With 40 settings of a nearest-neighbour classifier, a support vector machine or a
    tree on 100 samples, the best score was 0.05 to 0.10 too high, the corrected one
    0.01 to 0.03. The choice on one fold [3]_ erred by 0.00 to 0.01 on 5 folds and by
    -0.03 to -0.04 on 10; the choice on all folds but one scattered more.

    References
    ----------
    .. [1] I. Tsamardinos, E. Greasidou and G. Borboudakis, "Bootstrapping the
       Out-of-Sample Predictions for Efficient and Accurate Cross-Validation", Machine
       Learning 107, 2018. There samples are drawn, here folds.
    .. [2] C. Nadeau and Y. Bengio, "Inference for the Generalization Error", Machine
       Learning 52, 2003, eq. (6).
    .. [3] R. J. Tibshirani and R. Tibshirani, "A Bias Correction for the Minimum Error
       Rate in Cross-Validation", Annals of Applied Statistics 2009.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_bayes_search.selection import honest_score
    >>> search = GridSearchCV(
    ...     DecisionTreeClassifier(random_state=0),
    ...     {"max_depth": range(1, 9), "min_samples_leaf": range(1, 9)},
    ... ).fit(*load_wine(return_X_y=True))
    >>> honest = honest_score(search)
    >>> bool(honest.score < search.best_score_)
    True
    """
    _check_level(level)
    table, rows = _complete(results, metric)
    n_splits = table.shape[1]
    if n_splits < 2:
        raise ValueError(
            "honest_score needs at least 2 folds to repeat the choice without one. "
            f"Got {n_splits}."
        )
    test_share = known_test_share(results) if test_share is None else test_share
    means = table.mean(axis=1)
    if index is None and callable(getattr(results, "refit", None)):
        index = results.best_index_
    if index is not None and index not in rows:
        raise ValueError(
            f"The setting of row {index!r}, 'index', has no score on all folds."
        )
    best = int(means.argmax() if index is None else np.flatnonzero(rows == index)[0])
    # how often each fold is drawn, (n_draws, n_splits): always the same draws
    drawn = np.random.default_rng(0).multinomial(
        n_splits, np.full(n_splits, 1 / n_splits), size=N_DRAWS
    )
    left_out = drawn == 0
    drawn, left_out = (a[left_out.any(axis=1)] for a in (drawn, left_out))
    chosen = (drawn @ table.T).argmax(axis=1)
    luck = np.where(left_out, table[best] - table[chosen], 0.0).sum(axis=1)
    optimism = max(float((luck / left_out.sum(axis=1)).mean()), 0.0)
    score = float(means[best]) - optimism
    error = deviation(table[best]) * error_factor(n_splits, test_share)
    half = float(error * student.ppf(0.5 + level / 2, n_splits - 1))
    return HonestScore(score, score - half, score + half, optimism, level)


def equivalent_settings(results, *, metric=None, level=0.95, test_share=None):
    """Find the settings that cannot be told from the best one.

    Parameters
    ----------
    results : fitted search, dict or DataFrame
        As for `honest_score`.
    metric : str, default=None
        As for `honest_score`.
    level : float, default=0.95
        A setting is left out where the best one is better with this confidence, in
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
    corrected for overlapping training sets [1]_. A setting that was paused is never
    among them, nor one that failed; but ``cv_results_`` do not tell failures where
    ``error_score`` is a number. ``BayesSearchCV.equivalent_params_`` knows of them.

    References
    ----------
    .. [1] C. Nadeau and Y. Bengio, "Inference for the Generalization Error", Machine
       Learning 52, 2003, section 3: the corrected resampled t test.
    """
    _check_level(level)
    table, rows = _complete(results, metric)
    n_splits = table.shape[1]
    test_share = known_test_share(results) if test_share is None else test_share
    order = np.argsort(-table.mean(axis=1), kind="stable")
    if n_splits < 2:
        return rows[order[:1]]
    differences = table[order[0]] - table[order]
    error = deviation(differences, axis=1) * error_factor(n_splits, test_share)
    bound = student.ppf(level, n_splits - 1) * error
    return rows[order[differences.mean(axis=1) <= bound]]


def known_test_share(search):
    """Tell how many test samples a search had for each training sample.

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
    if hasattr(history, "test_share"):
        return history.test_share
    cv = getattr(search, "cv", None)
    if isinstance(cv, list | tuple):
        return mean_test_share(cv)
    sizes = splitter_sizes(cv)
    return None if sizes is None else sizes[0] / sizes[1]


@dataclass(frozen=True)
class OneStandardError:
    """Refit the simplest setting within one standard error of the best [1]_.

    For ``refit`` of any scikit-learn search. Where scores are nearly equal, the simpler
    model is the safer one.

    Parameters
    ----------
    complexity : str, list of str or callable
        A parameter of which a smaller value is simpler, a minus before its name where
        a larger one is: ``"max_depth"``, ``"-ridge__alpha"``. Its values are numbers or
        None, which is the most complex. Or what ``cv_results_`` has a mean of, as
        ``"mean_fit_time"`` and ``"mean_score_time"``. Of several names the first
        decides, the next where it is equal. Or a function of the parameters that
        returns a number or a tuple of numbers.
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

    complexity: object
    tolerance: float = 1.0
    metric: str | None = None

    def __post_init__(self):
        valid = isinstance(self.tolerance, Real) and not isinstance(
            self.tolerance, bool
        )
        if not valid or not 0 <= self.tolerance < np.inf:
            raise ValueError(
                "The 'tolerance' parameter of OneStandardError must be a number >= 0. "
                f"Got {self.tolerance!r} instead."
            )

    def __call__(self, cv_results):
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
        table, rows = _complete(cv_results, self.metric)
        means = table.mean(axis=1)
        best = int(means.argmax())
        error = 0.0
        if table.shape[1] > 1:
            error = float(deviation(table[best]) / np.sqrt(table.shape[1]))
        enough = np.flatnonzero(means >= means[best] - self.tolerance * error)
        measure = self._measure(cv_results)
        measures = {i: measure(rows[i]) for i in enough}
        alike = [i for i in enough if _has_same(measures[i], measures[best])]
        return int(rows[min(alike, key=lambda i: (measures[i], -means[i]))])

    def check(self, branches, metrics):
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
        if None not in (self.metric, metrics):
            _check_metric(self.metric, metrics)
        if callable(self.complexity):
            return
        columns = ["mean_fit_time", "mean_score_time"]
        parts = "mean_test_", "mean_train_"
        if metrics is None:
            columns += [n for n in map(_bare, self._signed()) if n.startswith(parts)]
        else:
            columns += [part + metric for part in parts for metric in metrics]
        for name in self._names(
            {name for branch in branches for name in branch}, columns
        ):
            for branch in branches:
                _check_numbers(name, getattr(branch.get(name), "choices", ()))

    def _names(self, searched, columns):
        """Give the names without their minus; refuse unknown ones."""
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

    def _signed(self):
        one = isinstance(self.complexity, str) or not isinstance(
            self.complexity, Sequence
        )
        return [self.complexity] if one else list(self.complexity)

    def _measure(self, cv_results):
        """Give the function that tells how complex the candidate of a row is."""
        params = cv_results["params"]
        if callable(self.complexity):
            return lambda row: self.complexity(params[row])
        prefix = "param_"
        searched = {k.removeprefix(prefix) for k in cv_results if k.startswith(prefix)}
        columns = [key for key in cv_results if key.startswith("mean_")]
        for name in self._names(searched, columns):
            _check_numbers(name, [own[name] for own in params if name in own])

        def of_name(signed, row):
            name = _bare(signed)
            if name not in searched:
                value = cv_results[name][row]
            elif name in params[row]:
                value = params[row][name]
            else:
                return ABSENT
            if value is None or value != value:
                return np.inf
            return value * (-1 if signed.startswith("-") else 1)  # one may be a bool

        return lambda row: tuple(of_name(signed, row) for signed in self._signed())


def _bare(name):
    return str(name).removeprefix("-")


def _has_same(measure, other):
    """Tell whether two candidates have values for the same names."""
    if not isinstance(measure, tuple):
        return True
    return [v is ABSENT for v in measure] == [v is ABSENT for v in other]


def _check_numbers(name, values):
    """Refuse a parameter with values that have no order, or none that means much."""
    for value in values:
        if not (value is None or isinstance(value, Real | np.bool_)):
            raise ValueError(
                "The 'complexity' parameter of OneStandardError must name parameters "
                f"whose values are numbers or None. The parameter {name!r} has the "
                f"value {safe_repr(value)}; give a function of the parameters instead."
            )


def _check_level(level):
    if not 0 < level < 1:
        raise ValueError(
            f"The 'level' parameter must be between 0 and 1. Got {level!r} instead."
        )


def _complete(results, metric):
    """Give the scores of settings with all folds, (n, n_splits), and their rows."""
    refit = getattr(results, "refit", None)
    results = getattr(results, "cv_results_", results)
    metric = _metric(results, metric, refit)
    keys = (f"split{i}_test_{metric}" for i in count())
    scores = [results[key] for key in takewhile(results.__contains__, keys)]
    table = np.array(scores, dtype=float).T
    rows = np.flatnonzero(np.isfinite(table).all(axis=1))
    if len(rows) == 0:
        raise ValueError("No setting has a finite score on all folds.")
    return table[rows], rows


def _metric(results, metric, refit):
    prefix = "split0_test_"
    known = [key.removeprefix(prefix) for key in results if key.startswith(prefix)]
    if metric is None and len(known) == 1:
        return known[0]
    if metric is None:
        likely = (name for name in (refit, "score") if isinstance(name, str))
        metric = next((name for name in likely if name in known), None)
    _check_metric(metric, known)
    return metric


def _check_metric(metric, known):
    if metric not in known:
        raise ValueError(
            f"The 'metric' must be one of {known}, the metrics of the search. "
            f"Got {metric!r}."
        )
