"""What earlier results do to an optimizer: they inform it, and take no part in it."""

import copy
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from test_optimizer import BOX, LARGE, SPACES, Flat, assert_same_trials, hill, rows, run

from sklearn_bayes_search.optimizer._blas import one_blas_thread
from sklearn_bayes_search.optimizer._earlier_searches import (
    MAX_ROWS,
    EarlierSearches,
    normal_scores,
)
from sklearn_bayes_search.optimizer._optimizer import BayesianOptimizer
from sklearn_bayes_search.optimizer.acquisition import (
    ACQUISITIONS,
    LogExpectedImprovement,
)
from sklearn_bayes_search.optimizer.proposer import Observations
from sklearn_bayes_search.space import Real, Space
from sklearn_bayes_search.space._space import as_space


def draw(space, n, score=hill, seed=7):
    """Make a source: what an optimizer that only fills the space found."""
    optimizer = BayesianOptimizer(space, n_initial_points=n, random_state=seed)
    return [(trial.params, score(trial)) for trial in run(optimizer, n, score)]


def make(space, sources, **options):
    return BayesianOptimizer(
        space, prior_results=sources, **{"random_state": 0, **options}
    )


def slope(trial):
    return float(trial.row @ [1.0, 0.3])


def joined(sources, n=8, score=slope, failed=()):
    """Return what the model sees beside n present points, and how many of a source."""
    space = as_space(BOX)
    present = draw(BOX, n, score, seed=1)
    U = np.array([space.encode(params) for params, _ in present])
    y = np.array([score for _, score in present])
    y = (y - y.mean()) / y.std()
    noise = np.zeros(n)
    for index in failed:
        y[index], noise[index] = y.min(), 1.0
    with one_blas_thread():
        prior = EarlierSearches(space, sources, np.random.default_rng(0))
        earlier = prior.place(U, y, noise)
    failures, none = noise > 0, np.empty((0, 2))
    known = Observations(
        U=U, y=y, noise=noise, failed=failures, pending=none, earlier=earlier
    )
    return U, y, known.with_earlier()


# --- the best settings come first ---


def test_the_best_of_each_source_is_asked_after_the_initial_points():
    sources = [
        [({"x": 0.1, "y": 0.2}, 1.0), ({"x": 0.3, "y": 0.4}, 2.0)],
        [({"x": 0.5, "y": 0.6}, np.nan), ({"x": 0.7, "y": 0.8}, -9.0)],
    ]
    optimizer = make(BOX, sources, initial_points=[{"x": 0.9, "y": 0.9}])
    first = [optimizer.ask().params for _ in range(3)]
    assert [params["x"] for params in first] == [0.9, 0.3, 0.7]


def test_a_best_setting_that_is_an_initial_point_is_asked_once():
    best = {"x": 0.3, "y": 0.4}
    optimizer = make(BOX, [[(best, 1.0)], [(best, 5.0)]], initial_points=[best])
    params = [optimizer.ask().params for _ in range(3)]
    assert params.count(best) == 1
    assert params[0] == best


def test_earlier_results_are_no_part_of_the_search():
    optimizer = make(BOX, [[(params, 1e9) for params, _ in draw(BOX, 10)]])
    trials = run(optimizer, 5)
    assert [trial.number for trial in trials] == list(range(5))
    assert [outcome.trial for outcome in optimizer.history] == trials
    assert optimizer.best.score == max(map(hill, trials))
    assert optimizer.pending == []


def test_an_earlier_setting_may_be_asked_for_again():
    space = {"n": [1, 2, 3]}
    optimizer = make(space, [[({"n": n}, float(n)) for n in (1, 2, 3)]])
    assert sorted(trial.params["n"] for trial in run(optimizer, 9)) == [1, 2, 3]


def test_a_start_of_a_given_length_keeps_it():
    source = draw(BOX, 10)
    filled = make(BOX, None, initial_points=[source[0][0]], n_initial_points=6)
    informed = make(BOX, [[source[0]]], n_initial_points=6)
    assert informed.n_initial_points == 6
    assert_array_equal(rows(run(filled, 6)), rows(run(informed, 6)))
    wide = {f"x{i}": Real(0, 1) for i in range(12)}
    alone, informed = (make(wide, s) for s in (None, [draw(wide, 10)]))
    assert informed.n_initial_points == 3 < alone.n_initial_points
    assert make(BOX, [source], max_pending=12).n_initial_points == 12


# --- the same promises as without ---


@pytest.mark.parametrize("name", SPACES)
def test_same_results_and_seed_give_the_same_trials(name):
    source = draw(SPACES[name], 12)
    a, b = (run(make(SPACES[name], [source]), 8) for _ in range(2))
    assert_same_trials(a, b)


@pytest.mark.parametrize("acquisition", ACQUISITIONS)
@pytest.mark.parametrize("name", [*LARGE, "finite"])
def test_no_setting_is_asked_twice(acquisition, name):
    space = SPACES[name]
    optimizer = make(space, [draw(space, 15)], acquisition=acquisition)
    trials = run(optimizer, 10)
    assert len({row.tobytes() for row in rows(trials)}) == 10
    assert all(optimizer.space.allows(trial.params) for trial in trials)


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))]
)
def test_a_copy_made_midway_goes_on_alike(duplicate):
    optimizer = make(SPACES["mixed"], [draw(SPACES["mixed"], 20)])
    run(optimizer, 5)
    other = duplicate(optimizer)
    assert_same_trials(run(optimizer, 4), run(other, 4))


def test_pending_trials_are_avoided():
    optimizer = make(BOX, [draw(BOX, 30)], max_pending=3)
    run(optimizer, 5)
    pending = rows([optimizer.ask() for _ in range(3)])
    assert (
        min(np.abs(pending[i] - pending[j]).max() for i, j in [(0, 1), (1, 2)]) > 0.01
    )


def test_only_the_order_of_the_scores_matters():
    source = draw(BOX, 20)
    stretched = [(params, float(np.exp(9 * score) - 70)) for params, score in source]
    assert_same_trials(run(make(BOX, [source]), 8), run(make(BOX, [stretched]), 8))


def test_the_acquisition_knows_the_present_points_only():
    class Spy(LogExpectedImprovement):
        seen = ()

        def __call__(self, posterior, context):
            self.seen = (*self.seen, (context.n_told, context.best))
            return super().__call__(posterior, context)

    optimizer = make(BOX, [draw(BOX, 30)], acquisition=Spy())
    run(optimizer, 4, lambda trial: 0.5 - hill(trial))
    contexts = dict(optimizer._proposer.acquisition.seen)
    assert list(contexts) == [3]
    # the highest standardised score of three is at most 1.42 deviations
    assert contexts[3] < 1.5


# --- how much a source says ---


def test_normal_scores_have_the_order_of_the_scores():
    scores = np.array([3.0, 1e9, np.nan, 3.0, -5.0])
    z = normal_scores(scores)
    assert z[2] < z[4] < z[0] == z[3] < z[1]
    assert_allclose(normal_scores(np.arange(9.0)).sum(), 0, atol=1e-12)


def test_rows_of_a_source_follow_the_present_ones():
    U, y, (all_U, all_y, all_noise) = joined([draw(BOX, 20, slope)])
    assert len(all_U) == 28
    assert_array_equal(all_U[:8], U)
    assert_array_equal(all_y[:8], y)
    assert_array_equal(all_noise[:8], 0)
    # on the present scale, they lie where present scores would
    trend = np.polyfit(U @ [1.0, 0.3], y, 1)
    expected = np.polyval(trend, all_U[8:] @ [1.0, 0.3])
    assert np.corrcoef(expected, all_y[8:])[0, 1] > 0.95


def test_a_source_that_contradicts_is_left_out():
    U, _, (all_U, _, _) = joined([draw(BOX, 20, lambda trial: -slope(trial))])
    assert len(all_U) == len(U)
    sources = [draw(BOX, 20, lambda trial: -slope(trial)), draw(BOX, 15, slope)]
    _, _, (all_U, _, _) = joined(sources)
    assert len(all_U) == len(U) + 15


def test_a_source_is_trusted_as_far_as_it_agrees():
    def other(trial):
        return slope(trial) + np.sin(40 * trial.row[0]) / 3

    _, _, (_, _, agrees) = joined([draw(BOX, 20, slope)])
    _, _, (_, _, differs) = joined([draw(BOX, 20, other)])
    assert agrees[8:].max() < 0.5 * differs[8:].min()
    _, _, (_, _, later) = joined([draw(BOX, 20, slope)], n=30)
    assert later[30:].max() < 0.5 * agrees[8:].min()


def test_present_failures_count_little_for_the_agreement():
    source = [draw(BOX, 20, slope)]
    noise = {
        failed: joined(source, failed=failed)[2][2][-1] for failed in [(), (0,), (0, 1)]
    }
    assert noise[()] < noise[(0,)] < noise[(0, 1)]


def test_earlier_failures_are_poor_and_uncertain():
    source = draw(BOX, 20, slope)
    best = max(range(20), key=lambda index: source[index][1])
    source[best] = (source[best][0], np.nan)
    _, _, (_, y, noise) = joined([source])
    assert np.argmin(y[8:]) == best
    assert noise[8 + best] > noise[8:].min()


def test_of_many_rows_the_best_and_some_of_all_ranks_are_used():
    space = as_space(BOX)
    U = space.spread(1000, np.random.default_rng(0))
    source = [(space.decode(u), float(u @ [1.0, 0.3])) for u in U]
    _, _, (U, y, _) = joined([source])
    assert len(U) == 8 + MAX_ROWS
    best = sorted(source, key=lambda pair: -pair[1])[:50]
    used = {row.tobytes() for row in U}
    assert all(space.encode(params).tobytes() in used for params, _ in best)
    assert y[8:].min() < -1.5
    _, _, (U, _, _) = joined([source, source, source])
    assert len(U) == 8 + MAX_ROWS


@pytest.mark.parametrize("score", [lambda trial: 1.0, lambda trial: -1e300, slope])
@pytest.mark.parametrize("n", [1, 2, 20])
@pytest.mark.filterwarnings("error")
def test_a_source_of_any_size_and_scores_is_borne(n, score):
    trials = run(make(BOX, [draw(BOX, n, score)]), 6, score)
    assert len(trials) == 6


def test_a_space_without_columns_has_sources_too():
    optimizer = make({"n": [3]}, [[({"n": 3}, 1.0)]])
    assert len(run(optimizer, 3)) == 1


def test_another_surrogate_sees_the_rows():
    surrogate = Flat()
    optimizer = make(BOX, [draw(BOX, 20)], surrogate=surrogate)
    run(optimizer, 4)
    assert len(optimizer._proposer.surrogate.fitted["U"]) == 3 + 20
    assert surrogate.fitted is None


# --- what is refused ---


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"x": 1}, "Got {.x.: 1} instead"),
        ("source", "Got .source. instead"),
        ([3], "Source 0 is 3"),
        ([({"x": 0.1, "y": 0.2}, 1.0)], "Source 0 holds {'x'"),
        ([[({"x": 0.1, "y": 0.2}, 1.0), ("x", 1.0)]], r"Source 0 holds \('x', 1.0\)"),
        ([[({"x": 0.1, "y": 0.2}, "good")]], "Source 0 holds"),
        ([[({"x": 0.1, "y": 0.2}, True)]], "Source 0 holds"),
    ],
)
def test_anything_else_is_refused(value, message):
    with pytest.raises(
        TypeError, match=f"'prior_results' parameter must be.*{message}"
    ):
        make(BOX, value)


@pytest.mark.parametrize("source", [[], [({"x": 0.1, "y": 0.2}, np.nan)]])
def test_a_source_without_a_score_is_refused(source):
    with pytest.raises(ValueError, match=r"must have a finite score\. Source 1 has"):
        make(BOX, [[({"x": 0.1, "y": 0.2}, 1.0)], source])


def test_a_setting_outside_the_space_is_refused():
    space = Space({"x": Real(0, 1)}, constraint=lambda params: params["x"] < 0.5)
    for x, reason in [(2.0, "is not between"), (0.7, "constraint of the space")]:
        with pytest.raises(ValueError, match=f"Setting 1 of source 0.*{reason}"):
            make(space, [[({"x": 0.1}, 1.0), ({"x": x}, 2.0)]])


# --- what it is for ---


def branin(row):
    x, y = 15 * row[0] - 5, 15 * row[1]
    bowl = (y - 5.1 / (4 * np.pi**2) * x**2 + 5 / np.pi * x - 6) ** 2
    return -float(bowl + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x))


@pytest.mark.slow
def test_a_good_source_saves_evaluations_and_a_contrary_one_costs_few():
    space = as_space(BOX)

    def curves(sign):
        found = []
        for seed in range(12):
            rng = np.random.default_rng(seed)
            U = rng.uniform(size=(50, 2))
            scores = sign * np.array(list(map(branin, U)))
            scores += 0.1 * scores.std() * rng.standard_normal(50)
            source = list(zip(space.decode_many(U), scores.tolist(), strict=True))
            sources = [source] if sign else None
            optimizer = make(BOX, sources, n_iter=25, random_state=seed)
            run(optimizer, 25, lambda trial: branin(trial.row))
            found.append(np.maximum.accumulate(optimizer.history.scores))
        return np.array(found)

    without, good, contrary = curves(0), curves(1), curves(-1)
    target = np.median(without[:, -1])
    needed = [np.median((c < target).sum(axis=1) + 1) for c in (good, contrary)]
    assert needed[0] <= 16  # 12 was seen, of 25
    assert needed[1] <= 26
    # the scores range over 300
    assert np.median(contrary[:, -1]) > target - 0.1
