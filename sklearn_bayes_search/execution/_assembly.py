"""Join what a search consists of, and run it."""

import warnings
from contextlib import closing, nullcontext
from dataclasses import fields, replace
from numbers import Integral

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from sklearn_bayes_search._sklearn_compat import metric_names
from sklearn_bayes_search.exceptions import stack_level
from sklearn_bayes_search.execution._evaluation import Evaluator
from sklearn_bayes_search.execution._executors import open_executor
from sklearn_bayes_search.execution._failures import ChoiceOfFailures, are_expected
from sklearn_bayes_search.execution._journal import Journal, fingerprint
from sklearn_bayes_search.execution._loop import run, window
from sklearn_bayes_search.execution._racing import as_racing
from sklearn_bayes_search.execution._stopping import ExpectedGain
from sklearn_bayes_search.execution._verbose import announce, reporter
from sklearn_bayes_search.optimizer._optimizer import BayesianOptimizer
from sklearn_bayes_search.optimizer._prior import best_setting
from sklearn_bayes_search.results._folds import mean_test_share
from sklearn_bayes_search.results._prior_results import read_prior_results

__all__ = ["evaluate_settings"]


def evaluate_settings(
    search,
    X,
    y,
    *,
    space,
    splits,
    scorers,
    objective,
    racing,
    rules,
    deadline,
    callbacks,
    routed,
    check_metrics,
    progress,
):
    """Evaluate settings until the search ends.

    Parameters
    ----------
    search : BayesSearchCV
        Whose parameters are read.
    X, y : array-like
        The data.
    space : Space
        Where to search.
    splits : list of (train, test)
        The folds.
    scorers : callable
        Scores a fold.
    objective : Objective
        What is maximised.
    racing : FoldRacing or None
        Decides on a candidate's folds.
    rules : list of callable
        Stopping rules.
    deadline : Deadline or None
        When to ask no more.
    callbacks : FitCallbacks
        Told of every fit.
    routed : Bunch
        Parameters for fits and scores.
    check_metrics : callable
        Called with the names of the metrics once the first scores are in.
    progress : Progress
        Gets what is found, and the most settings that are evaluated at a time.
    """
    prior = read_prior_results(
        search.prior_results,
        space,
        own=search.estimator.get_params(),
        metrics=objective.likely_names(metric_names(scorers), search.scoring),
    )
    n_candidates = search.n_iter
    if np.isfinite(space.size):
        n_candidates = int(min(space.size, search.n_iter or np.inf))
    evaluator = Evaluator(
        clone(search.estimator),
        X,
        y,
        splits=splits,
        scorer=scorers,
        callbacks=callbacks,
        n_candidates=n_candidates,
        check_metrics=check_metrics,
        fit_params=routed.estimator.fit,
        score_params=routed.scorer.score,
        return_train_score=search.return_train_score,
        error_score=search.error_score,
        verbose=search.verbose,
    )
    shared = evaluator.shared
    with open_executor(search.n_jobs, search.fit_timeout, shared) as executor:
        # with racing a candidate's folds run one after another
        n_side_by_side = len(splits) if racing is None else 1
        may_end = deadline is not None or bool(rules)
        plan = _plan(search, space, may_end, executor.n_workers, n_side_by_side)
        journal = _journal_of(search, X, y, space, splits, plan, routed)
        # twice, lest Ctrl-C at the end of one leaves the file locked
        once, twice = nullcontext(), nullcontext()
        if journal is not None:
            once, twice = closing(journal), journal
        with once, twice:
            if search.warm_start:
                search._journal = journal
            plan = plan if journal is None else journal.plan
            progress.journal, progress.max_pending = journal, plan["max_pending"]
            optimizer = BayesianOptimizer(
                space,
                surrogate=search.surrogate,
                acquisition=search.acquisition,
                initial_points=_initial_points(search, space, prior),
                prior_results=None if plan["exhaustive"] else prior,
                n_initial_points=search.n_initial_points,
                n_iter=plan["n_iter"],
                max_pending=plan["max_pending"],
                exhaustive=plan["exhaustive"],
                weights=() if racing is None else (racing.weight,),
                random_state=plan["seed"],
            )
            optimizer.history.test_share = mean_test_share(splits)
            if any(isinstance(rule, ExpectedGain) for rule in rules):
                optimizer.expected_gain()  # raises where the surrogate predicts none
            # the size of a space is no plan
            total = None if search.n_iter is None else n_candidates
            if search.verbose > 0:
                seconds = None if deadline is None else deadline.seconds
                may_spare = may_end or racing is not None
                announce(len(splits), total, seconds, journal, may_end=may_spare)
            n_fits = None if n_candidates is None else n_candidates * len(splits)
            callbacks.begin_search(n_fits)
            is_hopeless = None
            if not are_expected(search.error_score):
                n_given = optimizer.n_given_points
                is_hopeless = ChoiceOfFailures(objective, space.dims, n_given)
            run(
                optimizer,
                executor,
                evaluator,
                progress=progress,
                objective=objective,
                n_iter=search.n_iter,
                max_pending=plan["max_pending"],
                in_order=search.max_pending != "async",
                deadline=deadline,
                racing=racing,
                rules=rules,
                is_hopeless=is_hopeless,
                on_end=reporter(objective, total, deadline, search.verbose, space),
                journal=journal,
            )
            callbacks.end_search()


def _plan(search, space, may_end, n_workers, n_splits):
    """Tell what the rows depend on beside the search's arguments and data."""
    seed = check_random_state(search.random_state).randint(np.iinfo(np.int32).max)
    return {
        "seed": int(seed),
        "max_pending": window(search.max_pending, n_workers, n_splits),
        "n_iter": None if search.n_iter is None else int(search.n_iter),
        "exhaustive": not may_end and space.size <= search.n_iter,
    }


def _journal_of(search, X, y, space, splits, plan, routed):
    """Make the journal of a search that is to have one, on disk or in memory."""
    if search.checkpoint is None and not search.warm_start:
        return None
    explicit = not isinstance(search.max_pending, str)
    digests = fingerprint(
        space,
        plan["seed"] if isinstance(search.random_state, Integral) else None,
        estimator=search.estimator,
        data=(X, y, dict(routed.estimator.fit), dict(routed.scorer.score)),
        splits=splits,
        scoring=search.scoring,
        return_train_score=search.return_train_score,
        error_score=repr(search.error_score),
    )
    if _draws_anew(search.cv):
        warnings.warn(
            "The 'cv' of BayesSearchCV draws other folds each time, so that a search "
            "that was stopped cannot go on from its results: give it a random_state.",
            UserWarning,
            stacklevel=stack_level(),
        )
    digests["racing"] = _describe(as_racing(search.racing, len(splits)))
    digests["max_pending"] = str(plan["max_pending"]) if explicit else None
    return Journal(
        search.checkpoint,
        fingerprint=digests,
        plan=plan,
        space=space,
        in_order=search.max_pending != "async",
        fit_timeout=search.fit_timeout,
        earlier=getattr(search, "_journal", None) if search.warm_start else None,
    )


def _describe(racing):
    """Write racing down, the same for numbers of Python and of NumPy."""
    if racing is None:
        return repr(racing)
    values = {field.name: getattr(racing, field.name) for field in fields(racing)}
    numpy = {name: v.item() for name, v in values.items() if isinstance(v, np.generic)}
    return repr(replace(racing, **numpy))


def _draws_anew(cv):
    """Tell whether a splitter would draw other folds for the same data."""
    shuffles = getattr(cv, "shuffle", hasattr(cv, "random_state"))
    return shuffles and getattr(cv, "random_state", 0) is None


def _initial_points(search, space, prior):
    """Give the user's, the best of each earlier search, the estimator's nearest."""
    own = space.nearest(search.estimator.get_params())
    own = [] if own is None else [own]
    return [*(search.initial_points or []), *map(best_setting, prior), *own]
