"""Several objectives and limits in the optimizer that asks and is told."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_bayes_search import (
    BayesianOptimizer,
    Categorical,
    Integer,
    LogExpectedImprovement,
    RandomForest,
    Real,
    UpperConfidenceBound,
)
from sklearn_bayes_search.optimizer import hypervolume
from sklearn_bayes_search.optimizer._weights import ChanceOfReaching
from sklearn_bayes_search.space._space import as_space

LINE = {"x": Real(0, 1), "y": Real(0, 1)}
SPACES = {
    "numbers": LINE,
    "mixed": {"x": Real(0, 1), "y": Integer(0, 9), "k": ["a", "b"]},
    "branches": [
        {"k": Categorical(["a"]), "x": Real(0, 1), "y": Real(0, 1)},
        {"k": Categorical(["b"]), "x": Real(0, 1)},
    ],
}


def two(params):
    """Score: the front is where ``x`` is between 0.2 and 0.8 and ``y`` the best."""
    x, y = params["x"], params.get("y", 0.4)
    y = y / 10 if isinstance(y, int) else y
    beside = 0.2 * (params.get("k") == "b") + (y - 0.4) ** 2
    return [-((x - 0.2) ** 2) - beside, -((x - 0.8) ** 2) - beside]


def three(params):
    return [*two(params), -(params["y"] ** 2)]


def run(space=LINE, objective=two, n=20, *, window=1, limited=None, **options):
    n_objectives = len(objective({"x": 0.5, "y": 0.5}))
    optimizer = BayesianOptimizer(
        space, n_objectives=n_objectives, random_state=0, n_iter=n, **options
    )
    pending = []
    for _ in range(n):
        pending.append(optimizer.ask())
        if len(pending) == window:
            trial = pending.pop(0)
            further = {} if limited is None else {"limited": limited(trial.params)}
            optimizer.tell(trial, scores=objective(trial.params), **further)
    return optimizer


def volume(optimizer, reference=(-0.6, -0.6)):
    return hypervolume([o.scores for o in optimizer.pareto], reference)


@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_it_finds_the_front(space):
    random = BayesianOptimizer(
        space, n_objectives=2, random_state=0, n_initial_points=20
    )
    for _ in range(20):
        trial = random.ask()
        random.tell(trial, scores=two(trial.params))
    # of 0.29 that the whole front has
    assert volume(run(space)) > max(volume(random) + 0.005, 0.26)


def test_three_objectives_need_no_more_than_a_third_score():
    front = run(objective=three).pareto
    assert len(front) >= 5
    assert all(outcome.scores.shape == (3,) for outcome in front)


def test_the_front_is_sorted_by_the_first_objective_and_nothing_dominates_it():
    optimizer = run()
    front = np.array([outcome.scores for outcome in optimizer.pareto])
    assert (np.diff(front[:, 0]) < 0).all()
    assert (np.diff(front[:, 1]) > 0).all()
    assert optimizer.best is optimizer.pareto[0]


def test_a_window_of_pending_trials_spreads_along_the_front():
    optimizer = run(window=4, max_pending=4, n=24)
    pending = [trial.row for trial in optimizer.pending]
    assert len(pending) == 3
    assert volume(optimizer) > 0.26


def test_the_order_of_telling_does_not_matter():
    rows = []
    for order in ([0, 1, 2], [2, 0, 1]):
        optimizer = BayesianOptimizer(LINE, n_objectives=2, random_state=0)
        for _ in range(3):
            trials = [optimizer.ask() for _ in range(3)]
            for i in order:
                optimizer.tell(trials[i], scores=two(trials[i].params))
        rows.append(optimizer.ask().row)
    assert_array_equal(*rows)


def test_failures_are_told_by_any_score_and_avoided():
    def failing(params):
        return [np.nan, 0.0] if params["x"] < 0.5 else two(params)

    optimizer = run(objective=failing, n=24)
    # the best that works is at the border, which has to be felt for
    late = [outcome.trial.params["x"] for outcome in list(optimizer.history)[12:]]
    assert min(late) > 0.4
    assert not any(outcome.failed for outcome in optimizer.pareto)


def test_units_of_the_objectives_do_not_matter():
    def scaled(params):
        first, second = two(params)
        return [1024 * first, second / 1024 - 4.0]

    for one, other in zip(run().history, run(objective=scaled).history, strict=True):
        # up to rounding, which ascents of the acquisition may magnify
        np.testing.assert_allclose(one.trial.row, other.trial.row, atol=1e-3)


def test_a_forest_will_do():
    assert volume(run(surrogate=RandomForest(), n=10)) > 0.15


def test_earlier_searches_inform_each_objective():
    rng = np.random.default_rng(0)
    settings = [dict(zip("xy", u, strict=True)) for u in rng.random((30, 2))]
    known = [[(params, two(params)) for params in settings]]
    partly = [[(params, [two(params)[0], np.nan]) for params in settings]]
    informed = run(prior_results=known, n=8)
    assert volume(informed) > volume(run(n=8))
    # the best of each objective, but of a source without a score, none
    assert informed.n_given_points == 2
    assert run(prior_results=partly, n=4).n_given_points == 1


@pytest.mark.parametrize(
    "wrong", [0.5, [0.5], [({}, [1.0, 2.0])], *([[({}, s)]] for s in (1.0, [1.0] * 3))]
)
def test_earlier_searches_have_a_score_for_each_objective(wrong):
    with pytest.raises(TypeError, match=r"'prior_results' parameter must.*2 scores"):
        run(prior_results=wrong, n=1)


@pytest.mark.parametrize("limited", [0.5, [0.5, 0.5], ["a"]])
def test_earlier_searches_have_an_outcome_for_each_limit(limited):
    earlier = [[({"x": 0.5, "y": 0.5}, 1.0, limited)]]
    with pytest.raises(TypeError, match="'prior_results' parameter must be"):
        BayesianOptimizer(LINE, limits=[0.5], prior_results=earlier)


def test_what_is_told_must_fit_the_objectives():
    optimizer = BayesianOptimizer(LINE, n_objectives=2, limits=[0.5], random_state=0)
    trial = optimizer.ask()
    for wrong in ({"score": 1.0}, {"scores": [1.0]}, {"scores": [1.0, "a"]}, {}):
        with pytest.raises(TypeError, match="scores must be 2 numbers"):
            optimizer.tell(trial, limited=[1.0], **wrong)
    with pytest.raises(TypeError, match="in place of 'score'"):
        optimizer.tell(trial, 3.0, scores=[1.0, 2.0], limited=[1.0])
    with pytest.raises(TypeError, match="limited outcomes must be 1 number"):
        optimizer.tell(trial, scores=[1.0, 2.0])
    single = BayesianOptimizer(LINE, random_state=0)
    with pytest.raises(TypeError, match="n_objectives"):
        single.tell(single.ask(), scores=[1.0, 2.0])
    with pytest.raises(TypeError, match="score must be a number"):
        single.tell(single.ask())


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"n_objectives": 4}, "n_objectives"),
        ({"n_objectives": 0}, "n_objectives"),
        ({"n_objectives": 2, "surrogate": "tpe"}, "Several objectives need"),
        ({"n_objectives": 2, "acquisition": "ucb"}, "hypervolume takes its place"),
        ({"limits": [np.nan]}, "limits"),
        ({"limits": [0.0], "surrogate": "tpe"}, "'limits' parameter needs"),
    ],
)
def test_what_cannot_be_is_refused(options, match):
    with pytest.raises(ValueError, match=match):
        BayesianOptimizer(LINE, **options)


@pytest.mark.parametrize("limits", [0.5, {"a": 0.5}, "a"])
def test_limits_are_a_sequence(limits):
    with pytest.raises(TypeError, match="must be a sequence of numbers"):
        BayesianOptimizer(LINE, limits=limits)


def test_predictions_are_of_one_objective():
    optimizer = run(n=4)
    with pytest.raises(ValueError, match="one objective"):
        optimizer.predict([{"x": 0.5, "y": 0.5}])
    with pytest.raises(ValueError, match="one objective"):
        optimizer.expected_gain()


class TestLimits:
    """The best score lies where the limit is not reached."""

    @staticmethod
    def score(params):
        return params["x"] + 0.1 * params["y"]

    @staticmethod
    def outcome(params):
        return 0.5 - params["x"]

    def search(self, n=20, *, limits=(0.0,), **options):
        optimizer = BayesianOptimizer(LINE, limits=limits, random_state=0, **options)
        for _ in range(n):
            trial = optimizer.ask()
            optimizer.tell(
                trial,
                self.score(trial.params),
                limited=[self.outcome(trial.params)] * len(limits),
            )
        return optimizer

    def test_the_best_reaches_the_limit_and_is_near_it(self):
        best = self.search().best
        assert best.limited[0] >= 0
        assert best.score > 0.57  # of 0.6

    @pytest.mark.parametrize(
        "acquisition", [LogExpectedImprovement(), UpperConfidenceBound(), "ei", "pi"]
    )
    def test_any_acquisition_is_weighed(self, acquisition):
        optimizer = self.search(25, acquisition=acquisition)
        assert optimizer.best.limited[0] >= 0
        assert optimizer.best.score > 0.5
        reached = [outcome.limited[0] > -0.05 for outcome in optimizer.history]
        assert sum(reached[10:]) > 8

    def test_if_nothing_reaches_them_the_nearest_is_the_best(self):
        optimizer = self.search(12, limits=(2.0, 3.0))
        assert optimizer.best.limited[0] == max(
            outcome.limited[0] for outcome in optimizer.history
        )
        assert optimizer.best.limited[0] > 0.45
        assert optimizer.pareto == [optimizer.best]

    def test_a_limit_that_all_reach_changes_no_row(self):
        free = BayesianOptimizer(LINE, random_state=0)
        for _ in range(12):
            trial = free.ask()
            free.tell(trial, self.score(trial.params))
        rows = [outcome.trial.row for outcome in self.search(12, limits=(-9,)).history]
        free_rows = [outcome.trial.row for outcome in free.history]
        np.testing.assert_allclose(rows, free_rows, atol=1e-2)

    def test_an_outcome_that_is_not_known_is_a_failure(self):
        optimizer = BayesianOptimizer(LINE, limits=[0.0], random_state=0)
        optimizer.tell(optimizer.ask(), 1.0, limited=[np.nan])
        assert optimizer.history[0].failed
        assert optimizer.best is None

    def test_an_outcome_keeps_them_when_its_score_is_revised(self):
        optimizer = BayesianOptimizer(LINE, limits=[0.5], random_state=0)
        for limited in (0.2, 0.7, 0.9):
            trial = optimizer.ask()
            optimizer.tell(trial, -limited, limited=[limited])
        folds = np.array([-0.1, -0.3])
        optimizer.revise(trial, -0.2, noise=0.01, seconds=1.0, folds=folds)
        assert optimizer.best.trial == trial
        assert optimizer.best.score == -0.2
        assert optimizer.best.limited == [0.9]
        several = BayesianOptimizer(LINE, n_objectives=2, random_state=0)
        trial = several.ask()
        several.tell(trial, scores=[1.0, 2.0])
        with pytest.raises(ValueError, match="Only one score can be revised"):
            several.revise(trial, 0.5, noise=0.0, seconds=1.0, folds=folds)

    @pytest.mark.parametrize(
        ("outcomes", "first"),
        [
            ([0.1, 0.6, 0.7], 1),  # the best of those that reach the limit
            ([0.1, 0.4, 0.3], 1),  # or the nearest
            ([0.1, np.nan, 0.7], 2),
            ([np.nan] * 3, 0),  # nothing is known of it
            ([], 0),
        ],
    )
    def test_the_best_of_an_earlier_search_reaches_the_limits(self, outcomes, first):
        points = [{"x": x, "y": 0.5} for x in (0.9, 0.5, 0.1)]
        known = [(point, point["x"]) for point in points]
        pairs = zip(known, [[[o]] for o in outcomes] or [[]] * 3, strict=True)
        earlier = [[(*pair, *further) for pair, further in pairs]]
        optimizer = BayesianOptimizer(LINE, limits=[0.5], prior_results=earlier)
        assert optimizer.ask().params == points[first]
        assert optimizer.n_given_points == 1

    def test_a_front_can_have_limits(self):
        optimizer = run(limits=[0.0], limited=lambda params: [0.5 - params["x"]], n=25)
        assert all(outcome.limited[0] >= 0 for outcome in optimizer.pareto)
        assert len(optimizer.pareto) > 4

    def test_gradients_of_the_chance_equal_finite_differences(self):
        rng = np.random.default_rng(0)
        space = as_space(LINE)
        U = rng.random((12, 2))
        y = U[:, 0] - U[:, 1]
        chance = ChanceOfReaching().fit(U, y / y.std(), 1.0, space.dims, rng)
        V = rng.random((5, 2))
        posterior = chance._model.posterior(V, gradient=True)
        value, gradient = chance.evaluate(V, posterior, 0.0)
        assert_array_equal(value, chance.evaluate(V)[0])
        assert (value < 0).all()
        for j, step in enumerate(1e-6 * np.eye(2)):
            slope = chance.evaluate(V + step)[0] - chance.evaluate(V - step)[0]
            np.testing.assert_allclose(gradient[:, j], slope / 2e-6, rtol=1e-4)
