"""The search estimator: scikit-learn's contract around the search loop."""

import copy
import functools
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass
from numbers import Integral, Real
from os import PathLike
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import check_cv
from sklearn.utils import check_random_state, indexable

from sklearn_bayes_search._sklearn_compat import (
    BaseSearchCV,
    FitCallbacks,
    Interval,
    StrOptions,
    check_method_params,
    fit_context,
    metric_names,
    num_samples,
    scorer_attribute,
    without_weights,
)
from sklearn_bayes_search.exceptions import hints_at_ours, stack_level
from sklearn_bayes_search.execution._callbacks import Listeners, autologging
from sklearn_bayes_search.execution._costs import COSTS, with_costs
from sklearn_bayes_search.execution._deadline import Deadline
from sklearn_bayes_search.execution._evaluation import (
    Evaluator,
    check_fit_params,
    check_names,
    draw_splits,
    name_error_scores,
    warn_if_drawn_anew,
)
from sklearn_bayes_search.execution._executors import open_executor, run_all
from sklearn_bayes_search.execution._failures import (
    ChoiceOfFailures,
    are_expected,
    check_fits,
    check_what_works,
)
from sklearn_bayes_search.execution._journal import (
    Journal,
    fingerprint,
    read_journal,
)
from sklearn_bayes_search.execution._loop import Limits, Loop
from sklearn_bayes_search.execution._path import FitPath, as_lengths
from sklearn_bayes_search.execution._path._curves import CommonLength
from sklearn_bayes_search.execution._progress import INTERRUPTED, Plan, Progress
from sklearn_bayes_search.execution._queue import FoldQueue
from sklearn_bayes_search.execution._racing import FoldRacing
from sklearn_bayes_search.execution._row_racing import RowRace, RowRacing, as_racing
from sklearn_bayes_search.execution._stopping._base import StoppingRule, as_rules
from sklearn_bayes_search.execution._stopping._expected_gain import ExpectedGain
from sklearn_bayes_search.execution._verbose import announce, introduce, reporter
from sklearn_bayes_search.execution._window import Window, window_size
from sklearn_bayes_search.experience._default_space import space_of_search
from sklearn_bayes_search.experience._experience import Experience, experience_of
from sklearn_bayes_search.experience._own import own_parameters
from sklearn_bayes_search.optimizer._earlier_searches import (
    best_setting,
    by_objective,
)
from sklearn_bayes_search.optimizer._optimizer import BayesianOptimizer
from sklearn_bayes_search.results._cv_results import (
    Objective,
    check_chosen,
    fold_rows,
    part_results,
    raced_results,
    without_place,
)
from sklearn_bayes_search.results._ensemble import (
    GreedyEnsemble,
    check_ensemble,
    choose_ensemble,
    fit_ensemble,
)
from sklearn_bayes_search.results._folds import mean_test_share
from sklearn_bayes_search.results._goals import FIT_TIME, Goals, check_goals
from sklearn_bayes_search.results._pareto import (
    Knee,
    WithinLimits,
    check_rule,
    rule_of,
    without_failed,
)
from sklearn_bayes_search.results._pareto_tables import ParetoTables
from sklearn_bayes_search.results._prior_results import read_prior_results
from sklearn_bayes_search.results._reader import read_results
from sklearn_bayes_search.results._selection import OneStandardError
from sklearn_bayes_search.space import Space
from sklearn_bayes_search.space._parse import warn_of_bounds
from sklearn_bayes_search.space._space import as_space

BEST = ("best_index_", "best_params_", "best_score_", "best_estimator_")


@dataclass(frozen=True)
class _Checked:
    """What `fit` works with, once its arguments are checked."""

    X: Any
    y: Any
    space: Space
    path: CommonLength | None
    experience: Experience | None
    metrics: list  # names that the objective may have elsewhere
    splits: list  # of (train, test)
    racing: FoldRacing | RowRace | None
    scorers: Any
    refit_metric: Any
    objective: Objective
    check_metrics: Callable  # called with the metrics' names once scores are in
    routed: Any
    callbacks: FitCallbacks
    listeners: Listeners
    rules: list[StoppingRule]
    deadline: Deadline | None

    @property
    def path_name(self):
        """The parameter of the path; None without one."""
        return None if self.path is None else self.path.lengths.name

    @property
    def parts(self):
        """Splits of which the training rows are a part, that candidates race on."""
        return self.racing.parts if isinstance(self.racing, RowRace) else []

    @property
    def may_end(self):
        """Whether something may end the search before ``n_iter``."""
        return self.deadline is not None or bool(self.rules)


class BayesSearchCV(ParetoTables, BaseSearchCV):
    """Cross-validated search that learns from the scores it has seen.

    Takes the place of ``GridSearchCV`` and ``RandomizedSearchCV``, with the same
    parameters, attributes and behaviour, but chooses each candidate by the scores of
    earlier ones. A Gaussian process predicts the score and its uncertainty everywhere,
    and the candidate with the highest expected improvement is evaluated next.

    The parameters are in groups: what to search and how to score it (from ``estimator``
    on), the model (from ``surrogate``), parallel fits (from ``n_jobs``), how much to
    spend (from ``path``), and what to show and keep (from ``verbose``).

    Parameters
    ----------
    estimator : estimator object
        Implements scikit-learn's estimator interface. It needs a ``score`` method, or
        ``scoring`` must be passed.
    param_distributions : "auto", dict, list of dicts or Space, default="auto"
        "auto" is the :func:`default_space` of the estimator and the data. Otherwise the
        names of the hyperparameters with their values, as in ``RandomizedSearchCV``. A
        list, tuple, range or array is a set of choices, never bounds. A frozen
        ``scipy.stats`` distribution, or any object with ``rvs``, is a range with a
        prior. :class:`Real`, :class:`Integer`, :class:`Categorical` and
        :class:`Ordinal` are explicit. A list may have values and ranges, such as
        ``[None, Integer(2, 20)]``. A list of dicts is one search with one budget over
        all of them. A :class:`Space` can add a constraint.
    n_iter : int or None, default=50
        How many candidates are evaluated, >= 1; fewer if the space has fewer. If it
        covers a finite space, all of it is evaluated, in the order of ``GridSearchCV``.
        None is allowed with a ``timeout`` or a stopping rule.
    scoring : str, callable, list, tuple or dict, default=None
        As in ``GridSearchCV``.
    objective_metric : str or list of str, default=None
        Which of several metrics is maximised. None means the one that ``refit`` names,
        else "score", else the first. ``refit`` alone decides which candidate is best.
        If it is a callable, ``score`` uses this metric. With a list of two or three
        metrics, the search is for the Pareto front: the candidates that no other one
        surpasses in all of them. They need not be in ``scoring`` if they are
        scikit-learn's scorers or ``"neg_fit_time"`` (seconds), ``"neg_score_time"``
        (seconds for 1,000 predictions) or ``"neg_model_size"`` (bytes of the pickled
        estimator). ``refit`` is then one of the names, `Knee`, another callable, or
        False.
    limits : dict of str -> float, default=None
        The least values that metrics have to reach; names as for a list in
        ``objective_metric``. ``{"neg_score_time": -0.002}`` is an example. The best
        candidate is the best of those whose means over the folds reach all limits. If
        there is none, it is the one that comes nearest, with a warning.
    cv : int, cross-validation generator or an iterable, default=None
        Splitting strategy; None means 5 folds. All candidates are scored on the same
        folds.
    refit : bool, str, or callable, default=True
        Whether the best estimator is fitted on all data, and by which metric or rule it
        is chosen.
    random_state : int, RandomState instance or None, default=None
        With an int, the search tries the same candidates each time, however long fits
        take and, at a given ``max_pending``, whatever the number of jobs.
    error_score : "raise" or numeric, default=np.nan
        Score of a fold whose fit fails. In any case the search learns where fits fail.
        If nothing works, it ends early, unless this is a finite number.
    return_train_score : bool, default=False
        Whether ``cv_results_`` has training scores.
    surrogate : str or object, default="gp"
        Model of the score, by name or as an object with parameters: "gp" is a Gaussian
        process, "forest" a random forest, "tpe" a Parzen estimator. :doc:`/api` has all
        names.
    acquisition : str or object, default="log_ei"
        Acquisition function, by name, such as "log_ei", "ei_per_second" or "ucb", or as
        an object with parameters, such as ``UpperConfidenceBound(kappa=3.0)``.
        :doc:`/api` has all names. "tpe" only takes the default.
    initial_points : list of dict, default=None
        Candidates to try first. A hyperparameter that is missing gets the estimator's
        own value. Then the estimator's own hyperparameters are tried. Values of the
        estimator that are outside their range are replaced by the middle of the range.
    n_initial_points : int or "auto", default="auto"
        How many candidates are tried before the model takes over, including
        ``initial_points``. The others fill the space evenly.
    prior_results : fitted search, dict, DataFrame, path, study or list, default=None
        Earlier searches: a fitted search of this or another class, its ``cv_results_``
        as a dict or table, or the path of a journal; an Optuna study, its
        ``trials_dataframe()`` if it maximised, or an ``OptimizeResult`` of
        scikit-optimize; or a list of these. The model uses the ranks of their scores,
        as far as these agree with the present scores. The best candidate of each
        search, with ``limits`` of those that reach them, is tried after
        ``initial_points``. Candidates outside the space are left out with a warning.
    experience : bool, default=True
        Whether to use what is known about the estimator from other data sets. A
        candidate that did well there is tried after the estimator's own
        hyperparameters, and the model expects similar scores until the present ones say
        otherwise. It has no effect if nothing is known about the estimator or its
        hyperparameters.
    n_jobs : int, default=None
        Number of jobs to run in parallel. None means 1 unless in a
        ``joblib.parallel_config`` context; -1 means all processors.
    pre_dispatch : int or str, default="2*n_jobs"
        Accepted for compatibility, but without effect: use ``max_pending``.
    max_pending : int, "auto" or "async", default="auto"
        The most candidates evaluated at a time, >= 1. Each candidate is chosen by the
        scores of all but the last ``max_pending - 1`` before it, so that the search
        does not depend on timing. "auto" keeps all jobs busy. "async" uses all scores
        that have arrived: a little faster, but not reproducible.
    executor : callable, default=None
        Returns the :class:`~sklearn_bayes_search.execution.Executor` that runs the
        fits, in place of joblib and ``n_jobs``. The class of an executor will do.
    path : str or FitPath, default=None
        A hyperparameter whose values are all scored in one fit, such as the number of
        trees or iterations: ``"n_estimators"``, ``"model__max_iter"``. It is not
        searched. Each candidate gets the value with the best mean over its folds, up to
        the end of its range, or up to the estimator's own value if the space has no
        range for it. "auto" finds it for known estimators: see :class:`FitPath`.
    racing : bool, FoldRacing or RowRacing, default=False
        Whether to run the folds of a candidate one after another, and to pause it as
        soon as it is unlikely to be the best. True stands for :class:`FoldRacing`. With
        :class:`RowRacing`, for large data, parts of the training rows come first. Only
        candidates with all folds, on all rows, can be the best.
    stopping : callable or list of callable, default=None
        When to stop before ``n_iter``: :class:`TargetScore`, :class:`Patience`,
        :class:`ExpectedGain`, or a function of the history and the optimizer. It
        returns a reason to stop, or None to go on.
    callback : callable or list of callable, default=None
        Called with a :class:`~sklearn_bayes_search.execution.CandidateRecord` of each
        candidate evaluated, and at the end. A text that it returns stops the search.
    timeout : float, default=None
        Seconds for the whole search, > 0, including the refit. No fit is begun that
        would probably end too late, but at least one candidate is evaluated. A resumed
        search has the whole time again.
    fit_timeout : float, default=None
        Seconds for one fit on one fold with its scoring, > 0. A fit that takes longer
        is ended and counts as failed. Fits then run in separate processes, even with
        one job; only joblib's "loky", dask and ray can do that. A search that is
        resumed with a longer limit runs such fits again.
    verbose : int, default=0
        0 is silent. 1 prints a line per candidate and the time that is left. With more,
        scikit-learn's lines about every fit are printed, too.
    checkpoint : path, default=None
        Where the search keeps its journal: a file, or an existing folder, in which each
        search has a file of its own. If the same search is run again, also with a
        larger ``n_iter``, it evaluates only what is missing, and has the same results
        as without an interruption. The file of another search is refused.
        :func:`read_journal` reads it.
    warm_start : bool, default=False
        Whether ``fit`` continues where the last ``fit`` of this object ended, as with
        ``checkpoint``. To do so, raise ``n_iter``, which is the total, and fit again.

    Attributes
    ----------
    cv_results_ : dict of numpy (masked) ndarrays
        As in ``GridSearchCV``, in the order of evaluation. With ``racing``, scores of
        folds that did not run are NaN, and ``n_splits_evaluated`` counts the others.
        With :class:`RowRacing`, these are the scores with all rows;
        ``part0_test_score`` and so on are those on parts of the rows. ``n_resources``
        is the number of rows of the largest part that a candidate got, or of all rows
        if it had a fold with all of them.
    best_index_, best_params_, best_score_ : int, dict, float
        As in ``GridSearchCV``, and so are ``best_estimator_``, ``refit_time_``,
        ``scorer_``, ``n_splits_``, ``multimetric_``, ``classes_``, ``n_features_in_``
        and ``feature_names_in_``.
    ensemble_weights_ : Series
        With `GreedyEnsemble`, the weights of candidates, which are the index, in
        ``best_estimator_``; they add up to 1, the largest first.
    equivalent_params_ : list of dict
        Candidates that the folds cannot tell from the best one, the best first.
    n_iter_ : int
        Number of candidates evaluated.
    stop_reason_ : str
        Why the search ended.
    mean_suggest_time_ : float
        Average seconds for choosing a candidate.
    max_pending_ : int
        The most candidates evaluated at a time.
    search_space_ : Space
        The search space, without the parameter of a ``path``.
    path_ : str or None
        The parameter of the ``path``.
    objective_metric_ : str
        The metric that was maximised, or "score"; with a list, its first metric.
    objective_metrics_ : list of str
        All metrics that were maximised.
    pareto_params_ : list of dict
        With several objectives, the candidates of the front, sorted by the first
        objective.
    experience_ : str or None
        What was used from other data sets, in words; None if nothing was.
    optimizer_ : BayesianOptimizer
        The optimizer with all results, which can be asked for more candidates.

    See Also
    --------
    sklearn.model_selection.GridSearchCV : All points of a grid.
    sklearn.model_selection.RandomizedSearchCV : Random candidates.
    BayesianOptimizer : The same search for anything that has a score.

    References
    ----------
    .. [1] Snoek, Larochelle and Adams, "Practical Bayesian Optimization of Machine
       Learning Algorithms", NIPS 2012.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from sklearn_bayes_search import BayesSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> search = BayesSearchCV(
    ...     SVC(),
    ...     {"C": loguniform(1e-3, 1e3), "kernel": ["rbf", "linear"]},
    ...     n_iter=15,
    ...     random_state=0,
    ... ).fit(X, y)
    >>> bool(search.best_score_ >= 0.97)
    True
    >>> search.stop_reason_
    'evaluated n_iter=15 candidates'
    """

    _parameter_constraints = {
        **BaseSearchCV._parameter_constraints,
        "param_distributions": [StrOptions({"auto"}), dict, list, tuple, Space],
        "n_iter": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": ["random_state"],
        "surrogate": "no_validation",  # by as_proposer and as_acquisition, which
        "acquisition": "no_validation",  # know the names
        "initial_points": [list, tuple, None],
        "prior_results": "no_validation",  # by read_prior_results
        "experience": ["boolean"],
        "n_initial_points": [
            Interval(Integral, 1, None, closed="left"),
            StrOptions({"auto"}),
        ],
        "objective_metric": [str, list, tuple, None],
        "limits": [dict, None],
        "max_pending": [
            Interval(Integral, 1, None, closed="left"),
            StrOptions({"auto", "async"}),
        ],
        "path": [str, FitPath, None],
        "racing": ["boolean", FoldRacing, RowRacing],
        "stopping": "no_validation",  # by as_rules
        "callback": "no_validation",  # by as_callbacks
        "timeout": [Interval(Real, 0, None, closed="neither"), None],
        "fit_timeout": [Interval(Real, 0, None, closed="neither"), None],
        "checkpoint": [str, PathLike, None],
        "warm_start": ["boolean"],
        "executor": [callable, None],
    }

    @hints_at_ours
    def __init__(
        self,
        estimator,
        param_distributions="auto",
        *,
        n_iter=50,
        scoring=None,
        objective_metric=None,
        limits=None,
        cv=None,
        refit=True,
        random_state=None,
        error_score=np.nan,
        return_train_score=False,
        surrogate="gp",
        acquisition="log_ei",
        initial_points=None,
        n_initial_points="auto",
        prior_results=None,
        experience=True,
        n_jobs=None,
        pre_dispatch="2*n_jobs",
        max_pending="auto",
        executor=None,
        path=None,
        racing=False,
        stopping=None,
        callback=None,
        timeout=None,
        fit_timeout=None,
        verbose=0,
        checkpoint=None,
        warm_start=False,
    ):
        super().__init__(
            estimator=estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.param_distributions = param_distributions
        self.n_iter = n_iter
        self.random_state = random_state
        self.surrogate = surrogate
        self.acquisition = acquisition
        self.initial_points = initial_points
        self.n_initial_points = n_initial_points
        self.prior_results = prior_results
        self.experience = experience
        self.objective_metric = objective_metric
        self.limits = limits
        self.max_pending = max_pending
        self.path = path
        self.racing = racing
        self.stopping = stopping
        self.callback = callback
        self.timeout = timeout
        self.fit_timeout = fit_timeout
        self.checkpoint = checkpoint
        self.warm_start = warm_start
        self.executor = executor

    def __sklearn_clone__(self):
        # clone copies what it finds: an earlier search unfitted, and what an executor
        # or a callback is made with, such as a connection to a cluster, not at all
        kept = {n: getattr(self, n) for n in ("prior_results", "executor", "callback")}
        bare = copy.copy(self)
        vars(bare).update(dict.fromkeys(kept))
        clone = super(BayesSearchCV, bare).__sklearn_clone__()
        vars(clone).update(kept)
        return clone

    @fit_context(prefer_skip_nested_validation=False)  # nor does GridSearchCV skip it
    def fit(self, X, y=None, **params):
        """Search for the best candidate, and fit the estimator with it.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, n_samples)
            Training data, or a precomputed kernel or distance matrix.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Target; None for unsupervised learning.
        **params : dict of str -> object
            Passed to the estimator's ``fit``, the scorer and the splitter, as in
            ``GridSearchCV``: arrays with one entry per sample are split along with X,
            ``groups`` goes to the splitter.

        Returns
        -------
        self : BayesSearchCV
            The fitted search.

        Raises
        ------
        TypeError, ValueError
            Before any fit, if a parameter is wrong. At once, for an error that is not
            the fault of a candidate, such as a score that is not a number. After the
            search, if nothing that it chose works, or if ``refit`` fails; the results
            are kept then.
        KeyboardInterrupt
            If the user interrupts it. The search is fitted all the same, with the
            complete candidates. If it is interrupted again, it has no best estimator.
        """
        checked = self._check(X, y, params)
        progress = Progress(checked.objective, checked.path)
        told = checked.listeners
        with autologging(self, X, told.callbacks), told.until_end(progress):
            self._search(checked, progress)
        return self

    def _search(self, checked, progress):
        """Evaluate, keep what was found and refit, also after Ctrl-C."""
        try:
            self._evaluate(checked, progress)
            interrupted = progress.stop_reason == INTERRUPTED
            self._finish(checked, progress, interrupted)
            if interrupted:
                raise KeyboardInterrupt
        except KeyboardInterrupt as interrupt:
            # It may have come between any two lines: do what is not done yet.
            if progress.any_complete and not progress.refit_began:
                progress.stop_reason = progress.stop_reason or INTERRUPTED
                self._finish(checked, progress, interrupted=True)
            if progress.any_complete or progress.journal is not None:
                text = progress.what_is_kept()
                raise KeyboardInterrupt(text) from interrupt.__cause__
            raise

    def __getattr__(self, name):
        # as in scikit-learn there is none, but here the error tells why
        if name == "best_score_" and "best_index_" in vars(self):
            raise AttributeError(
                "There is no 'best_score_' if 'refit' is a rule or function, as in "
                "GridSearchCV. The score of the best candidate is "
                f"cv_results_['mean_test_{self.objective_metric_}'][best_index_]."
            )
        return super().__getattribute__(name)  # the usual error

    def report(self, path=None, *, metric=None):
        """Write a page about the search: one HTML file, for any browser.

        Parameters
        ----------
        path : str or path, default=None
            Where the file is written. An existing file is replaced. With None, no file
            is written: the page is returned, and a notebook shows it.
        metric : str, default=None
            Which of several metrics to show. None means the one of ``refit``, or else
            the one that was maximised.

        Returns
        -------
        path : pathlib.Path or ReportPage
            The absolute path of the file; the page itself if ``path`` is None.

        See Also
        --------
        sklearn_bayes_search.report.report : The same for any search.
        """
        from sklearn_bayes_search.report import report  # few searches need it

        return report(self, path, metric=metric)

    def score(self, X, y=None, **params):
        """Score the best estimator on given data.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Target; None for unsupervised learning.
        **params : dict
            Passed to the scorer if metadata routing is enabled.

        Returns
        -------
        score : float
            The score by the estimator's ``score`` or by ``scoring``. With several
            metrics, it is the one of ``refit``, or ``objective_metric_`` if ``refit``
            is a callable. "neg_fit_time" is that of the refit.
        """
        by_rule = callable(self.refit) or self.refit is True
        if by_rule and getattr(self, "multimetric_", False):
            by_name = copy.copy(self)
            by_name.refit = self.objective_metric_
            return by_name.score(X, y, **params)
        score = super().score(X, y, **params)
        if self.refit == FIT_TIME and np.isnan(score):  # no scorer knows it
            return -self.refit_time_
        return score

    @property
    def ensemble_weights_(self):
        """Weights of candidates in ``best_estimator_``, the largest first."""
        try:
            return self._ensemble.weights
        except AttributeError as error:
            raise AttributeError("There is no ensemble: see GreedyEnsemble.") from error

    def _get_scorers(self):
        goals = Goals(self.objective_metric, self.limits)
        if not goals:
            return super()._get_scorers()
        full = copy.copy(self)
        full.scoring = with_costs(self.scoring, goals)
        known = full.scoring if isinstance(full.scoring, Mapping) else goals.names
        check_goals(goals, self, list(known))
        if self.refit is True:  # of limits, by what is maximised
            full.refit = False
        scorers, refit_metric = super(BayesSearchCV, full)._get_scorers()
        return without_weights(scorers, COSTS.values()), refit_metric

    def _check_scorers_accept_sample_weight(self):
        # of what the user asked for: costs take none, and need not be warned of
        own = copy.copy(self)
        own.objective_metric = own.limits = None
        own.refit = False
        return super(BayesSearchCV, own)._check_scorers_accept_sample_weight()

    def _check(self, X, y, params):
        """Check all that can be checked before the first fit."""
        deadline = None
        if self.timeout is not None:
            refit = self.refit
            n_again = refit.n_candidates if isinstance(refit, GreedyEnsemble) else 0
            deadline = Deadline(self.timeout, refit=refit is not False, n_again=n_again)
        rules = as_rules(self.stopping, needs_one=not (self.n_iter or deadline))
        scorers, refit_metric = self._get_scorers()
        one_error = isinstance(self.refit, OneStandardError)
        wanted = self.refit.metric if one_error else self.refit
        objective = Objective(self.objective_metric, wanted, self.limits)
        compared_by = objective.compared_by(self.scoring, self.refit)
        space, default = self.param_distributions, None
        if isinstance(space, str):
            default = functools.partial(
                space_of_search, self.estimator, X, y, compared_by
            )
            space = default()
        space = as_space(space)
        warn_of_bounds(space.param_distributions)
        lengths, named = as_lengths(self.path, self.estimator, space), space
        if lengths is not None:
            space, named = lengths.without(space), lengths.within(space)
        check_metrics = functools.partial(self._check_metrics, objective, named)
        if callable(self.scoring):
            self._check_refit(named, None)
        else:
            check_metrics(metric_names(scorers))
        if isinstance(self.refit, GreedyEnsemble):
            named_metric = objective.metric(metric_names(scorers))
            check_ensemble(self, y, scorers, named_metric)
        check_names(self.estimator, named)
        X, y = indexable(X, y)
        params = check_method_params(X, params=params)
        routed = self._get_routed_params_for_fit(params)
        check_fit_params(self.estimator, routed.estimator.fit)
        callbacks = FitCallbacks(self, X, y, params.get("sample_weight"))
        callbacks.begin()
        cv = check_cv(self.cv, y, classifier=is_classifier(self.estimator))
        splits = draw_splits(cv, X, y, routed.splitter.split)
        n_train = min(len(train) for train, _ in splits)
        if default and 2 * n_train < num_samples(X):  # fewer than were counted on
            space = as_space(default(n_train))
            space = space if lengths is None else lengths.without(space)
        metrics = objective.likely_names(metric_names(scorers), self.scoring)
        likely = [s for s in compared_by if isinstance(s, str)] + metrics
        return _Checked(
            X=X,
            y=y,
            space=space,
            path=None if lengths is None else CommonLength(lengths, objective),
            experience=self._known(space, X, y, likely, lengths),
            metrics=metrics,
            splits=splits,
            racing=as_racing(self.racing, self.estimator, space, y, splits),
            scorers=scorers,
            refit_metric=refit_metric,
            objective=objective,
            check_metrics=check_metrics,
            routed=routed,
            callbacks=callbacks,
            listeners=Listeners(self.callback, objective, self.error_score),
            rules=rules,
            deadline=deadline,
        )

    def _known(self, space, X, y, metrics, lengths):
        """Return what is known of the estimator from other data, None if nothing is."""
        has_choice = self.n_iter is None or space.size > self.n_iter
        if not self.experience or not has_choice:
            return None
        chosen = None if lengths is None else {lengths.name: lengths.grid}
        return experience_of(self.estimator, space, X, y, metrics, chosen)

    def _evaluate(self, checked, progress):
        """Evaluate candidates until the search ends."""
        space, splits = checked.space, checked.splits
        prior = read_prior_results(
            self.prior_results,
            space,
            own=own_parameters(self.estimator, space),
            metrics=checked.metrics,
            read_file=read_journal,
            unsearched=checked.path_name,
            others=checked.objective.goals.names[1:],
            limited=list(checked.objective.goals.limits),
        )
        n_candidates = self.n_iter
        if np.isfinite(space.size):
            n_candidates = int(min(space.size, self.n_iter or np.inf))
        evaluator = Evaluator(
            clone(self.estimator),
            checked.X,
            checked.y,
            splits=splits,
            scorer=checked.scorers,
            callbacks=checked.callbacks,
            n_candidates=n_candidates,
            check_metrics=checked.check_metrics,
            path=checked.path,
            parts=checked.parts,
            fit_params=checked.routed.estimator.fit,
            score_params=checked.routed.scorer.score,
            return_train_score=self.return_train_score,
            error_score=self.error_score,
            verbose=self.verbose,
        )
        with open_executor(
            self.n_jobs, self.fit_timeout, evaluator.shared, self.executor
        ) as executor:
            plan = self._plan(checked, executor.n_workers)
            journal = self._journal_of(checked, plan)
            # twice, lest Ctrl-C at the end of one leaves the file locked
            once, twice = nullcontext(), nullcontext()
            if journal is not None:
                once, twice = closing(journal), journal
            with once, twice:
                if self.warm_start:
                    self._journal = journal
                if journal is not None:
                    plan = plan.with_stored(journal.plan)
                progress.journal, progress.plan = journal, plan
                progress.optimizer = self._make_optimizer(checked, plan, prior)
                # the size of a space is no plan
                total = None if self.n_iter is None else n_candidates
                if self.verbose > 0:
                    introduce(self, space, checked.experience)
                    announce(
                        len(splits),
                        total,
                        checked.deadline,
                        journal,
                        may_end=checked.may_end or checked.racing is not None,
                    )
                n_fits = n_candidates and n_candidates * len(evaluator.splits)
                checked.callbacks.begin_search(n_fits)
                self._run(checked, progress, executor, evaluator, total)
                checked.callbacks.end_search()

    def _run(self, checked, progress, executor, evaluator, total):
        """Run the loop; ``total`` is how many candidates are planned at most."""
        objective, deadline, space = checked.objective, checked.deadline, checked.space
        checked.listeners.begin(self, space, total, evaluator.n_splits, progress)
        others = [] if checked.path is None else [checked.path_name]
        is_hopeless = None
        if not are_expected(self.error_score):
            n_given = progress.optimizer.n_given_points
            is_hopeless = ChoiceOfFailures(objective, space.dims, n_given)
        Loop(
            progress,
            FoldQueue(executor, evaluator, progress.journal),
            Window(progress.plan.max_pending, in_order=self.max_pending != "async"),
            Limits(self.n_iter, deadline, checked.rules, is_hopeless),
            checked.racing,
            reporter(objective, total, deadline, self.verbose, space, others),
            checked.listeners,
        ).run()

    def _plan(self, checked, n_workers):
        """Decide what the rows depend on beside the arguments and the data."""
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        # with racing a candidate's folds run one after another, with a path the first
        n_side_by_side = len(checked.splits) if checked.racing is None else 1
        if checked.path is not None:
            n_side_by_side = (n_side_by_side + 1) // 2
        return Plan(
            seed=int(seed),
            max_pending=window_size(self.max_pending, n_workers, n_side_by_side),
            n_iter=None if self.n_iter is None else int(self.n_iter),
            exhaustive=not checked.may_end and checked.space.size <= self.n_iter,
        )

    def _journal_of(self, checked, plan):
        """Make the journal of a search that is to have one, on disk or in memory."""
        if self.checkpoint is None and not self.warm_start:
            return None
        earlier = getattr(self, "_journal", None) if self.warm_start else None
        if self.checkpoint is None and earlier is None and hasattr(self, "cv_results_"):
            warnings.warn(
                "The last fit was without warm_start=True, so there is nothing to "
                "continue, and the search begins anew. A new search learns from the "
                "scores of another one that is given to it as prior_results.",
                UserWarning,
                stacklevel=stack_level(),
            )
        routed = [checked.routed.estimator.fit, checked.routed.scorer.score]
        digests = fingerprint(
            checked.space,
            plan.seed if isinstance(self.random_state, Integral) else None,
            getattr(checked.racing, "rule", checked.racing),
            estimator=self.estimator,
            data=(checked.X, checked.y, *map(dict, routed)),
            splits=checked.splits,
            scoring=with_costs(self.scoring, checked.objective.goals),
            return_train_score=self.return_train_score,
            error_score=repr(self.error_score),
            path=None if checked.path is None else vars(checked.path.lengths),
        )
        warn_if_drawn_anew(self.cv)
        explicit, known = not isinstance(self.max_pending, str), checked.experience
        digests["max_pending"] = str(plan.max_pending) if explicit else None
        # what is named here may change from run to run
        named = {"experience": known and known.version, "path": None}
        # in this order, as in a report
        names = metric_names(checked.scorers)
        metrics = [self.refit, *checked.objective.goals.objectives]
        metrics += [] if names is None else [checked.objective.metric(names)]
        named["metric"] = next((m for m in metrics if isinstance(m, str)), None)
        named["limits"] = checked.objective.goals.limits or None
        named["objectives"] = checked.objective.goals.names or None
        if checked.path is not None:
            named["path"] = {
                "name": checked.path.lengths.name,
                "grid": checked.path.lengths.grid,
                "objective_metric": self.objective_metric,
                "refit": self.refit if isinstance(self.refit, str) else None,
            }
        return Journal(
            self.checkpoint,
            fingerprint=digests,
            plan=asdict(plan) | named,
            space=checked.space,
            in_order=self.max_pending != "async",
            fit_timeout=self.fit_timeout,
            earlier=earlier,
        )

    def _make_optimizer(self, checked, plan, prior):
        """Make the optimizer, with the tests' shares of the folds in its history.

        First points are the user's, the best of each earlier search, the one nearest to
        the estimator, and what did well on other data.
        """
        params = own_parameters(self.estimator, checked.space)
        own = checked.space.nearest(params)
        given = list(self.initial_points or [])
        if checked.path is not None:
            given = [checked.path.lengths.of_point(point) for point in given]
        given = [
            checked.space.complete(point, params)
            if isinstance(point, Mapping)
            else point
            for point in given
        ]
        goals = checked.objective.goals
        of_each = by_objective(prior, goals.options["n_objectives"])
        limits = goals.options["limits"]
        given += [best_setting(of, limits) for sources in of_each for of in sources]
        given += [] if own is None else [own]
        surrogate, n_initial_points = self.surrogate, self.n_initial_points
        if checked.experience is not None:
            surrogate = checked.experience.inform(surrogate)
            given += checked.experience.first_settings(checked.space)
            # without an expectation the model needs as many points as ever
            is_informed = surrogate is not self.surrogate and not goals.names
            if is_informed and n_initial_points == "auto":
                n_initial_points = max(2, plan.max_pending)
        racing = checked.racing
        optimizer = BayesianOptimizer(
            checked.space,
            surrogate=surrogate,
            acquisition=self.acquisition,
            initial_points=given,
            prior_results=None if plan.exhaustive else prior,
            n_initial_points=n_initial_points,
            n_iter=plan.n_iter,
            max_pending=plan.max_pending,
            exhaustive=plan.exhaustive,
            **goals.options,
            weights=(racing._weight,) if isinstance(racing, FoldRacing) else (),
            random_state=plan.seed,
        )
        optimizer.history.test_share = mean_test_share(checked.splits)
        if any(isinstance(rule, ExpectedGain) for rule in checked.rules):
            optimizer.expected_gain()  # raises where the surrogate predicts none
        return optimizer

    def _finish(self, checked, progress, interrupted):
        """Keep the results and refit; no error in that takes the place of Ctrl-C."""
        try:
            self._keep_results(checked, progress)
            self._refit(checked, progress)
        except Exception as error:
            if interrupted:
                raise KeyboardInterrupt from error
            raise

    def _keep_results(self, checked, progress):
        """Set the attributes of a fitted search but the best estimator."""
        candidates, stop_reason, mean_suggest_time = progress.searched()
        objective, space = checked.objective, checked.space
        n_splits, n_rows = len(checked.splits), num_samples(checked.X)
        folds = [candidate.folds for candidate in candidates]
        outcomes = without_place(fold for of_one in folds for fold in of_one)
        done = [outcome for outcome in outcomes if outcome is not None]
        check_fits(done, self.error_score, stop_reason)
        if callable(self.scoring):
            name_error_scores(done, self.error_score)
        scores = [outcome["test_scores"] for outcome in done]
        first = scores[0]
        self.multimetric_ = isinstance(first, dict)
        settings = [candidate.setting for candidate in candidates]
        if checked.racing is None:
            results = self._format_results(settings, n_splits, outcomes)
        else:
            results = raced_results(self._format_results, settings, outcomes)
            if checked.parts:
                parts = [candidate.parts for candidate in candidates]
                results |= part_results(results, parts, checked.racing.shares(), n_rows)
        self.scorer_ = scorer_attribute(checked.scorers)
        self.n_splits_ = n_splits
        self.n_iter_ = len(candidates)
        self.stop_reason_ = stop_reason
        self.mean_suggest_time_ = mean_suggest_time
        self.max_pending_ = progress.plan.max_pending
        self.search_space_ = space
        self.path_ = checked.path_name
        known = checked.experience
        self.experience_ = None if known is None else known.words(self.surrogate)
        self.optimizer_ = progress.optimizer
        steps = [[*candidate.folds, *candidate.parts] for candidate in candidates]
        self._fits = fold_rows(steps, objective, self.error_score)
        names = list(first) if self.multimetric_ else None
        self.objective_metric_ = "score"
        # what a callable that always fails would return is not known
        if names or not callable(self.scoring) or np.isfinite(scores).any():
            self.objective_metric_ = objective.metric(names)
        self.cv_results_ = results
        for name in (*BEST, "_curves", "_lengths", "_ensemble"):  # of an earlier fit
            vars(self).pop(name, None)
        if checked.path is not None:
            self._curves = checked.path.rows(folds)
            self._lengths = checked.path.lengths.grid
        if stop_reason != INTERRUPTED:
            own = space.nearest(own_parameters(self.estimator, space))
            check_what_works(
                candidates,
                objective,
                space,
                n_given=progress.optimizer.n_given_points,
                is_own=lambda params: own is not None and space.same(params, own),
                error_score=self.error_score,
                stop_reason=stop_reason,
            )
        goals = objective.goals
        self.objective_metrics_ = goals.names or [self.objective_metric_]
        refit_metric = checked.refit_metric
        if callable(self.scoring) and self.multimetric_:
            refit_metric = self.refit
        has_best = self.refit or not self.multimetric_
        if goals and not goals.names and isinstance(self.refit, bool):
            refit_metric, has_best = self.objective_metric_, True
        if has_best:
            self._choose_best(refit_metric)

    def _check_metrics(self, objective, space, names):
        """Check for unknown metrics, as soon as it is known which there are."""
        objective.metric(names)
        by_limits = objective.goals and self.refit is True
        if names is not None and not by_limits:
            self._check_refit_for_multimetric(dict.fromkeys(names))
        names = ["score"] if names is None else names
        self._check_refit(space, names)
        check_rule(
            self.refit, names, objective.goals.names or [objective.metric(names)]
        )

    def _check_refit(self, space, metrics):
        if isinstance(self.refit, OneStandardError):
            self.refit.check(space.branches, metrics)

    def _choose_best(self, refit_metric):
        results, refit = self.cv_results_, self.refit
        if isinstance(refit, GreedyEnsemble):  # the best one is told of as ever
            refit, refit_metric = True, self.objective_metric_
        refit = rule_of(refit, self.limits, refit_metric, self.objective_metrics_)
        seen, ours = results, Knee | WithinLimits | OneStandardError
        named = isinstance(self.refit, str) and len(self.objective_metrics_) > 1
        if self.limits or named or isinstance(refit, ours):
            seen = without_failed(read_results(self, self.objective_metric_))
        best = self._select_best_index(refit, refit_metric, seen)
        check_chosen(results, best, self.n_splits_)
        self.best_index_, self.best_params_ = best, results["params"][best]
        if not callable(self.refit) or isinstance(self.refit, GreedyEnsemble):
            self.best_score_ = results[f"mean_test_{refit_metric}"][best]

    def _refit(self, checked, progress):
        """Fit the best estimator, if that is wanted; what was found is kept anyhow."""
        progress.refit_began = True
        if self.refit:
            try:
                self._fit_best(checked, progress)
            except BaseException:
                vars(self).pop("best_estimator_", None)
                raise
        checked.callbacks.end()

    def _fit_best(self, checked, progress):
        data = (checked.X,) if checked.y is None else (checked.X, checked.y)
        with warnings.catch_warnings():
            if checked.path is not None:  # not converged is what it is to be
                warnings.simplefilter("ignore", ConvergenceWarning)
            if isinstance(self.refit, GreedyEnsemble):
                self._ensemble = self._choose_ensemble(checked, progress)
                best = self._ensemble.estimator
            else:
                best = self._model_of(checked, self.best_params_)
            self.best_estimator_ = best
            fit = best.fit
            if isinstance(self.refit, GreedyEnsemble):
                fit = functools.partial(fit_ensemble, best)
            with checked.callbacks.refit(best):
                start = time.perf_counter()
                fit(*data, **checked.routed.estimator.fit)
                self.refit_time_ = time.perf_counter() - start
        if hasattr(best, "feature_names_in_"):
            self.feature_names_in_ = best.feature_names_in_

    def _model_of(self, checked, params):
        """Return the unfitted estimator of a candidate."""
        # cloned: a setting may hold estimators, which must stay unfitted
        model = clone(self.estimator).set_params(**clone(params, safe=False))
        if checked.path is not None:
            checked.path.lengths.turn_off(model)
        return model

    def _choose_ensemble(self, checked, progress):
        def run(tasks, shared):
            with open_executor(
                self.n_jobs, self.fit_timeout, shared, self.executor
            ) as executor:
                return run_all(executor, tasks)

        return choose_ensemble(
            self.refit,
            functools.partial(self._model_of, checked),
            checked.X,
            checked.y,
            results=read_results(self, self.objective_metric_),
            splits=checked.splits,
            scorer=checked.scorers,
            fit_params=checked.routed.estimator.fit,
            score_params=checked.routed.scorer.score,
            run=run,
            n_jobs=self.n_jobs,
            rng=np.random.default_rng(progress.plan.seed),
        )
