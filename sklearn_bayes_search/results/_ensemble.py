"""An ensemble of the candidates of a search, in the place of the best one."""

import functools
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn import config_context
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    RegressorMixin,
    clone,
    is_classifier,
    is_regressor,
)
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import Bunch
from sklearn.utils.parallel import Parallel, delayed

from sklearn_bayes_search._sklearn_compat import (
    check_method_params,
    params_of_scorer,
    safe_split,
    scorers_of,
    scores_predictions,
    with_current_config,
)
from sklearn_bayes_search.exceptions import check_number, stack_level
from sklearn_bayes_search.results._goals import COST_NAMES
from sklearn_bayes_search.results._reader import SearchResults

# Runs tasks by key, with what their arguments share; returns values by key, without
# those of tasks that were lost.
Run = Callable[
    [Mapping[tuple[int, int], Callable[[], Any]], Sequence[Any]],
    Mapping[tuple[int, int], Any],
]
# Of each bag the best, with which it begins: one that is lucky alone stays small.
N_FIRST = 3


@dataclass(frozen=True)
class GreedyEnsemble:
    """Refit a mean of several candidates in place of the best one.

    For ``refit`` of `BayesSearchCV` with classifiers that have ``predict_proba``, and
    with regressors. ``best_estimator_`` is then a ``VotingClassifier`` or a
    ``VotingRegressor``, and ``ensemble_weights_`` says how often each candidate was
    chosen. ``best_params_`` and ``best_score_`` are still those of the best candidate;
    ``honest_score()`` is that of the ensemble.

    Parameters
    ----------
    size : int, default=20
        How many candidates a bag chooses at most, with those that it chooses again,
        >= 1.
    n_bags : int, default=10
        How many times candidates are chosen, each time from a random half of them,
        >= 1. With 1 it is once, from all: fewer different ones, and less reliable.
    n_candidates : int, default=25
        From how many of the best candidates of the search it is chosen, >= 1.

    Raises
    ------
    ValueError
        If a number is less than 1.

    Notes
    -----
    The choice [1]_ is made on predictions for the test samples of all folds. A bag
    begins with its three best candidates. Then it adds the one, perhaps once more, with
    which the mean of the predictions scores best, until there are ``size``, and keeps
    the first of these with the best score.

    It costs ``n_candidates`` times the number of folds more fits, since a search keeps
    scores and no predictions, and predictions by all that were chosen, often more than
    ten. These fits run where those of the search do. A candidate with one that takes
    longer than ``fit_timeout`` is left out. ``timeout`` keeps time for the fits, but
    not for the choice itself, which takes seconds. In the end, those that were chosen
    are fitted as in any refit, in this process, with ``n_jobs``.

    With ``limits``, it is chosen from the candidates that reach them, or the nearest
    one if none does. Limits of time and size hold for each, not for the whole, which
    takes the time and the bytes of all. With a ``path``, each has the length that it
    has found. With several objectives there is no one score to choose by.

    The honest score is that on each fold of what is chosen on the other folds.

    References
    ----------
    .. [1] R. Caruana, A. Niculescu-Mizil, G. Crew and A. Ksikes, "Ensemble Selection
       from Libraries of Models", ICML 2004, sections 2.1 to 2.3.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_bayes_search import BayesSearchCV, GreedyEnsemble, Real
    >>> search = BayesSearchCV(
    ...     LogisticRegression(),
    ...     {"C": Real(1e-3, 1e3, log=True)},
    ...     n_iter=6,
    ...     scoring="neg_log_loss",
    ...     refit=GreedyEnsemble(n_candidates=4, n_bags=2),
    ...     random_state=0,
    ... ).fit(*load_iris(return_X_y=True))
    >>> search.best_estimator_.voting
    'soft'
    >>> bool(search.ensemble_weights_.sum() == 1)
    True
    """

    size: int = 20
    n_bags: int = 10
    n_candidates: int = 25

    def __post_init__(self) -> None:
        for name in ("size", "n_bags", "n_candidates"):
            value = getattr(self, name)
            check_number(name, value, of="GreedyEnsemble", whole=True, least=1)

    def __call__(self, cv_results: Mapping[str, Any]) -> int:
        """Refuse any other search, which would refit the row that is returned.

        Parameters
        ----------
        cv_results : dict
            Of a search.

        Raises
        ------
        TypeError
            Always.
        """
        raise TypeError("GreedyEnsemble is for 'refit' of BayesSearchCV only.")


@dataclass(frozen=True)
class Ensemble:
    """What was chosen: the unfitted estimator, weights by candidate, and its scores.

    ``score`` is that on all folds together, for which it was chosen, and
    ``fold_scores`` (n_splits,) are those of what is chosen on the other folds.
    """

    estimator: Any
    weights: "pd.Series[float]"
    score: float
    fold_scores: np.ndarray


def check_ensemble(search: Any, y: Any, scorer: Any, metric: str) -> None:
    """Refuse before a search what has no mean of predictions, or cannot score it."""
    estimator = search.estimator
    if not isinstance(search.objective_metric, str | None):
        raise ValueError(
            "GreedyEnsemble chooses by one score, and with several objectives there is "
            "none. Name one of them as 'objective_metric', and 'limits' for the others."
        )
    is_whole = is_regressor(estimator) or (
        is_classifier(estimator) and hasattr(estimator, "predict_proba")
    )
    if not is_whole or np.ndim(y) != 1:
        raise ValueError(
            "GreedyEnsemble needs a regressor, or a classifier with 'predict_proba', "
            f"and a target of one column. Got {estimator!r}."
        )
    if not scores_predictions(scorers_of(scorer).get(metric, scorer)):
        raise ValueError(
            "GreedyEnsemble needs 'scoring' that looks at predictions only: a name, or "
            f"what make_scorer returns. Got {scorer!r}."
        )
    costs = [name for name in search.limits or () if name in COST_NAMES]
    if costs:
        warnings.warn(
            f"The 'limits' of {', '.join(costs)} hold for each candidate, and not for "
            "what GreedyEnsemble makes of them: that takes the time and the bytes of "
            "all.",
            UserWarning,
            stacklevel=stack_level(),
        )


def choose_ensemble(
    rule: GreedyEnsemble,
    make: Callable[[Mapping[str, Any]], Any],
    X: Any,
    y: Any,
    *,
    results: SearchResults,
    splits: Sequence[tuple[np.ndarray, np.ndarray]],
    scorer: Any,
    fit_params: Mapping[str, Any],
    score_params: Mapping[str, Any],
    run: Run,
    n_jobs: int | None,
    rng: np.random.Generator,
) -> Ensemble:
    """Predict with the best candidates on all folds, and choose from them.

    ``make`` makes the unfitted estimator of a candidate.
    """
    eligible = np.flatnonzero(results.eligible)
    rows = eligible[np.argsort(-results.means[eligible], kind="stable")]
    rows = rows[: rule.n_candidates]
    models = [make(results.settings[row]) for row in rows]
    y = np.asarray(y)
    classes = np.unique(y) if is_classifier(models[0]) else None
    function = with_current_config(_predict_fold)
    tasks = {
        (int(row), k): functools.partial(
            function, clone(model), X, y, train, test, classes, fit_params
        )
        for row, model in zip(rows, models, strict=True)
        for k, (train, test) in enumerate(splits)
    }
    found = run(
        tasks, [X, y, fit_params, *(part for split in splits for part in split)]
    )
    each = [[found.get((int(row), k)) for k in range(len(splits))] for row in rows]
    usable = [i for i, own in enumerate(each) if all(p is not None for p in own)]
    if not usable:
        what = "predictions" if classes is None else "'predict_proba'"
        raise ValueError(f"GreedyEnsemble found no candidate with {what} on all folds.")
    rows, models = rows[usable], [models[i] for i in usable]
    predicted = np.array([_out_of_fold(each[i], splits, len(y)) for i in usable])
    tested = np.flatnonzero(np.isfinite(predicted[0, :, 0]))
    score_params = params_of_scorer(scorer, results.metric, score_params)
    scorer = scorers_of(scorer).get(results.metric, scorer)

    def score(mean: np.ndarray, samples: np.ndarray) -> float:
        of = _mean_of(mean, classes)
        own = check_method_params(X, params=score_params, indices=samples)
        # of some thousand calls, checks would take most of the time
        with config_context(assume_finite=True, skip_parameter_validation=True):
            return float(scorer(of, np.arange(len(samples)), y[samples], **own))

    counts = _in_bags(rule, predicted, tested, score, rng)
    fold_scores = []
    for _, test in splits:
        rest = np.setdiff1d(tested, test)
        if len(rest):  # else there is one fold
            own = _in_bags(rule, predicted, rest, score, rng)
            fold_scores.append(score(_weighted(predicted[:, test], own), test))
    chosen = np.flatnonzero(counts)
    weights = pd.Series(
        counts[chosen] / counts.sum(), index=pd.Index(rows[chosen], name="candidate")
    )
    named = [(f"candidate {rows[i]}", models[i]) for i in chosen]
    options = {"weights": weights.tolist(), "n_jobs": n_jobs}
    return Ensemble(
        VotingRegressor(named, **options)
        if classes is None
        else VotingClassifier(named, voting="soft", **options),
        weights.sort_values(ascending=False, kind="stable"),
        score(_weighted(predicted[:, tested], counts), tested),
        np.array(fold_scores),
    )


def fit_ensemble(voting: Any, X: Any, y: Any, **fit_params: Any) -> None:
    """Fit the members as the search fitted its candidates.

    The ``fit`` of a ``VotingClassifier`` encodes labels, which ``class_weight`` may
    name, and passes on no parameters but weights.
    """
    named = voting.estimators
    models = Parallel(n_jobs=voting.n_jobs)(
        delayed(_fit)(clone(model), X, y, fit_params) for _, model in named
    )
    voting.estimators_ = models
    names = [name for name, _ in named]
    voting.named_estimators_ = Bunch(**dict(zip(names, models, strict=True)))
    if isinstance(voting, VotingClassifier):
        voting.le_ = LabelEncoder().fit(y)
        voting.classes_ = voting.le_.classes_
    if hasattr(models[0], "feature_names_in_"):
        voting.feature_names_in_ = models[0].feature_names_in_


def _fit(model: Any, X: Any, y: Any, fit_params: Mapping[str, Any]) -> Any:
    return model.fit(X, y, **fit_params)


def _predict_fold(
    model: Any,
    X: Any,
    y: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
    classes: np.ndarray | None,
    fit_params: Mapping[str, Any],
) -> np.ndarray | None:
    """Predict the test samples, (n_test, n_columns); None without probabilities.

    Columns are the probabilities of classes, or there is one.
    """
    X_train, y_train = safe_split(model, X, y, train)
    X_test, _ = safe_split(model, X, y, test, train)
    params = check_method_params(X, params=fit_params, indices=train)
    model.fit(X_train, y_train, **params)
    if classes is None:
        return np.reshape(model.predict(X_test), (-1, 1))
    if not hasattr(model, "predict_proba"):
        return None
    predicted = np.zeros((len(test), len(classes)))
    predicted[:, np.searchsorted(classes, model.classes_)] = model.predict_proba(X_test)
    return predicted


def _out_of_fold(
    predicted: Sequence[Any],
    splits: Sequence[tuple[np.ndarray, np.ndarray]],
    n_samples: int,
) -> np.ndarray:
    """Return the predictions of folds for all samples, (n_samples, n_columns).

    ``cross_val_predict`` wants each sample in just one test set, and all classes. A
    sample that is tested several times has the mean, and NaN if it never is.
    """
    total = np.zeros((n_samples, predicted[0].shape[1]))
    n_times = np.zeros((n_samples, 1))
    for of_fold, (_, test) in zip(predicted, splits, strict=True):
        total[test] += of_fold
        n_times[test] += 1
    return np.where(n_times > 0, total / np.maximum(n_times, 1), np.nan)


def _in_bags(
    rule: GreedyEnsemble,
    predicted: np.ndarray,
    samples: np.ndarray,
    score: Callable[[np.ndarray, np.ndarray], float],
    rng: np.random.Generator,
) -> np.ndarray:
    """Return how often each candidate is chosen on some samples."""
    predicted = predicted[:, samples]
    n, counts = len(predicted), np.zeros(len(predicted), dtype=int)
    alone = np.array([score(own, samples) for own in predicted])
    for _ in range(rule.n_bags):
        bag = rng.permutation(n)[: max(n // 2, 1)] if rule.n_bags > 1 else np.arange(n)
        bag = bag[np.argsort(-alone[bag], kind="stable")]
        chosen = _greedy(predicted[bag], rule.size, lambda mean: score(mean, samples))
        counts[bag] += chosen
    return counts


def _greedy(
    predicted: np.ndarray, size: int, score: Callable[[np.ndarray], float]
) -> np.ndarray:
    """Begin with the first ones and add others; return how often the best has each.

    ``predicted`` (n_candidates, n_samples, n_columns) are in the order of their scores.
    """
    n = min(N_FIRST, size, len(predicted))
    counts = (np.arange(len(predicted)) < n).astype(int)
    total, best = predicted[:n].sum(axis=0), counts.copy()
    highest = score(total / n)
    for n_chosen in range(n + 1, size + 1):
        scores = [score((total + own) / n_chosen) for own in predicted]
        chosen = int(np.argmax(scores))
        counts[chosen] += 1
        total = total + predicted[chosen]
        if scores[chosen] > highest:
            highest, best = scores[chosen], counts.copy()
    return best


def _weighted(predicted: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the mean of predictions, (n_samples, n_columns)."""
    return np.asarray(np.tensordot(counts / counts.sum(), predicted, axes=1))


class _MeanOfRegressors(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Predicts samples by their number, so that any scorer can score a mean."""

    def __init__(self, mean: np.ndarray) -> None:
        self.mean = mean

    def predict(self, samples: np.ndarray) -> np.ndarray:
        return np.asarray(self.mean[samples, 0])


class _MeanOfClassifiers(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """The same with probabilities."""

    def __init__(self, mean: np.ndarray, classes: np.ndarray) -> None:
        self.mean, self.classes_ = mean, classes

    def predict_proba(self, samples: np.ndarray) -> np.ndarray:
        return np.asarray(self.mean[samples])

    def predict(self, samples: np.ndarray) -> np.ndarray:
        return np.asarray(self.classes_[self.mean[samples].argmax(axis=1)])


def _mean_of(mean: np.ndarray, classes: np.ndarray | None) -> Any:
    if classes is None:
        return _MeanOfRegressors(mean)
    # rounding may have made it a little more than 1, which log_loss refuses
    return _MeanOfClassifiers(np.minimum(mean, 1.0), classes)
