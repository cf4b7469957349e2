"""What experience from other data does: true to the search's space, and earned."""

import json
from importlib.resources import files

import numpy as np
import pytest
from scipy.stats import loguniform, randint, uniform
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.compose import (
    ColumnTransformer,
    TransformedTargetRegressor,
    make_column_transformer,
)
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    ElasticNet,
    LogisticRegression,
    Perceptron,
)
from sklearn.model_selection import ParameterGrid
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, SplineTransformer, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import BayesSearchCV, GaussianProcess, Integer, Real
from sklearn_bayes_search.experience import _experience
from sklearn_bayes_search.experience._data import Data
from sklearn_bayes_search.experience._experience import experience_of
from sklearn_bayes_search.experience._knowledge import Knowledge, knowledge_of, position
from sklearn_bayes_search.space import Dims, Space

LEARNT = sorted(
    file.name.removesuffix(".json")
    for file in files("sklearn_bayes_search.experience").joinpath("learnt").iterdir()
    if file.name.endswith(".json")
)
X, y = make_classification(120, 6, n_informative=4, random_state=0)
SVC_SPACE = {"svc__C": loguniform(1e-2, 1e3), "svc__gamma": loguniform(1e-4, 1e1)}
TREE_SPACE = {
    "max_depth": [None, 2, 4, 8],
    "max_features": uniform(0.2, 0.8),
    "min_samples_leaf": randint(1, 20),
    "criterion": ["gini", "entropy"],
}
CLASS_METRICS = ("accuracy", "balanced_accuracy", "roc_auc", "neg_log_loss")
NUMBER_METRICS = ("r2", "neg_mean_absolute_error", "neg_root_mean_squared_error")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def of_all_spaces(monkeypatch):
    """Let experience count also where it tells candidates hardly apart."""
    monkeypatch.setattr(_experience, "LEAST_DEVIATION", 0.0)


def svc():
    return make_pipeline(StandardScaler(), SVC())


def is_class(name):
    return "Regressor" not in name and name != "ElasticNet"


def known(estimator, space, metrics=("accuracy",), X=X, y=y):
    return experience_of(estimator, Space(space), X, y, metrics)


def finite_differences(function, U, h=1e-6):
    steps = h * np.eye(U.shape[1])
    return np.stack([(function(U + s) - function(U - s)) / (2 * h) for s in steps], -1)


# ---- the files


def test_the_files_are_small_and_name_their_sources():
    folder = files("sklearn_bayes_search.experience").joinpath("learnt")
    texts = [folder.joinpath(f"{n}.json").read_text(encoding="utf-8") for n in LEARNT]
    assert sum(len(text.encode()) for text in texts) < 300_000
    for text in texts:
        sources = json.loads(text)["sources"]
        assert "KEEL" in sources or "OpenML" in sources


@pytest.mark.parametrize("name", LEARNT)
def test_functions_are_finite_and_vary(name):
    knowledge = knowledge_of(name)
    kinds = {
        kind: knowledge.kind_of([kind])
        for metrics in (CLASS_METRICS, NUMBER_METRICS)
        for kind in metrics
    }
    usual = CLASS_METRICS[0] if is_class(name) else NUMBER_METRICS[0]
    assert kinds[usual] == knowledge.kind_of(["score"]) == usual
    U = knowledge.space.spread(50, np.random.default_rng(0))
    for kind in set(kinds.values()):
        for facts in ({}, Data(50, 3, 1.0, (40, 10)).facts):
            functions = knowledge.functions(kind, facts)
            values, _ = functions(functions.scaled(U)[0])
            assert np.isfinite(values).all()
            assert values.std(axis=0).min() > 0.01


def test_what_is_expected_depends_on_the_data_within_what_was_seen():
    knowledge = knowledge_of("SVC")
    points = knowledge.space.spread(20, np.random.default_rng(0))

    def values(facts):
        functions = knowledge.functions("accuracy", facts)
        return functions(functions.scaled(points)[0])[0]

    on_average, few, many, more = (
        values(Data(columns=n).facts) for n in (None, 2, 90, 1000)
    )
    assert np.abs(few - on_average)[:, 0].max() > 0.1
    assert np.abs(few - many)[:, 0].max() > 0.1
    np.testing.assert_array_equal(many, more)
    np.testing.assert_array_equal(few[:, 1:], many[:, 1:])


# ---- translation


@pytest.mark.parametrize(
    ("value", "meant"),
    [(None, 1.0), (0.5, 0.5), (4, 0.25), ("sqrt", 0.25), ("log2", 0.25), (16, 1.0)],
)
def test_what_is_said_of_a_share_of_16_columns(value, meant):
    share = Real(0.0, 1.0)
    assert position(share, value, Data(columns=16)) == pytest.approx(meant)


def test_a_share_of_rows_and_a_unit_count_as_such():
    leaf = Real(1.0, 64.0, log=True)
    assert position(leaf, 0.04, Data(rows=200)) == position(leaf, 8, Data(rows=200))
    assert position(leaf, 1.0, Data(rows=200)) == 0.0
    assert position(leaf, 80.0, Data(), unit=10.0) == position(leaf, 8.0, Data())


def test_a_penalty_counts_in_units_of_the_target():
    space, places = {"elasticnet__alpha": Real(1e-4, 1e4, log=True)}, []
    model = make_pipeline(StandardScaler(), ElasticNet())
    for unit in (1.0, 1000.0):
        experience = known(model, space, metrics=["r2"], y=unit * (y - 0.5) * 2)
        (first,) = experience.first_settings(Space(space))
        places.append(first["elasticnet__alpha"] / unit)
    assert places[0] == pytest.approx(places[1], rel=0.1)


@pytest.mark.parametrize("value", ["unheard of", True, (1, 2)])
def test_what_is_not_understood_is_in_the_middle(value):
    assert position(Real(0.0, 1.0), value, Data(columns=16)) == 0.5
    assert position(Real(0.0, 1.0), "sqrt", Data()) == 0.5


def values_at(knowledge, setting, X=X):
    """Evaluate what is expected of accuracies at a setting in natural units."""
    data = Data.of(X, y, classifies=True)
    functions = knowledge.functions("accuracy", data.facts)
    point = knowledge.point(setting, data)
    return functions(functions.scaled(point[np.newaxis])[0])[0][0]


def test_what_is_expected_at_a_point_is_that_of_its_setting():
    model = DecisionTreeClassifier(ccp_alpha=0.01)
    space = Space(TREE_SPACE)
    experience = known(model, TREE_SPACE)
    assert set(experience.names) == set(TREE_SPACE)
    for row in space.spread(30, np.random.default_rng(0)):
        setting = {**model.get_params(), **space.decode(row)}
        expected = values_at(knowledge_of("DecisionTreeClassifier"), setting)
        (found,), _ = experience.expectation(row[np.newaxis])
        np.testing.assert_allclose(found, expected, atol=0.01)


def test_parameters_of_another_branch_are_the_estimator_s_own():
    space = [{"C": [1.0, 10.0]}, {"C": Real(1, 100, log=True), "gamma": [1.0]}]
    expectation = known(SVC(gamma=0.01), space, X=X / X.std()).expectation
    for params, gamma in [({"C": 10.0}, 0.01), ({"C": 10.0, "gamma": 1.0}, 1.0)]:
        setting = SVC(C=10.0, gamma=gamma).get_params()
        expected = values_at(knowledge_of("SVC"), setting)
        (found,), _ = expectation(Space(space).encode(params)[np.newaxis])
        np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(("powers", "is_known"), [([1, 2], True), ([1, 2, 3], False)])
def test_nothing_is_known_where_a_choice_was_not_learnt(powers, is_known):
    model = make_pipeline(StandardScaler(), KNeighborsClassifier())
    space = {
        "kneighborsclassifier__n_neighbors": Integer(1, 120, log=True),
        "kneighborsclassifier__p": powers,
        "kneighborsclassifier__weights": ["uniform", "distance"],
    }
    assert (known(model, space) is not None) == is_known


def test_nothing_is_known_where_kernels_are_chosen():
    rbf, poly = ({"svc__kernel": [kernel]} for kernel in ("rbf", "poly"))
    assert known(svc(), SVC_SPACE | rbf) is not None
    assert known(svc(), SVC_SPACE | {"svc__kernel": ["rbf", "poly"]}) is None
    assert known(svc(), [SVC_SPACE | rbf, SVC_SPACE | poly]) is None


def test_another_name_of_a_criterion_is_known():
    criteria = {"criterion": ["entropy", "log_loss"]}
    space = TREE_SPACE | criteria
    expectation = known(DecisionTreeClassifier(), space).expectation
    rest = {"max_depth": 4, "max_features": 0.5, "min_samples_leaf": 3}
    rows = [Space(space).encode({**rest, "criterion": c}) for c in space["criterion"]]
    one, same = expectation(np.array(rows))[0]
    np.testing.assert_allclose(one, same)


@pytest.mark.parametrize(
    ("booster", "choices", "is_known"),
    [
        (None, None, True),
        ("gbtree", None, True),
        ("gblinear", None, False),
        (None, ["gbtree"], True),
        (None, ["dart", "gbtree"], False),
    ],
)
def test_the_default_booster_is_known_by_its_name(booster, choices, is_known):
    xgboost = pytest.importorskip("xgboost")
    space = {
        "learning_rate": loguniform(1e-3, 1),
        "max_depth": randint(1, 15),
        "reg_lambda": loguniform(1e-3, 1e3),
        "min_child_weight": loguniform(1e-2, 1e2),
    }
    space |= {} if choices is None else {"booster": choices}
    found = known(xgboost.XGBClassifier(booster=booster), space, ["neg_log_loss"])
    assert (found is not None) == is_known


@pytest.mark.parametrize("kind", ["gbdt", "rf"])
def test_other_boosting_of_lightgbm_is_unknown(kind):
    lightgbm = pytest.importorskip("lightgbm")
    model = lightgbm.LGBMClassifier(boosting_type=kind)
    space = {"learning_rate": loguniform(1e-3, 1), "num_leaves": randint(2, 128)}
    space |= {"reg_lambda": loguniform(1e-3, 1e3), "reg_alpha": loguniform(1e-3, 1e3)}
    assert (known(model, space) is not None) == (kind == "gbdt")


def test_an_estimator_in_a_narrow_space_does_not_hide_another_one():
    trees = DecisionTreeClassifier()
    model = VotingClassifier([("svc", svc()), ("tree", trees)])
    space = {f"svc__{name}": range_ for name, range_ in SVC_SPACE.items()}
    space |= {"tree__max_features": uniform(0.8, 0.1), "tree__ccp_alpha": [0.0, 1e-5]}
    space |= {"tree__min_samples_leaf": [4, 5]}
    assert known(model, space).names == ["svc__svc__C", "svc__svc__gamma"]


@pytest.mark.parametrize("n_rows", [499, 500])
def test_nothing_is_known_of_fewer_rows_than_any_data_had(n_rows):
    rows = np.arange(n_rows) % len(y)
    space = {"learning_rate": loguniform(0.01, 2), "estimator__max_depth": [1, 3, 9]}
    boosted = AdaBoostClassifier(DecisionTreeClassifier(max_depth=1))
    found = known(boosted, space, X=X[rows], y=y[rows])
    assert (found is not None) == (n_rows >= 500)


def test_nothing_is_known_where_all_candidates_are_expected_to_be_alike():
    for low, high, is_known in [(1e-2, 1e3, True), (1.0, 30.0, False)]:
        space = {"svc__C": loguniform(low, high), "svc__gamma": loguniform(0.01, 0.1)}
        assert (known(svc(), space) is not None) == is_known


def test_choices_of_an_estimator_stand_for_its_values():
    rates = {"learning_rate": loguniform(0.01, 2)}
    trees = [None, DecisionTreeClassifier(max_depth=2), DecisionTreeClassifier()]
    space, many = rates | {"estimator": trees}, {"X": X.repeat(5, 0), "y": y.repeat(5)}
    experience = known(AdaBoostClassifier(), space, **many)
    assert experience.names == ["estimator", "learning_rate"]
    depths = rates | {"estimator__max_depth": [1, 2, None]}
    stumps = AdaBoostClassifier(DecisionTreeClassifier(max_depth=1))
    direct = known(stumps, depths, **many)
    for tree, depth in zip(trees, depths["estimator__max_depth"], strict=True):
        params = {"learning_rate": 0.3}
        row = Space(space).encode(params | {"estimator": tree})
        same = Space(depths).encode(params | {"estimator__max_depth": depth})
        np.testing.assert_allclose(
            experience.expectation(row[np.newaxis])[0],
            direct.expectation(same[np.newaxis])[0],
        )


@pytest.mark.parametrize(
    ("estimator", "space"),
    [
        (svc(), SVC_SPACE),
        (DecisionTreeClassifier(), TREE_SPACE),
        (
            DecisionTreeClassifier(),
            [TREE_SPACE, {"max_depth": Integer(1, 9), "ccp_alpha": uniform(0, 0.1)}],
        ),
    ],
)
def test_gradients_of_what_is_expected_equal_finite_differences(estimator, space, rng):
    expectation = known(estimator, space).expectation
    dims = Space(space).dims
    U = Space(space).spread(20, rng)
    free = dims.active[dims.branch_of(U)] & ~dims.categorical
    between = (np.floor(U * 256).clip(2, 253) + 0.5) / 256  # kinks of a translation
    U = np.where(free, between, U)
    _, gradients = expectation(U, gradient=True)
    numeric = finite_differences(lambda V: expectation(V)[0], U)
    for row in range(len(U)):
        np.testing.assert_allclose(
            gradients[row][:, free[row]], numeric[row][:, free[row]], atol=1e-4
        )
        assert (gradients[row][:, ~free[row]] == 0).all()


@pytest.mark.usefixtures("of_all_spaces")
def test_of_a_length_that_is_chosen_the_best_is_expected(rng):
    space = {"learning_rate": Real(0.01, 1, log=True), "max_leaf_nodes": range(2, 64)}
    own, lengths = {"random_state": 0, "early_stopping": False}, (10, 30, 100, 300)
    estimator = HistGradientBoostingClassifier(**own)
    chosen = {"max_iter": lengths}
    best = experience_of(
        estimator, Space(space), X, y, ["neg_log_loss"], chosen
    ).expectation
    U = rng.random((40, 2))
    values, gradients = best(U, gradient=True)
    fixed = [
        known(
            clone(estimator).set_params(max_iter=n), space, ["neg_log_loss"]
        ).expectation
        for n in lengths
    ]
    each = np.array([expectation(U)[0] for expectation in fixed])
    first = each[:, :, 0].argmax(axis=0)
    assert len(set(first)) > 1
    np.testing.assert_allclose(values, each[first, np.arange(40)])
    for row, length in enumerate(first):
        slopes = fixed[length](U[row : row + 1], gradient=True)[1]
        np.testing.assert_allclose(gradients[row], slopes[0])


# ---- a process that expects something


class Slope:
    """Expects more of larger numbers in the first column, or less."""

    def __call__(self, U, *, gradient=False):
        values = np.column_stack([U[:, 0] - 0.5, np.sin(3 * U[:, 1])])
        gradients = np.zeros((len(U), 2, U.shape[1]))
        gradients[:, 0, 0] = 1.0
        gradients[:, 1, 1] = 3 * np.cos(3 * U[:, 1])
        return values, gradients


def fitted(U, y, **arguments):
    return GaussianProcess(**arguments).fit(
        U,
        y,
        noise=np.zeros(len(y)),
        dims=Dims.all_continuous(U.shape[1]),
        rng=np.random.default_rng(0),
    )


def test_gradients_of_a_process_that_expects_equal_finite_differences(rng):
    U = rng.random((12, 3))
    gp = fitted(U, rng.normal(size=12), expectation=Slope())
    new = rng.random((5, 3))
    posterior = gp.posterior(new, gradient=True)
    for name in ("mean", "std"):
        numeric = finite_differences(lambda V, n=name: getattr(gp.posterior(V), n), new)
        gradient = getattr(posterior, f"{name}_gradient")
        np.testing.assert_allclose(gradient, numeric, atol=1e-5)
    np.testing.assert_allclose(np.diag(posterior.covariance()), posterior.std**2)


def test_conditioning_equals_seeing_the_points_at_once(rng):
    U, scores = rng.random((10, 3)), rng.normal(size=10)
    gp = fitted(U, scores, expectation=Slope())
    new = rng.random((4, 3))
    more = gp.condition(new, np.zeros(4))
    again = fitted(U, scores, expectation=Slope())
    again._unit = gp._unit
    prior = again._prior_mean(new, again._dims)
    again._hold(
        np.vstack([U, new]),
        np.concatenate([again._residual, -prior.value]),
        np.zeros(14),
        np.vstack([again._A, prior.basis]),
    )
    again._factorise(gp.theta_)
    at = rng.random((6, 3))
    np.testing.assert_allclose(
        more.posterior(at).mean, again.posterior(at).mean, atol=1e-6
    )


def test_before_there_are_many_scores_the_expectation_leads_and_then_the_scores():
    def slope(n, sign):
        U = np.random.default_rng(1).random((n, 2))
        y = sign * (U[:, 0] - U[:, 0].mean())
        gp = fitted(U, y / y.std(), expectation=Slope(), border_drop=0.0)
        low, high = gp.posterior(np.array([[0.05, 0.5], [0.95, 0.5]])).mean
        return high - low

    assert slope(3, 1) > 1
    assert slope(30, -1) < -2  # wrong, and unlearnt


def test_beyond_so_many_scores_it_is_a_process_without_expectation(rng):
    U, scores = rng.random((9, 2)), rng.normal(size=9)
    at, plain = rng.random((6, 2)), fitted(U, scores).posterior
    for until in (None, 9, 8):
        gp = fitted(U, scores, expectation=Slope(), expect_until=until)
        same = np.allclose(gp.posterior(at).mean, plain(at).mean)
        assert same == (until == 8)


def test_the_factor_begins_anew_where_the_expectation_ends(rng):
    U, scores = rng.random((130, 2)), rng.normal(size=130)
    gp = GaussianProcess(expectation=Slope(), expect_until=129)
    for n in (128, 129, 130):
        gp.fit(
            U[:n],
            scores[:n],
            noise=np.zeros(n),
            dims=Dims.all_continuous(2),
            rng=np.random.default_rng(0),
        )
    again = fitted(U, scores)
    again._factorise(gp.theta_)
    at = rng.random((6, 2))
    np.testing.assert_allclose(gp.posterior(at).mean, again.posterior(at).mean)


# ---- in a search


def test_a_first_setting_follows_the_own_one_and_the_words_say_so(capsys):
    search = BayesSearchCV(
        svc(), SVC_SPACE, n_iter=4, cv=2, random_state=0, verbose=1
    ).fit(X, y)
    own, first = search.cv_results_["params"][:2]
    assert own["svc__C"] == 1.0
    assert [first] == known(svc(), SVC_SPACE).first_settings(Space(SVC_SPACE))
    assert "SVC" in search.experience_
    assert "svc__C, svc__gamma" in search.experience_
    assert f"Experience: {search.experience_}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("estimator", "space"),
    [
        (Perceptron(), {"alpha": loguniform(1e-6, 1e-1)}),  # an unknown estimator
        (SVC(), {"tol": loguniform(1e-6, 1e-1)}),  # an unknown parameter
        (SVC(kernel="linear"), {"C": loguniform(1e-5, 1e-3)}),  # otherwise than learnt
        (svc(), {"svc": [SVC(), LogisticRegression()], "svc__C": [0.1, 1.0, 10.0]}),
        (make_pipeline(SVC()), {"svc__C": loguniform(1e-3, 1)}),  # not scaled
    ],
)
def test_without_knowledge_rows_are_those_without_experience(estimator, space):
    data = 30 * X, y
    rows = []
    for experience in (True, False):
        search = BayesSearchCV(
            estimator,
            space,
            n_iter=5,
            cv=2,
            random_state=0,
            experience=experience,
        ).fit(*data)
        assert search.experience_ is None
        rows.append(search.cv_results_["params"])
    assert rows[0] == rows[1]


@pytest.mark.parametrize("constraint", [None, lambda params: params["svc__C"] < 5])
def test_the_first_setting_is_the_permitted_one_of_which_most_is_expected(constraint):
    lists = {"svc__C": [0.1, 1, 10, 100, 1000], "svc__gamma": ["scale", 0.01, 1]}
    space = Space(lists, constraint=constraint)
    (first,) = known(svc(), lists).first_settings(space)

    def expected(params):
        setting = {name.removeprefix("svc__"): value for name, value in params.items()}
        return values_at(knowledge_of("SVC"), SVC(**setting).get_params())[0]

    settings = [p for p in ParameterGrid(lists) if space.allows(p)]
    assert first == max(settings, key=expected)


class OwnPipeline(Pipeline):
    pass


SCALED = [("scale", StandardScaler()), ("svc", SVC())]
STACK = StackingClassifier([("svc", SVC())], LogisticRegression())


def test_a_pipeline_of_one_s_own_is_looked_through():
    assert known(OwnPipeline(SCALED), SVC_SPACE, X=30 * X) is not None


class OwnTree(DecisionTreeClassifier):
    pass


def test_a_subclass_is_known_and_a_namesake_is_not():
    own, plain = (known(cls(), TREE_SPACE) for cls in (OwnTree, DecisionTreeClassifier))
    assert own.words("gp") == plain.words("gp")
    U = Space(TREE_SPACE).spread(5, np.random.default_rng(0))
    np.testing.assert_array_equal(own.expectation(U)[0], plain.expectation(U)[0])
    namesake = type("DecisionTreeClassifier", (Tagger,), {})
    assert known(namesake(), {"max_depth": Integer(1, 9)}) is None


@pytest.mark.parametrize(
    ("estimator", "space"),
    [
        (Pipeline(SCALED), {**SVC_SPACE, "scale": [StandardScaler(), "passthrough"]}),
        (Pipeline(SCALED), {**SVC_SPACE, "steps": [SCALED, SCALED[1:]]}),
        (make_pipeline(StandardScaler(with_std=False), SVC()), SVC_SPACE),
        (BaggingClassifier(DecisionTreeClassifier()), {"estimator__max_depth": [1, 9]}),
        (STACK, {"final_estimator__C": Real(0.1, 10)}),
    ],
)
def test_a_model_that_is_used_otherwise_than_learnt_is_unknown(estimator, space):
    assert known(estimator, space) is None


def test_a_list_of_one_is_a_fixed_step():
    steps, space = [("scale", "passthrough"), ("svc", LogisticRegression())], SVC_SPACE
    lists_of_one = {"scale": [StandardScaler()], "svc": [SVC(C=20)]}
    rows = []
    for estimator, searched in [
        (Pipeline([("scale", StandardScaler()), ("svc", SVC(C=20))]), space),
        (Pipeline(steps), lists_of_one | space),
        (Pipeline(steps), [lists_of_one | space]),
    ]:
        search = BayesSearchCV(estimator, searched, n_iter=7, cv=2, random_state=0)
        search.fit(30 * X, y)
        assert "by svc__C, svc__gamma" in search.experience_
        assert search.cv_results_["param_svc__C"][0] == 20
        rows.append(search.cv_results_["mean_test_score"].tolist())
    assert rows[0] == rows[1] == rows[2]
    assert steps[1][1].get_params() == LogisticRegression().get_params()
    assert lists_of_one["svc"][0].C == 20


def test_a_list_of_one_of_a_step_that_varies_is_not_set():
    several = {"svc": [SVC(), LogisticRegression()], "svc__max_iter": [500]}
    estimator = Pipeline([("scale", StandardScaler()), ("svc", "passthrough")])
    assert known(estimator, several | {"svc__C": Real(0.1, 10)}) is None


def test_the_model_may_be_another_one():
    search = BayesSearchCV(
        svc(), SVC_SPACE, n_iter=4, cv=2, random_state=0, surrogate="forest"
    ).fit(X, y)
    first = known(svc(), SVC_SPACE).first_settings(Space(SVC_SPACE))
    assert search.cv_results_["params"][1:2] == first


@pytest.mark.parametrize(
    "surrogate", ["forest", "tpe", GaussianProcess(expectation=Slope())]
)
def test_a_model_without_what_was_learnt_begins_as_without_experience(surrogate):
    with_it, without = (
        BayesSearchCV(
            svc(),
            SVC_SPACE,
            n_iter=2,
            cv=2,
            random_state=0,
            surrogate=surrogate,
            experience=experience,
        ).fit(X, y)
        for experience in (True, False)
    )
    assert with_it.experience_.endswith(": a first candidate")
    n_points = [s.optimizer_.n_initial_points for s in (with_it, without)]
    assert n_points[0] == n_points[1]


def test_same_seed_same_rows():
    def rows():
        search = BayesSearchCV(
            DecisionTreeClassifier(random_state=0),
            TREE_SPACE,
            n_iter=8,
            cv=2,
            random_state=0,
        )
        return search.fit(X, y).cv_results_["params"]

    assert rows() == rows()


@pytest.mark.parametrize(
    ("model", "more", "is_known"),
    [
        (KNeighborsClassifier(), {}, True),
        (KNeighborsClassifier(p=3), {}, False),
        (KNeighborsClassifier(metric="cosine"), {}, False),
        (KNeighborsClassifier(metric="manhattan"), {}, True),
        (KNeighborsClassifier(), {"p": Real(1.0, 4.0)}, False),
        (KNeighborsClassifier(), {"metric": ["euclidean", "cosine"]}, False),
        (RandomForestClassifier(class_weight="balanced_subsample"), {}, True),
        (RandomForestClassifier(class_weight={0: 1, 1: 2}), {}, True),
    ],
)
@pytest.mark.usefixtures("of_all_spaces")
def test_a_model_is_used_as_it_was_where_that_was_learnt(model, more, is_known):
    ranges = {
        "KNeighborsClassifier": {"n_neighbors": Integer(1, 50)},
        "RandomForestClassifier": {"min_samples_leaf": Integer(1, 20)},
    }
    space = ranges[type(model).__name__] | more
    space = {f"model__{name}": values for name, values in space.items()}
    pipeline = Pipeline([("scale", StandardScaler()), ("model", model)])
    assert (known(pipeline, space) is not None) == is_known


@pytest.mark.usefixtures("of_all_spaces")
def test_a_value_given_by_an_alias_counts():
    lightgbm = pytest.importorskip("lightgbm")
    space = {"num_leaves": Integer(2, 64), "learning_rate": Real(0.001, 1.0, log=True)}

    def expected(**params):
        experience = known(lightgbm.LGBMClassifier(**params), space)
        return experience and experience.expectation(np.full((1, 2), 0.3))[0].tolist()

    assert expected(num_iterations=10) == expected(n_estimators=10) != expected()
    assert expected(boosting="dart") is None
    assert (
        known(lightgbm.LGBMClassifier(), {**space, "boosting": ["gbdt", "dart"]})
        is None
    )
    named, by_alias = (
        known(lightgbm.LGBMClassifier(), {**space, name: Integer(5, 300)})
        for name in ("n_estimators", "num_iterations")
    )
    U = np.random.default_rng(0).random((9, 3))
    # columns are in the order of the names
    assert named.names == ["learning_rate", "n_estimators", "num_leaves"]
    assert by_alias.names == ["learning_rate", "num_iterations", "num_leaves"]
    assert np.array_equal(by_alias.expectation(U)[0], named.expectation(U)[0])


@pytest.mark.parametrize(
    ("more", "is_known"),
    [
        ({}, True),
        ({"ct__num__with_mean": [True, False]}, True),
        ({"ct__num__with_std": [True, False]}, False),
        ({"ct__num": [StandardScaler(), "passthrough"]}, False),
        ({"ct__remainder": ["drop", "passthrough"]}, False),
    ],
)
def test_nothing_is_known_where_the_search_chooses_how_to_scale(more, is_known):
    scale = ColumnTransformer([("num", StandardScaler(), slice(0, 6))])
    model = Pipeline([("ct", scale), ("svc", SVC())])
    assert (known(model, SVC_SPACE | more) is not None) == is_known


def test_a_step_may_have_an_array_among_its_parameters():
    knots = np.linspace(-2, 2, 4)[:, None] * np.ones(6)
    model = make_pipeline(StandardScaler(), SplineTransformer(knots=knots), SVC())
    space = SVC_SPACE | {"splinetransformer__knots": [knots, "uniform"]}
    assert known(model, space) is None


def test_a_transformed_target_has_another_unit():
    space = {"regressor__elasticnet__alpha": Real(1e-5, 1e4, log=True)}
    target = X[:, 0] + X[:, 1]
    model = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), ElasticNet()), transformer=StandardScaler()
    )
    first = [
        known(model, space, ("r2",), y=target * unit).first_settings(Space(space))
        for unit in (0.01, 1000.0)
    ]
    assert first[0] == first[1]


@pytest.mark.usefixtures("of_all_spaces")
def test_a_tree_without_a_limit_is_a_deep_one_to_adaboost():
    space = {"learning_rate": Real(0.01, 2.0, log=True)}
    rows = np.random.default_rng(0).normal(size=(600, 4))
    deep, deepest, unlimited, other = (
        known(AdaBoostClassifier(base), space, X=rows, y=rows[:, 0] > 0)
        for base in (
            DecisionTreeClassifier(max_depth=2),
            DecisionTreeClassifier(max_depth=10),
            DecisionTreeClassifier(),
            LogisticRegression(),
        )
    )
    U = np.linspace(0, 1, 9)[:, None]
    of_deepest = deepest.expectation(U)[0]
    assert np.array_equal(unlimited.expectation(U)[0], of_deepest)
    assert not np.array_equal(deep.expectation(U)[0], of_deepest)
    assert other is None


def test_nothing_is_known_of_a_class_without_a_file():
    assert knowledge_of("NoSuchClassifier") is None
    assert known(RandomForestClassifier(), {"verbose": [0, 1]}) is None


class Fewer(KNeighborsClassifier):
    """Has fewer arguments than its base."""

    def __init__(self, n_neighbors=5):
        super().__init__(n_neighbors)


class Holder(ClassifierMixin, BaseEstimator):
    """Holds an estimator by a name that scikit-learn's stacking has, too."""

    def __init__(self, final_estimator=None):
        self.final_estimator = final_estimator


@pytest.mark.usefixtures("of_all_spaces")
def test_other_people_s_classes_are_known_by_what_they_are_and_hold():
    fewer = make_pipeline(StandardScaler(), Fewer())
    assert known(fewer, {"fewer__n_neighbors": Integer(1, 50)}) is not None
    space = {"final_estimator__max_depth": Integer(1, 9)}
    assert known(Holder(DecisionTreeClassifier()), space) is not None


class Tagger(LogisticRegression):
    """Has parameters named as those that hold estimators elsewhere."""

    def __init__(self, estimator=None, steps=((), (1,)), estimators=((0, 1), (2,))):
        super().__init__()
        self.estimator, self.steps, self.estimators = estimator, steps, estimators


@pytest.mark.usefixtures("of_all_spaces")
def test_other_people_s_estimators_and_targets_do_no_harm():
    y = [["a"], ["a", "b"]] * 60
    assert known(Tagger(), {"steps": [(), ((1, 2),)]}, y=y) is None
    model = Tagger(DecisionTreeClassifier())
    assert known(model, {"estimator__max_depth": Integer(1, 9)}, y=y) is not None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e200])
def test_data_without_a_variance_do_no_harm(value):
    data = np.where(X > 0, value, X if value > 1 else value)
    assert known(DecisionTreeClassifier(), TREE_SPACE, X=data) is not None
    assert known(SVC(), {"C": Real(0.1, 10)}, X=data) is None


@pytest.mark.usefixtures("of_all_spaces")
def test_data_without_columns_do_no_harm():
    none_scaled = make_column_transformer(
        (StandardScaler(), []), remainder="passthrough"
    )
    pipeline = make_pipeline(none_scaled, DecisionTreeClassifier())
    space = {"decisiontreeclassifier__max_features": ["sqrt", 1, 0.5]}
    assert known(pipeline, space) is not None


def scaled(*others, remainder="drop"):
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    return ColumnTransformer(
        [("numbers", numbers, [0, 1]), *others], remainder=remainder
    )


@pytest.mark.parametrize(
    ("step", "is_known"),
    [
        (scaled(("names", OneHotEncoder(), [2])), True),
        (make_pipeline(SimpleImputer(), scaled()), True),
        (FeatureUnion([("scaled", StandardScaler()), ("no", "drop")]), True),
        (scaled(("as they are", "passthrough", [2])), False),
        (scaled(remainder="passthrough"), False),
        (scaled(remainder=StandardScaler()), True),
        (ColumnTransformer([("names", OneHotEncoder(), [2])]), False),
    ],
)
def test_columns_may_be_standardised_by_a_step_for_some_of_them(step, is_known):
    pipeline = make_pipeline(step, SVC())
    found = known(pipeline, {"svc__C": loguniform(1e-2, 1e2)}, X=1000 * X)
    assert (found is not None) == is_known


def test_a_kind_of_score_is_found_by_the_name_of_the_metric():
    content = {
        "estimator": "A",
        "own": {},
        "requires": {},
        "in_units": [],
        "standardised": False,
        "n_data_sets": 1,
        "space": {"a": {"low": 0.0, "high": 1.0, "log": False}},
        "points": [[0.5]],
        "facts": {},
        "scores": {"accuracy": {}, "roc_auc": {}},
    }
    knowledge = Knowledge(content)
    assert knowledge.kind_of(["score", "roc_auc_ovr"]) == "roc_auc"
    assert knowledge.kind_of(["f1_macro"]) == "accuracy"
    assert knowledge.kind_of([]) == "accuracy"


def test_a_metric_of_any_name_counts_as_what_it_is():
    assert knowledge_of("SVC").kind_of(["recall"]) == "balanced_accuracy"
    pipeline = make_pipeline(StandardScaler(), SVC())
    options = {"n_iter": 3, "cv": 2, "refit": False, "random_state": 0}
    found = [
        BayesSearchCV(pipeline, SVC_SPACE, scoring=scoring, **options).fit(X, y)
        for scoring in ("recall", {"mine": "recall"}, {"mine": "accuracy"})
    ]
    recall, mine, accuracy = (search.cv_results_["params"] for search in found)
    assert recall == mine
    assert recall != accuracy


def test_a_journal_names_the_version_and_goes_on_with_another(tmp_path):
    path = tmp_path / "search.jsonl"

    def rows(experience, n_iter):
        search = BayesSearchCV(
            svc(),
            SVC_SPACE,
            n_iter=n_iter,
            cv=2,
            random_state=0,
            experience=experience,
            checkpoint=path,
        )
        return search.fit(X, y).cv_results_["params"]

    first = rows(True, 3)
    with pytest.warns(UserWarning, match="argument 'experience', or what is known"):
        assert rows(False, 5)[:3] == first
    header = path.read_text(encoding="utf-8").splitlines()[0]
    assert f'"experience":"{knowledge_of("SVC").version}"' in header.replace(" ", "")
