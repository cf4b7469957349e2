"""Ask for a point, tell its score: Bayesian optimisation of any black box.

This module joins what lies below it: the space, the first points, and the proposer of
all later points, usually a surrogate with an acquisition function. Scores are stored as
they were told; higher is better.
"""

import functools
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np

from sklearn_bayes_search.exceptions import SpaceExhausted, check_number, safe_repr
from sklearn_bayes_search.optimizer._blas import one_blas_thread
from sklearn_bayes_search.optimizer._design import (
    MIDDLE,
    MIDDLE_BESIDE_GIVEN,
    MOST_FIRST,
    SpaceFilling,
    default_n_initial_points,
    encode_given,
    given_points,
)
from sklearn_bayes_search.optimizer._earlier_searches import (
    EarlierResults,
    EarlierSearches,
    by_objective,
)
from sklearn_bayes_search.optimizer._hypervolume import N_OBJECTIVES
from sklearn_bayes_search.optimizer._maximize import AskedPoints, Maximizer
from sklearn_bayes_search.optimizer._objectives import (
    check_values,
    pareto,
    reached,
    within_limits,
)
from sklearn_bayes_search.optimizer._targets import (
    observations_of,
    scale_of,
    standardise,
)
from sklearn_bayes_search.optimizer._trial import History, Outcome, Trial, is_score
from sklearn_bayes_search.optimizer.acquisition import Acquisition
from sklearn_bayes_search.optimizer.proposer import (
    Observations,
    Prediction,
    Proposer,
    Weight,
)
from sklearn_bayes_search.optimizer.proposer._model_based import ModelBased
from sklearn_bayes_search.optimizer.proposer._names import (
    as_proposer,
    for_several,
    refuse_limits,
)
from sklearn_bayes_search.optimizer.surrogate import Surrogate
from sklearn_bayes_search.space._parse import warn_of_bounds
from sklearn_bayes_search.space._space import as_space

# First points where earlier results inform the model. With more of them a good source
# saves fewer evaluations; with 2 a misleading one costs some.
N_INFORMED = 3
# Draws after which the middle of a space has nothing new, and after which a constraint
# is said to permit nothing.
FEW_DRAWS, MAX_DRAWS = 100, 20_000
# Parameters that its text names.
MOST_NAMES = 6
# Finite spaces up to this size are then walked through, which takes a few seconds.
MAX_WALK = 100_000


class BayesianOptimizer:
    """Bayesian optimisation by ask and tell.

    Ask for a trial, evaluate its ``params`` in any way, and tell the score. Several
    trials may be pending at a time. What is asked next depends on the arguments and on
    what was told, never on the order of telling or on the clock.

    Parameters
    ----------
    space : dict, list of dicts or Space
        What to search over; see :class:`Space`.
    surrogate : str, Surrogate or Proposer, default="gp"
        Model of the score, or a proposer that chooses points without one; names are
        those of :class:`BayesSearchCV`.
    acquisition : str or Acquisition, default="log_ei"
        What makes a point promising, as in :class:`BayesSearchCV`.
    initial_points : list of dict, default=None
        Candidates to ask for first.
    prior_results : list of list of (dict, float), default=None
        What earlier searches found: for each search, a list of candidates of this space
        with their scores, NaN for a failure. They inform the model but are not in
        ``history``. The best candidate of each search is asked for after
        ``initial_points``. With several objectives, each candidate has a score for each
        of them. A search that did not measure an objective has NaN for it everywhere.
        With ``limits``, the outcomes that they are for may follow upon the score: the
        best candidate is then one that reaches them, or else the nearest.
    n_initial_points : int or "auto", default="auto"
        How many points are asked for before the model takes over, ``initial_points``
        included. ``"auto"`` chooses by the space, ``n_iter`` and ``max_pending``.
    n_iter : int, default=None
        How many points will be asked for, if that is known. It is only used for
        ``n_initial_points="auto"``, as an upper bound.
    max_pending : int, default=1
        The most trials that will be pending at a time. It is only used for
        ``n_initial_points="auto"``.
    exhaustive : bool, default=False
        Whether to ask for every point of a finite space in ``ParameterGrid``'s order
        instead of choosing.
    n_objectives : int, default=1
        How many scores each candidate has, 1 to 3. With several, the search is for the
        Pareto front: the candidates that no other one surpasses in all of them.
    limits : sequence of float, default=()
        The least values that further outcomes of a candidate must reach, one for each
        outcome. Each outcome has a model of its own. A gain counts in proportion to the
        probability that the candidate reaches all limits.
    weights : sequence of callable, default=()
        Further factors of the expected gain, such as the number of folds that it takes.
        Each is called with the history when a point is chosen, and returns a
        :class:`~sklearn_bayes_search.optimizer.proposer.Weight`, or None.
    random_state : int, numpy.random.Generator or None, default=None
        Source of randomness; an int makes the trials reproducible.

    Attributes
    ----------
    space : Space
        The search space.
    history : History
        The outcomes told so far, in the order of their trials.
    n_given_points : int
        How many of the first trials are given candidates: ``initial_points`` and the
        best candidates of ``prior_results``.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, for instance if an initial point is outside the space.

    Notes
    -----
    With several objectives, each has a Gaussian process of its own. The next point
    maximises the logarithm [3]_ of the expected hypervolume improvement [1]_ [2]_, plus
    the logarithm of the probability of reaching all limits [4]_. The front is that of
    the processes' means, so that noise does not count. The reference point lies below
    the worst means, by a tenth and by half of their range in turn.

    References
    ----------
    .. [1] M. T. M. Emmerich, K. C. Giannakoglou and B. Naujoks, "Single- and
       Multiobjective Evolutionary Optimization Assisted by Gaussian Random Field
       Metamodels", IEEE Transactions on Evolutionary Computation 10, 2006.
    .. [2] S. Daulton, M. Balandat and E. Bakshy, "Differentiable Expected Hypervolume
       Improvement for Parallel Multi-Objective Bayesian Optimization", NeurIPS 2020.
    .. [3] S. Ament et al., "Unexpected Improvements to Expected Improvement for
       Bayesian Optimization", NeurIPS 2023.
    .. [4] J. R. Gardner et al., "Bayesian Optimization with Inequality Constraints",
       ICML 2014.

    Examples
    --------
    >>> from sklearn_bayes_search import BayesianOptimizer, Real
    >>> optimizer = BayesianOptimizer({"x": Real(-5, 5)}, random_state=0)
    >>> for _ in range(20):
    ...     trial = optimizer.ask()
    ...     optimizer.tell(trial, -((trial.params["x"] - 2) ** 2))
    >>> print(round(optimizer.best.trial.params["x"], 1))
    2.0

    With two objectives, what is best for one is not best for the other:

    >>> optimizer = BayesianOptimizer(
    ...     {"x": Real(-5, 5)}, n_objectives=2, random_state=0
    ... )
    >>> for _ in range(20):
    ...     trial = optimizer.ask()
    ...     x = trial.params["x"]
    ...     optimizer.tell(trial, scores=[-((x - 2) ** 2), -((x + 2) ** 2)])
    >>> all(abs(outcome.trial.params["x"]) < 2.5 for outcome in optimizer.pareto)
    True
    """

    def __init__(
        self,
        space: Any,
        *,
        surrogate: str | Surrogate | Proposer = "gp",
        acquisition: str | Acquisition = "log_ei",
        initial_points: Sequence[Mapping[str, Any]] | None = None,
        prior_results: Sequence[EarlierResults] | None = None,
        n_initial_points: int | str = "auto",
        n_iter: int | None = None,
        max_pending: int = 1,
        exhaustive: bool = False,
        n_objectives: int = 1,
        limits: Sequence[float] = (),
        weights: Sequence[Callable[[History], Weight | None]] = (),
        random_state: int | np.random.Generator | None = None,
    ) -> None:
        check_count = functools.partial(check_number, whole=True, least=1)
        self.space = as_space(space)
        if self.space is not space:
            warn_of_bounds(space)
        self._proposer = as_proposer(surrogate, acquisition)
        check_count("n_objectives", n_objectives)
        self.n_objectives = int(n_objectives)
        if not np.iterable(limits) or isinstance(limits, str | Mapping):
            raise TypeError(
                "The 'limits' parameter of BayesianOptimizer must be a sequence of "
                f"numbers, one for each further outcome. Got {limits!r}."
            )
        for limit in limits:
            check_number("limits", limit)
        self._limits = np.array(limits, dtype=float)
        if len(self._limits):
            refuse_limits(self._proposer)
        if self.n_objectives > 1:
            if self.n_objectives not in N_OBJECTIVES:
                raise ValueError(
                    "The 'n_objectives' parameter of BayesianOptimizer must be 1, 2 or "
                    f"3. Got {n_objectives!r}."
                )
            self._proposer = for_several(self._proposer, self.n_objectives)
        self._entropy = _as_entropy(random_state)
        if n_iter is not None:
            check_count("n_iter", n_iter, other=" or None")
        check_count("max_pending", max_pending)
        self._weights = tuple(weights)
        with one_blas_thread():
            self._earlier = [
                EarlierSearches(self.space, known, self._rng(0, 1), limits)
                for known in by_objective(prior_results, self.n_objectives)
            ]
        if isinstance(n_initial_points, str) and n_initial_points == "auto":
            n_initial_points = default_n_initial_points(self.space, n_iter, max_pending)
            if any(map(len, self._earlier)):
                n_initial_points = max(N_INFORMED, max_pending)
        check_count("n_initial_points", n_initial_points, other=" or 'auto'")
        self.n_initial_points = int(n_initial_points)
        best = [pair for earlier in self._earlier for pair in earlier.best]
        self._first = given_points(self.space, initial_points, best)
        self._queue = deque(self.space.grid()) if exhaustive else None
        self.n_given_points = 0 if exhaustive else len(self._first)
        side = MIDDLE_BESIDE_GIVEN if self._first else MIDDLE
        self._middle = SpaceFilling(self.space, self._rng(0, 2), side=side)
        self._filling = SpaceFilling(self.space, self._rng(0, 0))
        self._maximizer = Maximizer(self.space)
        self._asked = AskedPoints(self.space.dims)
        self._n_draws = MAX_DRAWS
        self._pending: dict[int, Trial] = {}
        # copies: whoever evaluates a trial may change its params
        self._params: dict[int, dict[str, Any]] = {}
        self._n_asked = 0
        self.history = History()

    @property
    def pending(self) -> list[Trial]:
        """Trials that were asked for and not yet told, in the order of asking."""
        return [t for t in self._pending.values() if t.number not in self.history]

    @property
    def best(self) -> Outcome | None:
        """The outcome with the highest score so far, the earliest of equals.

        With several objectives, the score is that of the first. With limits, it is the
        best of the outcomes that reach them, or else the one that comes nearest.
        """
        if not len(self._limits):
            return self.history.best
        within = within_limits(list(self.history), self._limits)
        return max(within, key=lambda outcome: outcome.score, default=None)

    def reaches_limits(self, outcome: Outcome) -> bool:
        """Check whether an outcome reaches all limits.

        Parameters
        ----------
        outcome : Outcome
            An outcome of the history.

        Returns
        -------
        reaches : bool
            False if it failed. Without limits, True for any other.
        """
        if outcome.failed or outcome.limited is None:
            return not outcome.failed
        return bool(reached(outcome.limited, self._limits).all())

    @property
    def pareto(self) -> list[Outcome]:
        """Outcomes that no other one surpasses in all objectives, sorted by the first.

        With limits, it is the front of the outcomes that reach them, or else the one
        that comes nearest.
        """
        return pareto(within_limits(list(self.history), self._limits))

    @property
    def acquisition(self) -> Acquisition | None:
        """The acquisition function; None if points are chosen without a model."""
        proposer = self._proposer
        return proposer.acquisition if isinstance(proposer, ModelBased) else None

    @property
    def surrogate(self) -> Surrogate | None:
        """The model of the score; None if points are chosen without one."""
        proposer = self._proposer
        return proposer.surrogate if isinstance(proposer, ModelBased) else None

    def ask(self, params: Mapping[str, Any] | None = None) -> Trial:
        """Choose the next candidate to evaluate.

        Parameters
        ----------
        params : dict, default=None
            A candidate of the space. If given, the trial is for this one and none is
            chosen.

        Returns
        -------
        trial : Trial
            Its number, its ``params`` and its place in the unit cube.

        Raises
        ------
        SpaceExhausted
            If every point of a finite space was asked for.
        ValueError
            If the constraint of the space permits no point at all, or if the given
            candidate is not in the space.
        """
        trial = self._choose(self._n_asked, params)
        self._n_asked += 1
        return trial

    def _choose(self, number: int, params: Mapping[str, Any] | None) -> Trial:
        """Make the pending trial of a candidate, or of one that is chosen."""
        if params is None:
            # One thread: the matrices are small, the other cores may be busy fitting,
            # and the result must not depend on how many there are.
            with one_blas_thread():
                row, params = self._next(self._rng(number))
        else:
            row = self.space.encode(params)
        trial = Trial(number, dict(params or self.space.decode(row)), row)
        self._asked.add(row)
        self._pending[number] = trial
        self._params[number] = dict(trial.params)
        return trial

    def replace(self, trial: Trial, params: Mapping[str, Any] | None = None) -> Trial:
        """Replace a pending trial by another candidate.

        Parameters
        ----------
        trial : Trial
            A pending trial, which will not be evaluated. Its candidate may be asked for
            again later.
        params : dict, default=None
            The candidate of the space that is evaluated instead; None chooses one.

        Returns
        -------
        trial : Trial
            The pending trial of this candidate, under the same number.

        Raises
        ------
        SpaceExhausted
            If there is no other point to choose.
        ValueError
            If the trial is not pending, or the candidate is not in the space.
        """
        displaced = self._identify(trial)
        other = self._choose(displaced.number, params)
        self._asked.remove(displaced.row)
        if self._queue is not None:
            self._queue.appendleft(displaced.row)
        return other

    def reserve(self, settings: Iterable[Mapping[str, Any]]) -> None:
        """Keep candidates from being chosen: later, `ask` will be called with them.

        Parameters
        ----------
        settings : iterable of dict
            Candidates of the space.

        Raises
        ------
        ValueError
            If one of them is not in the space.
        """
        for params in settings:
            self._asked.add(self.space.encode(params))
            same = functools.partial(self.space.same, params)
            self._first = [given for given in self._first if not same(given[1])]

    def tell(
        self,
        trial: Trial | Mapping[str, Any],
        score: float | None = None,
        *,
        scores: Sequence[float] | None = None,
        limited: Sequence[float] = (),
        noise: float = 0.0,
        folds: np.ndarray | None = None,
        seconds: float = np.nan,
    ) -> None:
        """Learn the score of a candidate.

        Parameters
        ----------
        trial : Trial or dict
            The trial that was asked for, or a copy of it; or any candidate of the
            space, pending or evaluated elsewhere.
        score : float
            Higher is better. NaN or infinite means that the evaluation failed. The
            model learns from failures, too, and avoids similar candidates.
        scores : sequence of float, default=None
            The scores of several objectives, in place of ``score``.
        limited : sequence of float, default=()
            The further outcomes, one for each of ``limits``; higher is better. If one
            is not finite, the evaluation failed.
        noise : float, default=0.0
            Variance of the score's error, >= 0, in squared units of the score, if it is
            known. With several objectives it is learned from the scores.
        folds : ndarray of shape (n_splits,), default=None
            The scores that ``score`` is the mean of, for stopping rules that use the
            noise of the cross-validation. NaN where the candidate was paused before
            that fold.
        seconds : float, default=nan
            How long the evaluation took, >= 0, for
            :class:`ExpectedImprovementPerSecond`.

        Raises
        ------
        TypeError
            If ``trial`` is neither a trial nor a dict; if the score, the noise or the
            time is not a number; or if the number of scores or further outcomes is not
            that of objectives or limits.
        ValueError
            If the trial is not pending, the candidate is not in the space, or the noise
            or the time is negative or infinite.
        """
        of_limits = check_values("limited outcomes", limited, len(self._limits))
        of_each = None
        if self.n_objectives > 1:
            if score is not None and scores is not None:
                raise TypeError(
                    "Of several objectives tell all as 'scores', in place of 'score'. "
                    f"Got both, score={score!r} and scores={scores!r}."
                )
            given = score if scores is None else scores
            of_each = check_values("scores", given, self.n_objectives)
            score = float(of_each[0])
        elif scores is not None:
            raise TypeError(
                "The 'scores' are for several objectives, which n_objectives says. "
                f"Give the score of the only one as 'score'. Got {scores!r}."
            )
        score, noise, seconds = _check_outcome(score, noise, seconds)
        if not np.isfinite(of_limits).all():
            score = np.nan
        trial = self._identify(trial)
        params = self._params.get(trial.number, trial.params)
        if not self.space.same(params, trial.params):
            trial = Trial(trial.number, params, trial.row)
        folds = None if folds is None else np.asarray(folds, dtype=float)
        # first of all, so that Ctrl-C finds the trial either told or pending
        self.history.add(
            Outcome(
                trial,
                score,
                noise,
                folds,
                seconds,
                of_each,
                of_limits if len(of_limits) else None,
            )
        )
        self._pending.pop(trial.number, None)
        self._params.pop(trial.number, None)

    def expected_gain(self) -> float:
        """Predict how much the most promising new candidate would gain on the best.

        Returns
        -------
        gain : float
            The highest expected improvement [1]_ of any new point, in units of the
            score; with limits, times the probability of reaching them. Where ``m >
            3`` of ``n`` points share the best score, a gain begins above it, by ``(m -
            3) / n`` of the distance to the upper quartile of the different scores.
            Infinite before the model takes over, 0 when no point is left.

        Raises
        ------
        ValueError
            If the surrogate does not predict scores, such as "tpe".

        References
        ----------
        .. [1] D. R. Jones, M. Schonlau and W. J. Welch, "Efficient Global Optimization
           of Expensive Black-Box Functions", 1998, eq. (15).
        """
        proposer = self._model_based("The expected gain")
        scores = self.history.scores
        first = self._queue is not None or self._n_asked < self.n_initial_points
        few = first or np.isfinite(scores).sum() < 2
        observations = None if few else self._observations()
        if observations is None:
            return np.inf
        with one_blas_thread():
            gain = proposer.expected_gain(
                observations,
                maximizer=self._maximizer,
                asked=self._asked,
                rng=self._rng(self._n_asked),
            )
        return gain * standardise(scores[np.isfinite(scores)])[1]

    def predict(
        self, settings: Sequence[Mapping[str, Any]], *, n_samples: int = 0
    ) -> Prediction:
        """Predict the scores of candidates; later asks are not affected.

        Parameters
        ----------
        settings : list of dict
            Candidates of the space.
        n_samples : int, default=0
            How many functions are drawn from the posterior.

        Returns
        -------
        prediction : Prediction
            Mean, deviation, acquisition values and samples. `ask` takes the candidate
            with the highest acquisition value.

        Raises
        ------
        ValueError
            If the surrogate does not predict scores, such as "tpe"; if fewer than two
            different scores were told; or if a candidate is not in the space.
        """
        proposer = deepcopy(self._model_based("A prediction"))
        scores = self.history.scores[np.isfinite(self.history.scores)]
        observations = self._observations() if len(np.unique(scores)) > 1 else None
        if observations is None:
            raise ValueError("There is no model before two different scores are told.")
        rows = [self.space.encode(params) for params in settings]
        U = np.array(rows).reshape(-1, self.space.n_dims)
        dims, rng = self.space.dims, self._rng(self._n_asked)
        with one_blas_thread():
            prediction = proposer.predict(
                observations, U, n_samples, dims=dims, rng=rng
            )
        centre, unit = scale_of(scores)
        return replace(
            prediction,
            mean=centre + unit * prediction.mean,
            std=unit * prediction.std,
            samples=centre + unit * prediction.samples,
        )

    def revise(
        self,
        trial: Trial,
        score: float,
        *,
        noise: float,
        seconds: float,
        folds: np.ndarray,
    ) -> None:
        """Update the outcome of a trial that was already told.

        Parameters
        ----------
        trial : Trial
            A trial of the history.
        score, noise, seconds : float
            As for `tell`.
        folds : ndarray of shape (n_splits,)
            Likewise.

        Raises
        ------
        ValueError
            If there are several objectives.
        """
        if self.n_objectives > 1:
            raise ValueError(
                "Only one score can be revised. Got "
                f"n_objectives={self.n_objectives}; tell all of them at once."
            )
        limited = None
        if len(self._limits):  # these stay as they are
            told = {outcome.trial.number: outcome.limited for outcome in self.history}
            limited = told[trial.number]
        self.history.replace(
            Outcome(
                trial,
                float(score),
                float(noise),
                folds,
                float(seconds),
                limited=limited,
            )
        )

    def __repr__(self) -> str:
        told, failed = len(self.history), sum(o.failed for o in list(self.history))
        names = list(dict.fromkeys(n for b in self.space.branches for n in b))
        more = ", ..." if len(names) > MOST_NAMES else ""
        parts = [f"{told} told"]
        parts += [f"{failed} failed"] * bool(failed)
        parts += [f"{len(self.pending)} pending"] * bool(self.pending)
        best = self.best
        if best is not None:
            words = f"best {best.score:.4g} at {safe_repr(best.trial.params)}"
            reaches = self.reaches_limits(best)
            parts.append(words if reaches else "none within the limits yet")
        over = f"{', '.join(names[:MOST_NAMES])}{more}" or "nothing"
        return f"<BayesianOptimizer over {over}: {', '.join(parts)}>"

    def _model_based(self, what: str) -> ModelBased:
        """Return the proposer if it predicts scores, which ``what`` needs."""
        if self.n_objectives > 1:
            raise ValueError(
                f"{what} is for one objective. Got n_objectives={self.n_objectives}; "
                "HypervolumeGain stops a search for several, ParetoDisplay draws it."
            )
        if not isinstance(self._proposer, ModelBased):
            raise ValueError(
                f"{what} needs a surrogate that predicts scores, as 'gp' or "
                f"'forest'. Got {self._proposer!r}."
            )
        return self._proposer

    def _identify(self, trial: Any) -> Trial:
        """Return the pending trial that is meant, or adopt a candidate from
        elsewhere.
        """
        if isinstance(trial, Mapping):
            return self._adopt(trial)
        if not isinstance(trial, Trial):
            raise TypeError(
                "Tell a trial that was asked for, or a dict of parameters. "
                f"Got {trial!r} instead."
            )
        pending = self._pending.get(trial.number)
        # not by identity: a trial may come back from another process as a copy
        if pending is None or not np.array_equal(pending.row, trial.row):
            raise ValueError(
                f"Trial {trial.number} is not pending: it was told before, or another "
                "optimizer asked for it. Tell a dict of parameters to add a candidate "
                "that was evaluated elsewhere."
            )
        return pending

    def _adopt(self, params: Mapping[str, Any]) -> Trial:
        """Make a trial of a candidate from elsewhere, unless it is a pending one."""
        row = encode_given(self.space, params, "The candidate told")
        for pending in self.pending:
            if self.space.same(pending.params, params):
                return pending
        trial = Trial(self._n_asked, dict(params), row)
        self._n_asked += 1
        self._asked.add(row)
        return trial

    def _next(self, rng: np.random.Generator) -> tuple[np.ndarray, Any]:
        """Choose a row; with its params where they are given and not decoded."""
        if self._queue is not None:
            while self._queue:
                row = self._queue.popleft()
                if row not in self._asked:
                    return row, None
            raise self._nothing_left()
        while self._first:
            row, params = self._first.pop(0)
            told = (outcome.trial.params for outcome in self.history)
            if not any(self.space.same(params, other) for other in told):
                return row, params
        n_scored = np.isfinite(self.history.scores).sum()
        if self._n_asked < self.n_initial_points or n_scored < 2:
            return self._fill(), None
        observations, found = self._observations(), None
        if observations is not None:
            found = self._proposer.propose(
                observations, maximizer=self._maximizer, asked=self._asked, rng=rng
            )
        return (self._fill() if found is None else found), None

    def _fill(self) -> np.ndarray:
        """Return the next space-filling row that was not asked for."""
        asked, left = self._asked, self._maximizer.unasked(self._asked)
        if left is not None and len(left) == 0:
            raise self._nothing_left()
        row = None
        if self._n_asked < min(self.n_initial_points, MOST_FIRST):
            row = self._middle.find(lambda row: not asked.repeats(row), FEW_DRAWS)
        if row is None:
            row = self._filling.find(lambda row: not asked.repeats(row), self._n_draws)
        if row is None and self.space.size > MAX_WALK:
            self._n_draws = FEW_DRAWS  # the constraint permits hardly any of them
            row = self._maximizer.nearby(asked, self._rng(3, self._n_asked))
        if row is None and self.space.size > MAX_WALK:  # all are near another one
            row = self._filling.find(lambda row: row not in asked, FEW_DRAWS)
        if row is not None:
            return row
        if left is not None:
            return np.asarray(left[self._rng(self._n_asked).integers(len(left))])
        if self.space.size <= MAX_WALK:
            for row in self.space.grid():
                if row not in asked:
                    return row
        raise self._nothing_left()

    def _nothing_left(self) -> Exception:
        """Return the error that says why there is no point to ask for."""
        if len(self._asked) == 0:
            looked_at = min(self.space.size, MAX_DRAWS)
            return ValueError(
                f"The constraint of the space permits none of {looked_at:.0f} "
                "candidates that were looked at. Check it, or narrow the space to "
                "where it holds."
            )
        if self.space.size <= MAX_WALK:
            return SpaceExhausted("Every point of the space was asked for.")
        error = SpaceExhausted(
            "No point was found that is new and permitted, drawn at random or near "
            "those that are known."
        )
        error.is_whole = False
        return error

    def _observations(self) -> Observations | None:
        """Return what a proposer is passed; None if there is nothing to learn."""
        return observations_of(
            self.history, self.pending, self._earlier, self._limits, self._weights
        )

    def _rng(self, *stream: int) -> np.random.Generator:
        """Return the generator of one ask, or of another numbered purpose."""
        seeds = np.random.SeedSequence(self._entropy, spawn_key=stream)
        return np.random.default_rng(seeds)


def _check_outcome(score: Any, noise: Any, seconds: Any) -> tuple[float, float, float]:
    """Return the numbers of an outcome as floats, or raise what is wrong."""
    values = {"score": score, "noise": noise, "seconds": seconds}
    for name, value in values.items():
        if not is_score(value):
            raise TypeError(
                f"The {name} must be a number; the score of a failed evaluation is "
                f"NaN. Got {value!r}."
            )
    score, noise, seconds = map(float, values.values())
    if not 0 <= noise < np.inf:
        raise ValueError(f"The noise must be finite and >= 0. Got {noise!r}.")
    if not (np.isnan(seconds) or 0 <= seconds < np.inf):
        raise ValueError(f"The seconds must be finite and >= 0. Got {seconds!r}.")
    return score, noise, seconds


def _as_entropy(random_state: Any) -> int:
    """Return the number that all seeds follow from."""
    if random_state is None or isinstance(random_state, np.random.Generator):
        return int(np.random.default_rng(random_state).integers(2**63))
    other = ", a numpy Generator or None"
    check_number("random_state", random_state, whole=True, least=0, other=other)
    return int(random_state)
