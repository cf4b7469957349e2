"""Very many choices: neither memory nor work grows with what is never tried."""

import pickle
import tracemalloc
from itertools import islice, product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import uniform
from sklearn.dummy import DummyClassifier
from sklearn.svm import SVC

from sklearn_bayes_search import (
    BayesianOptimizer,
    BayesSearchCV,
    Categorical,
    GaussianProcess,
    Ordinal,
    RandomForest,
    Space,
    check_ranges,
)
from sklearn_bayes_search.display._charts._axis import parameter_axes
from sklearn_bayes_search.display._charts._slices import Beliefs
from sklearn_bayes_search.execution._journal._digest import digest
from sklearn_bayes_search.optimizer import _kernels as kernels
from sklearn_bayes_search.optimizer._weights import Feasibility
from sklearn_bayes_search.report._figures import figures
from sklearn_bayes_search.report._findings import find
from sklearn_bayes_search.results._anova import AnovaProcess
from sklearn_bayes_search.results._observed import observe
from sklearn_bayes_search.results._prior_results import place
from sklearn_bayes_search.results._score_model import ScoreModel
from sklearn_bayes_search.results._short_text import shown
from sklearn_bayes_search.space import _choices as choices_module
from sklearn_bayes_search.space._dims import nearest_level

N = 20_000
NAN = float("nan")
MANY = {
    "tuples": list(islice(product(range(5, 40), repeat=3), N)),
    "lists": [[i, i + 1] for i in range(N)],
    "arrays": list(np.arange(2 * N).reshape(N, 2)),
    "texts": [f"name {i}" for i in range(N)],
    "numbers": [i / 7 for i in range(N)],
    "NumPy numbers": list(np.arange(N) / 7),
    "None and numbers": [None, True, *range(2, N)],
}


def peak_of(function):
    """Return the most memory that a call holds at a time, in bytes."""
    tracemalloc.start()
    try:
        kept = function()
        return tracemalloc.get_traced_memory()[1], kept
    finally:
        tracemalloc.stop()


@pytest.fixture
def n_compared(monkeypatch):
    """Count comparisons of choices."""
    counted = []
    original = choices_module.equal
    monkeypatch.setattr(
        choices_module,
        "equal",
        lambda a, b: counted.append(1) or original(a, b),
    )
    return counted


@pytest.mark.parametrize("kind", ["tuples", "texts", "None and numbers"])
def test_a_dimension_takes_a_few_bytes_for_each_choice(kind):
    choices = MANY[kind]
    peak, dimension = peak_of(lambda: Categorical(choices))
    assert peak < 40 * N
    peak, _ = peak_of(lambda: dimension.encode(choices[N // 2]))
    assert peak < 60 * N


@pytest.mark.parametrize("kind", MANY)
@pytest.mark.parametrize("cls", [Categorical, Ordinal])
def test_a_choice_is_found_without_comparing_it_to_all(cls, kind, n_compared):
    choices = MANY[kind]
    dimension = cls(choices)
    for index in (0, 1, N // 2, N - 1):
        assert dimension.index(choices[index]) == index
        copied = pickle.loads(pickle.dumps(choices[index]))
        assert dimension.index(copied) == index
        u = dimension.encode(copied)
        assert dimension.decode(u) is choices[index]
    assert dimension.index(("no", "choice")) is None
    # of a list or an array also each of its members
    assert len(n_compared) < 100


@pytest.mark.parametrize(
    "odd",
    [
        NAN,
        (1, NAN),
        [1.5, NAN],
        np.array([2.5, NAN]),
        np.float32(0.1),
        SVC(C=2),
        (SVC(C=3), "a"),
        {"a": 1},
        {1, 2},
        frozenset({"a"}),
        len,
        np.array([None, "a"], dtype=object),
    ],
)
def test_whatever_has_no_proper_hash_is_found_among_many(odd):
    dimension = Categorical([*range(200), odd, *map(str, range(200))])
    assert dimension.index(pickle.loads(pickle.dumps(odd))) == 200
    assert dimension.index(150) == 150
    assert dimension.index(150.0) == 150
    assert dimension.index("150") == 351
    assert dimension.index(True) is None
    assert dimension.index(1000) is None


def test_the_first_of_equal_choices_is_found_unless_the_very_object_is_given():
    first, second, third = (tuple(pair) for pair in [[1, 2]] * 3)
    dimension = Categorical([*range(300), first, second])
    assert dimension.index(first) == 300
    assert dimension.index(second) == 301
    assert dimension.index(third) == 300


def test_hashes_stay_in_their_process():
    dimension = Categorical([*map(str, range(1000))])
    dimension.index("5")
    assert "_hashes" in vars(dimension)
    assert "_hashes" not in vars(pickle.loads(pickle.dumps(dimension)))


@pytest.mark.parametrize("n", [1, 2, 3, 10, 1000])
def test_each_position_belongs_to_the_nearest_level(n):
    rng = np.random.default_rng(n)
    values = rng.permutation(np.cumsum(rng.random(n)))
    dimension = Ordinal(values.tolist())
    levels = np.sort(dimension.positions())
    borders = (levels[1:] + levels[:-1]) / 2
    u = np.concatenate([rng.random(200), levels, borders, [0.0, 0.5, 1.0]])
    expected = levels[np.searchsorted(borders, u)]
    assert_array_equal(dimension.snap(u), expected)
    if n > 1:
        nearest = np.abs(u[:, None] - levels).argmin(axis=1)
        # midway, rounding decides
        clear = ~np.isin(u, borders)
        assert_array_equal(nearest_level(levels, u)[clear], nearest[clear])


# A category as one column of features for each of its levels is the reference.


def many_and_points(n_known=25, n_new=15):
    space = Space(
        [
            {"a": [f"a{i}" for i in range(150)], "x": uniform(0, 1), "k": ["u", "v"]},
            {"x": uniform(0, 1)},
        ]
    )
    rng = np.random.default_rng(0)
    U = space.snap(rng.random((n_known + n_new, space.n_dims)))
    U[3, 1] = U[5, 1]  # one that two have, and one that a new point has, too
    U[n_known, 1] = U[7, 1]
    U[n_known + 1, 1] = U[n_known + 2, 1]  # and one that only new points have
    U = space.snap(U)
    return space, U[:n_known], U[n_known:]


def in_both_ways(function, monkeypatch):
    compact = function()
    monkeypatch.setattr(kernels, "MAX_ONE_HOT", 1000)
    return compact, function()


def test_distances_are_those_of_a_column_for_each_level(monkeypatch):
    space, known, new = many_and_points()
    scales = np.linspace(0.5, 2.0, space.n_dims)

    def distances():
        Z = kernels.scaled_features(known, space.dims, scales)
        others = kernels.scaled_features(new, space.dims, scales, known)
        own = kernels.scaled_features(new, space.dims, scales)
        between = kernels.squared_distances(others, Z)
        return np.vstack([between, kernels.squared_distances(Z)]), own @ own.T

    compact, whole = in_both_ways(distances, monkeypatch)
    for a, b in zip(compact, whole, strict=True):
        assert_allclose(a, b, atol=1e-12)


def test_one_column_adds_what_it_does_to_the_distance_of_all():
    space, known, new = many_and_points()
    ones = np.ones(space.n_dims)
    Z = kernels.scaled_features(known, space.dims, ones)
    others = kernels.scaled_features(new, space.dims, ones, known)
    added = sum(
        kernels.squared_differences(u, v, categorical=categorical)
        for u, v, categorical in zip(
            new.T, known.T, space.dims.categorical, strict=True
        )
    )
    assert_allclose(added, kernels.squared_distances(others, Z), atol=1e-12)


@pytest.mark.parametrize("model", [GaussianProcess, AnovaProcess, Feasibility])
def test_predictions_are_those_of_a_column_for_each_level(model, monkeypatch):
    space, known, new = many_and_points()
    y = np.random.default_rng(1).normal(size=len(known))

    def predictions():
        rest = {"noise": np.zeros(len(y)), "dims": space.dims}
        rest["rng"] = np.random.default_rng(0)
        if model is Feasibility:
            fitted = model(known, y > 0, space.dims)
            slopes = (
                GaussianProcess().fit(known, y, **rest).posterior(new, gradient=True)
            )
            return fitted.evaluate(new, slopes)
        posterior = model().fit(known, y, **rest).posterior(new)
        return posterior.mean, posterior.std, posterior.covariance()

    compact, whole = in_both_ways(predictions, monkeypatch)
    for a, b in zip(compact, whole, strict=True):
        assert_allclose(a, b, atol=1e-6)


def test_conditioning_knows_new_levels(monkeypatch):
    space, known, new = many_and_points()
    y = np.sin(5 * known[:, 2])

    def predictions():
        model = GaussianProcess().fit(
            known,
            y,
            noise=np.zeros(len(y)),
            dims=space.dims,
            rng=np.random.default_rng(0),
        )
        return model.condition(new[:5], np.ones(5)).posterior(new).mean

    compact, whole = in_both_ways(predictions, monkeypatch)
    assert_allclose(compact, whole, atol=1e-6)


def test_a_forest_tells_levels_apart_and_learns_the_rest_from_all():
    space = Space({"a": list(map(str, range(5000))), "x": uniform(0, 1)})
    rng = np.random.default_rng(0)
    U = space.snap(rng.random((60, 2)))
    U[::3, 0] = U[0, 0]
    y = 2.0 * (U[:, 0] == U[0, 0]) + np.where(U[:, 1] > 0.5, 1.0, -1.0)
    forest = RandomForest().fit(
        U, y, noise=np.zeros(60), dims=space.dims, rng=np.random.default_rng(0)
    )
    x = np.tile([0.2, 0.8], 2)
    good, unseen = U[0, 0], space.snap(np.array([[0.123, 0.5]]))[0, 0]
    assert unseen not in U[:, 0]
    new = np.column_stack([np.repeat([good, unseen], 2), x])
    mean = forest.posterior(new).mean
    assert mean[0] > mean[2]
    assert mean[1] > mean[3]
    # what is known of x holds for a level that was never tried
    assert mean[3] > mean[2] + 0.5


@pytest.mark.parametrize("surrogate", ["gp", RandomForest(5), "tpe"])
@pytest.mark.parametrize("kind", ["tuples", "numbers"])
def test_asking_takes_memory_for_a_few_levels_only(surrogate, kind):
    space = Space({"a": MANY[kind], "x": uniform(0, 1)})
    optimizer = BayesianOptimizer(
        space, surrogate=surrogate, n_initial_points=3, random_state=0
    )

    def ask_and_tell():
        for _ in range(5):
            trial = optimizer.ask()
            optimizer.tell(trial, float(np.sin(9 * trial.row).sum()))

    peak, _ = peak_of(ask_and_tell)
    # a column for each would take 768 points times 160 kB
    assert peak < 15e6
    assert all(space.contains(o.trial.params) for o in optimizer.history)


@pytest.mark.parametrize("surrogate", ["gp", "forest", "tpe"])
def test_points_given_and_earlier_results_are_used_among_many(surrogate):
    tuples = MANY["tuples"]
    wanted, *tried = pickle.loads(pickle.dumps([tuples[17], *tuples[:5]]))
    earlier = [[({"a": a, "x": 0.1}, float(i)) for i, a in enumerate(tried)]]
    optimizer = BayesianOptimizer(
        Space({"a": tuples, "x": uniform(0, 1)}, constraint=lambda p: p["x"] < 0.5),
        surrogate=surrogate,
        initial_points=[{"a": wanted, "x": 0.3}],
        prior_results=earlier,
        random_state=0,
    )
    for _ in range(6):
        trial = optimizer.ask()
        assert trial.params["x"] < 0.5
        optimizer.tell(trial, trial.params["x"])
    assert optimizer.history[0].trial.params == {"a": wanted, "x": 0.3}
    assert optimizer.history[1].trial.params["a"] == tuples[4]


@pytest.mark.parametrize(
    "same", [("tuples", [1, 2]), ("texts", "name"), ("numbers", 0.5)]
)
def test_many_choices_are_digested_by_value(same):
    kind, other = same
    choices, wrong = MANY[kind], [*MANY[kind][:-1], other]
    copied = pickle.loads(pickle.dumps(choices))
    assert digest(choices) == digest(copied) != digest(wrong)
    peak, _ = peak_of(lambda: digest(choices))
    assert peak < 3e6


def test_what_is_not_plain_is_digested_among_many():
    many = [10**5000, [frozenset("abc")], *range(10_000)]
    many.append(many)
    assert digest(many) == digest(pickle.loads(pickle.dumps(many)))
    assert digest(many) != digest([10**5000 + 1, *many[1:]])


# What shows a search: the values that were tried, not all that might have been.


@pytest.fixture(scope="module", params=["tuples", "numbers", "None and numbers"])
def searched(request):
    """A search over very many choices, and its choices."""

    class Sized(DummyClassifier):
        def __init__(self, size=None, rate=1.0):
            self.size, self.rate = size, rate
            super().__init__()

        def score(self, X, y):
            return self.rate + hash(self.size) % 7

    choices = MANY[request.param]
    space = {"size": choices, "rate": uniform(0, 1)}
    search = BayesSearchCV(Sized(), space, n_iter=12, cv=2, random_state=0)
    return search.fit(np.zeros((8, 1)), [0, 1] * 4), choices


def test_an_axis_shows_the_choices_that_were_tried(searched):
    search, choices = searched
    tried = [params["size"] for params in search.cv_results_["params"]]
    axis = parameter_axes(
        search.cv_results_["params"], search.search_space_, constant=True
    )["size"]
    assert len(axis.choices) <= len(tried)
    shares = [axis.share(value) for value in tried]
    assert np.isfinite(shares).all()
    assert 0 <= min(shares) < max(shares) <= 1
    assert len(axis.ticks()[0]) <= len(tried)
    if all(isinstance(choice, float) for choice in choices):
        assert (axis.kind, axis.low, axis.high) == ("linear", choices[0], choices[-1])


def test_at_most_forty_names_are_written():
    settings = [{"a": f"name {i}"} for i in range(100)]
    assert len(parameter_axes(settings)["a"].ticks()[0]) <= 40


def test_beliefs_are_about_choices_that_were_tried(searched):
    search, _ = searched
    beliefs = Beliefs(ScoreModel.fit(observe(search)), "slice")
    drawn = beliefs.slices(["size"])[0]
    assert np.isfinite(drawn.numbers[0]).all()
    if drawn.axes[0].kind == "categorical":
        assert len(drawn.numbers[0]) == len(drawn.axes[0].choices)


def test_the_page_and_the_advice_take_no_time_for_choices_never_tried(
    searched, n_compared, tmp_path
):
    search, choices = searched
    page = tmp_path / "page.html"
    search.report(page)
    check_ranges(search)
    # each candidate with each, a few times
    assert len(n_compared) < len(choices)


def test_slices_of_the_page_are_drawn_where_candidates_are(searched):
    search, _ = searched
    findings = find(search)
    drawn = [each for each in figures(findings) if "slice" in each.anchor]
    assert drawn
    for each in drawn:
        dots = next(t for t in each.data["data"] if "customdata" in t)
        n = len(search.cv_results_["params"])
        assert len(dots["x"]) == n, each.heading


@pytest.mark.parametrize("kind", ["tuples", "texts", "numbers", "lists"])
def test_values_of_a_file_are_found_among_many(kind):
    choices = MANY[kind]
    space = Space({"a": choices, "x": uniform(0, 1)})
    for value in (choices[5], str(choices[5]), choices[N - 1]):
        params, problem = place({"a": value, "x": 0.5}, space, {})
        assert problem == ""
        assert params["a"] is choices[5] or params["a"] is choices[N - 1]
    params, problem = place({"a": "no such (", "x": 0.5}, space, {})
    assert params is None
    assert "'no such ('" in problem


def test_a_long_list_is_cut_before_it_is_written():
    class Counted:
        n = 0

        def __repr__(self):
            Counted.n += 1
            return "Counted()"

    assert shown([Counted()] * N, 50) == ("[" + "Counted(), " * 10)[:49] + "…"
    assert Counted.n < 100
