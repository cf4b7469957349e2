"""A path: one fit gives the scores of all lengths, those of single fits."""

import functools
import json
import warnings
import zlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import toy_estimators as toys
from joblib import parallel_config
from numpy.testing import assert_array_equal
from scipy.stats import loguniform, randint, uniform
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_classification, make_regression
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import FitFailedWarning
from sklearn.feature_selection import SelectFromModel
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import (
    LogisticRegression,
    PassiveAggressiveClassifier,
    Perceptron,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    StratifiedKFold,
    cross_validate,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_bayes_search import (
    BayesSearchCV,
    FitPath,
    FoldRacing,
    Integer,
    JournalError,
    OneStandardError,
    Real,
    Space,
    parameter_importance,
    read_journal,
)
from sklearn_bayes_search.execution._path._curves import (
    CommonLength,
    highest_in_reach,
)
from sklearn_bayes_search.execution._path._fit_path import Lengths
from sklearn_bayes_search.execution._path._growers import KINDS, kind_of
from sklearn_bayes_search.results._cv_results import Objective
from sklearn_bayes_search.testing import check_grower

X, y = make_classification(
    120, 6, n_informative=4, flip_y=0.2, n_classes=3, random_state=0
)
X_r, y_r = make_regression(90, 5, noise=20.0, random_state=0)
Boosting = functools.partial(GradientBoostingClassifier, max_depth=1, random_state=0)
EXACT = [
    GradientBoostingClassifier(subsample=0.6, max_features=3, random_state=0),
    GradientBoostingRegressor(random_state=0),
    HistGradientBoostingClassifier(random_state=0, early_stopping=False),
    HistGradientBoostingClassifier(
        max_features=0.4, random_state=0, early_stopping=False
    ),
    HistGradientBoostingRegressor(random_state=0, early_stopping=False),
    RandomForestClassifier(random_state=0, class_weight="balanced", oob_score=True),
    RandomForestRegressor(max_samples=0.5, random_state=0),
    ExtraTreesClassifier(random_state=0),
    ExtraTreesRegressor(random_state=0),
    BaggingClassifier(max_features=0.5, random_state=0, oob_score=True),
    BaggingRegressor(LogisticRegression(), random_state=0),
    AdaBoostClassifier(random_state=0),
    AdaBoostRegressor(random_state=0),
    MLPClassifier((5,), n_iter_no_change=np.inf, random_state=0),
    MLPRegressor(
        hidden_layer_sizes=(5,), n_iter_no_change=np.inf, solver="sgd", random_state=0
    ),
]
EXACT[-5].set_params(estimator=None)
EPOCHS = [
    SGDClassifier(loss="log_loss", class_weight="balanced", random_state=0),
    SGDRegressor(random_state=0),
    Perceptron(random_state=0),
]


def data_of(estimator):
    return (X, y) if hasattr(estimator, "predict_proba") else (X_r, y_r)


def search(estimator=None, space=None, **options):
    """Make a search of a toy that has a peak."""
    options = {"n_iter": 6, "cv": 3, "random_state": 0, **options}
    if estimator is None:
        space = space or {"a": uniform(0, 1), "n_steps": Integer(1, 60, log=True)}
        options.setdefault("path", FitPath("n_steps", grow=toys.rise))
        estimator = toys.Rising()
    return BayesSearchCV(estimator, space, **options)


def rows(fitted):
    """Return all of `cv_results_` but the times, and the curves."""
    results = fitted.cv_results_
    known = {k: repr(list(v)) for k, v in results.items() if not k.endswith("_time")}
    return known, fitted.path_frame().to_csv()


TOY_X = np.arange(60.0).reshape(30, 2)


@pytest.fixture(scope="module")
def fitted():
    return search().fit(TOY_X)


# --- the scores are those of single fits ---


@pytest.mark.parametrize("estimator", EXACT, ids=lambda e: type(e).__name__)
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_each_length_is_that_of_a_fit_to_the_last_bit(estimator):
    kind = kind_of(estimator)
    check_grower(kind.grow, estimator, kind.names[0], *data_of(estimator))


@pytest.mark.parametrize("booster", ["XGB", "LGBM", "CatBoost"])
@pytest.mark.parametrize("drawn", [False, True])
def test_each_length_of_other_packages_is_that_of_a_fit(booster, drawn):
    package = pytest.importorskip(KINDS[f"{booster}Classifier"].module)
    for task in ("Classifier", "Regressor"):
        estimator = getattr(package, f"{booster}{task}")(random_state=0)
        if booster == "CatBoost":
            quiet = {"verbose": 0, "allow_writing_files": False, "thread_count": 1}
            estimator.set_params(learning_rate=0.1, **quiet)
            if drawn:
                estimator.set_params(rsm=0.5)
        else:
            estimator.set_params(n_jobs=1)
            if drawn:
                estimator.set_params(subsample=0.7, colsample_bytree=0.5)
        if booster == "LGBM":
            estimator.set_params(verbose=-1, subsample_freq=1)
        kind = kind_of(estimator)
        xy = (X, y) if task == "Classifier" else (X_r, y_r)
        check_grower(kind.grow, estimator, kind.names[0], *xy)


@pytest.mark.parametrize(
    ("package", "name", "params"),
    [
        ("xgboost", "XGB", {"booster": "dart", "rate_drop": 0.4}),
        ("xgboost", "XGB", {"booster": "dart", "rate_drop": 0.4, "skip_drop": 0.5}),
        ("xgboost", "XGB", {"booster": "dart", "one_drop": 1, "subsample": 0.6}),
        ("xgboost", "XGB", {"booster": "gblinear"}),
        ("lightgbm", "LGBM", {"boosting_type": "dart", "drop_rate": 0.5}),
        ("lightgbm", "LGBM", {"boosting_type": "goss"}),
    ],
)
def test_each_length_is_that_of_a_fit_where_trees_are_dropped(package, name, params):
    # the trees of a model are weighed anew with each that comes
    module = pytest.importorskip(package)
    if package == "lightgbm":
        params = {**params, "verbose": -1}
    for task, xy in (("Classifier", (X, y)), ("Regressor", (X_r, y_r))):
        cls = getattr(module, f"{name}{task}")
        estimator = cls(random_state=0, n_jobs=1, **params)
        check_grower(kind_of(estimator).grow, estimator, "n_estimators", *xy)


@pytest.mark.parametrize("value", [["adam", "lbfgs"], ["lbfgs"]])
def test_a_choice_that_has_no_lengths_is_refused_before_the_first_fit(value):
    space = {"solver": value, "max_iter": Integer(2, 9)}
    with pytest.raises(
        ValueError, match=r"MLPClassifier has no lengths: with solver='l"
    ):
        search(MLPClassifier(), space, path="max_iter").fit(X, y)
    inside = {f"net__{name}": values for name, values in space.items()}
    pipeline = Pipeline([("net", DummyClassifier())])
    swapped = {"net": [MLPClassifier()], **inside}
    with pytest.raises(
        ValueError, match="with solver='lbfgs' it does not go by epochs"
    ):
        search(pipeline, swapped, path="net__max_iter").fit(X, y)


def test_a_list_with_a_range_among_lengths_is_refused():
    space = {"n_estimators": [3, Integer(5, 9)], "max_depth": [1, 2]}
    with pytest.raises(
        ValueError, match=r"must be one range.*a list with a range in it"
    ):
        search(Boosting(), space, path="auto").fit(X, y)


@pytest.mark.parametrize("length", [0, 61, 2.5, "many"])
def test_an_initial_point_with_a_length_out_of_range_is_refused(length):
    with pytest.raises(ValueError, match=r"one has n_steps=.*go from 1 to 60"):
        search(initial_points=[{"a": 0.5, "n_steps": length}]).fit(TOY_X)


@pytest.mark.parametrize("estimator", EPOCHS, ids=lambda e: type(e).__name__)
def test_epochs_are_counted(estimator):
    kind = kind_of(estimator)
    xy = (X_r, y_r) if "Regressor" in type(estimator).__name__ else (X, y)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Maximum number of iteration")
        check_grower(kind.grow, estimator, "max_iter", *xy, exact=False)


def test_every_kind_is_tried():
    known = {type(estimator).__name__ for estimator in (*EXACT, *EPOCHS)}
    others = {name for name, kind in KINDS.items() if kind.module != "sklearn"}
    twins = {"SGDRegressor", "PassiveAggressiveClassifier"}
    twins |= {"PassiveAggressiveRegressor"}
    assert set(KINDS) - known - others - twins == set()


@pytest.mark.parametrize(
    "estimator",
    [
        Boosting(),
        HistGradientBoostingClassifier(max_leaf_nodes=3, random_state=0),
        Pipeline(
            [
                ("nothing", "passthrough"),
                ("scale", StandardScaler()),
                ("model", Boosting(subsample=0.5)),
            ]
        ),
    ],
    ids=["alone", "histograms", "pipeline"],
)
def test_scores_are_those_of_cross_validation_at_each_length(estimator):
    name = estimator.steps[-1][0] + "__" if isinstance(estimator, Pipeline) else ""
    name += "max_iter" if "Hist" in str(estimator) else "n_estimators"
    metrics = ["neg_log_loss", "accuracy"]
    found = search(
        estimator,
        {name: [1, 3, 6]},
        path=FitPath("auto", patience=np.inf),
        scoring=metrics,
        refit="neg_log_loss",
        return_train_score=True,
    ).fit(X, y)
    frame = found.path_frame().set_index("length")
    assert list(frame.index) == [1, 3, 6]
    for length in frame.index:
        single = clone(estimator).set_params(**{name: length})
        expected = cross_validate(
            single, X, y, cv=3, scoring=metrics, return_train_score=True
        )
        for part in ("test", "train"):
            for metric in metrics:
                scores = expected[f"{part}_{metric}"]
                assert frame[f"mean_{part}_{metric}"][length] == np.mean(scores)
                assert frame[f"std_{part}_{metric}"][length] == np.std(scores)
    best = frame["mean_test_neg_log_loss"].idxmax()
    assert found.best_params_ == {name: best}
    assert frame["chosen"].idxmax() == best
    assert (
        found.cv_results_["mean_test_accuracy"][0] == frame["mean_test_accuracy"][best]
    )
    assert found.best_estimator_.get_params()[name] == best


SCORERS = {
    "score of the estimator": None,
    "predictions": "accuracy",
    "probabilities": "roc_auc_ovr",
    "decisions": make_scorer(
        lambda y, decided: np.mean(decided.argmax(axis=1) == y),
        response_method="decision_function",
    ),
    "a function": lambda model, X, y: np.mean(model.predict(X) == y),
    "a function of several": lambda model, X, y: {
        "hits": accuracy_score(y, model.predict(X)),
        "trees": float(len(model.estimators_)),
    },
}


@pytest.mark.parametrize("scoring", SCORERS.values(), ids=SCORERS)
def test_any_scorer_will_do(scoring):
    options = {"scoring": scoring, "path": FitPath("n_estimators", patience=np.inf)}
    if scoring is SCORERS["a function of several"]:
        options["refit"] = "hits"
    found = search(Boosting(), {"n_estimators": [1, 4, 7]}, **options).fit(X, y)
    single = Boosting(**found.best_params_)
    expected = cross_validate(single, X, y, cv=3, scoring=scoring)
    metric = "test_hits" if "refit" in options else "test_score"
    assert found.best_score_ == np.mean(expected[metric])


# --- which length ---


def test_a_candidate_has_the_length_with_the_best_mean(fitted):
    for candidate, curve in fitted.path_frame().groupby("candidate"):
        best = curve["mean_test_score"].idxmax()
        assert curve["chosen"].idxmax() == best
        assert curve["chosen"].sum() == 1
        params = fitted.cv_results_["params"][candidate]
        assert params["n_steps"] == curve["length"][best]
        score = fitted.cv_results_["mean_test_score"][candidate]
        assert score == pytest.approx(curve["mean_test_score"][best], rel=1e-15)
    assert fitted.best_estimator_.n_steps == fitted.best_params_["n_steps"]
    assert fitted.path_ == "n_steps"
    assert [name for name, _ in fitted.search_space_.columns] == ["a"]


def test_of_equal_lengths_the_shortest_counts():
    space = {"n_estimators": range(1, 20)}
    found = search(Boosting(), space, path="auto").fit(X[y != 2][:, :1] * 0, y[y != 2])
    assert found.best_params_ == {"n_estimators": 1}


def test_the_grid_goes_from_one_end_to_the_other():
    def grid(values, **options):
        space = {"a": [0.1], "n_steps": values}
        found = search(
            path=FitPath("n_steps", grow=toys.rise, patience=np.inf, **options),
            space=space,
            n_iter=1,
        ).fit(TOY_X)
        return found.path_frame()["length"].tolist()

    assert grid([3, 1, 7]) == [1, 3, 7]
    assert grid([4]) == [4]
    assert grid(randint(2, 6)) == [2, 3, 4, 5]
    assert grid(Integer(10, 300, log=True), n_lengths=4) == [10, 31, 97, 300]
    assert grid(range(1, 301), n_lengths=3) == [1, 17, 300]
    assert grid(range(10, 301, 10), n_lengths=4) == [10, 30, 100, 300]
    found = search(
        path=FitPath("n_steps", grow=toys.rise, patience=np.inf), space={"a": [0.1]}
    ).fit(TOY_X)
    assert found.path_frame()["length"].iloc[[0, -1]].tolist() == [1, 50]


def test_a_fit_ends_past_its_peak():
    def steps(patience):
        before = toys.Rising.n_grown
        found = search(path=FitPath("n_steps", grow=toys.rise, patience=patience)).fit(
            TOY_X
        )
        return toys.Rising.n_grown - before, found

    every, whole = steps(np.inf)
    fewer, ended = steps(1.0)
    assert fewer < 0.7 * every
    assert_array_equal(
        ended.cv_results_["mean_test_score"], whole.cv_results_["mean_test_score"]
    )
    assert ended.best_params_ == whole.best_params_


def test_a_plateau_at_the_start_does_not_end_a_fit():
    rare = np.r_[np.ones(8, int), np.zeros(112, int)]
    found = search(
        Boosting(learning_rate=0.02),
        {"n_estimators": Integer(1, 60)},
        path="auto",
        scoring="accuracy",
    ).fit(np.c_[rare + np.random.default_rng(0).normal(0, 0.1, 120)], rare)
    assert found.path_frame()["length"].max() == 60


# --- it is the same search, however it runs ---


@pytest.mark.parametrize(
    ("backend", "racing"),
    [
        pytest.param("loky", True, marks=pytest.mark.slow),
        ("threading", True),
        ("threading", False),
    ],
)
def test_rows_do_not_depend_on_jobs(backend, racing):
    options = {"racing": racing, "max_pending": 2, "n_iter": 8}
    expected = rows(search(**options).fit(TOY_X))
    with parallel_config(backend):
        assert rows(search(n_jobs=2, **options).fit(TOY_X)) == expected


@pytest.mark.parametrize("racing", [False, FoldRacing(pause_below=0.2)])
def test_a_journal_has_the_curves(tmp_path, racing):
    options = {"racing": racing, "cv": 4, "n_iter": 9}
    expected = rows(search(**options).fit(TOY_X))
    path = tmp_path / "search.jsonl"
    assert rows(search(checkpoint=path, **options).fit(TOY_X)) == expected
    lines = path.read_bytes().split(b"\n")
    n_fits = len(read_journal(path))
    for kept in (1, 5, len(lines) - 2):
        path.write_bytes(b"\n".join(lines[:kept]) + b"\n" + lines[kept][:40])
        again = search(checkpoint=path, **options).fit(TOY_X)
        assert rows(again) == expected
    before = toys.Rising.n_grown
    assert rows(search(checkpoint=path, **options).fit(TOY_X)) == expected
    assert toys.Rising.n_grown == before
    assert len(read_journal(path)) == n_fits


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"racing": FoldRacing(pause_below=0.2), "cv": 4, "n_iter": 9},
        {"scoring": ["accuracy", "neg_log_loss"], "refit": "neg_log_loss"},
    ],
    ids=["one metric", "racing", "two metrics"],
)
def test_a_journal_tells_the_scores_and_lengths_of_its_search(tmp_path, options):
    path = tmp_path / "search.jsonl"
    fitted = BayesSearchCV(
        GradientBoostingClassifier(random_state=0, max_features=1),
        {"learning_rate": loguniform(0.05, 1), "n_estimators": Integer(2, 40)},
        path="auto",
        checkpoint=path,
        random_state=0,
        **{"n_iter": 4, "cv": 3, **options},
    ).fit(X, y)
    told, own = read_journal(path), fitted.folds_frame(all_metrics=True)
    scores = [name for name in own if name.startswith("score_")] or ["score"]
    pd.testing.assert_frame_equal(told[scores], own[scores], check_dtype=False)
    lengths = [p["n_estimators"] for p in fitted.cv_results_["params"]]
    assert told["param_n_estimators"].astype(int).tolist() == [
        lengths[number] for number in own["candidate"]
    ]


def test_a_journal_of_another_path_is_refused(tmp_path):
    path = tmp_path / "search.jsonl"
    search(checkpoint=path).fit(TOY_X)
    for other in (
        search(path=FitPath("n_steps", grow=toys.rise, patience=2.0)),
        search(space={"a": uniform(0, 1), "n_steps": Integer(1, 61)}),
        search(toys.Rising(), {"a": uniform(0, 1)}),
    ):
        with pytest.raises(JournalError, match="What differs: path"):
            other.set_params(checkpoint=path).fit(TOY_X)


def test_a_forged_journal_ends_no_search(tmp_path):
    path = tmp_path / "search.jsonl"
    expected = rows(search(checkpoint=path).fit(TOY_X))
    lines = path.read_bytes().splitlines()
    forged = []
    for number, curves in enumerate(
        [[], [1.0] * 99, {"x": [1.0]}, 3.0, ["one"], None, [[1.0]]]
    ):
        record = json.loads(lines[number + 1].partition(b" ")[2])
        record["result"]["test_curves"] = curves
        text = json.dumps(record).encode()
        forged.append(b"%08x %s\n" % (zlib.crc32(text), text))
    path.write_bytes(lines[0] + b"\n" + b"".join(forged))
    found = search(checkpoint=path).fit(TOY_X)
    assert set(rows(found)[0]) == set(expected[0])


def test_warm_start_goes_on():
    found = search(n_iter=3, warm_start=True).fit(TOY_X)
    before = toys.Rising.n_grown
    longer = found.set_params(n_iter=6).fit(TOY_X)
    assert longer.n_iter_ == 6
    curves = longer.path_frame().groupby("candidate")["length"].sum()
    assert toys.Rising.n_grown - before >= 3 * curves[3:].sum()
    before = toys.Rising.n_grown
    assert rows(longer.fit(TOY_X)) == rows(longer)
    assert toys.Rising.n_grown == before


def test_racing_compares_at_the_best_length_of_the_folds_so_far():
    found = search(racing=True, n_iter=15, cv=5).fit(TOY_X)
    n_folds = found.cv_results_["n_splits_evaluated"]
    assert n_folds.min() < 5
    assert n_folds[found.best_index_] == 5
    frame = found.path_frame()
    for row in np.flatnonzero(n_folds < 5):
        curve = frame[frame["candidate"] == row]
        assert curve["mean_test_score"][curve["chosen"]].item() == pytest.approx(
            curve["mean_test_score"].max(), rel=1e-12
        )


# --- what reaches the fit ---


def test_weights_and_groups_reach_fit_scorer_and_splitter():
    weights = np.random.default_rng(0).uniform(0.1, 3, len(y))
    given = {"sample_weight": weights, "groups": np.arange(len(y)) % 4}
    space, cv = {"n_estimators": [2, 5]}, GroupKFold(2)
    path = FitPath("auto", patience=np.inf)
    found = search(Boosting(), space, cv=cv, path=path).fit(X, y, **given)
    expected = GridSearchCV(Boosting(), space, cv=cv).fit(X, y, **given)
    assert_array_equal(
        found.path_frame()["mean_test_score"], expected.cv_results_["mean_test_score"]
    )


def test_weights_are_routed_through_a_pipeline():
    weights = np.random.default_rng(0).uniform(0.1, 3, len(y))
    with config_context(enable_metadata_routing=True):
        model = Boosting().set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=True)
        pipeline = make_pipeline(scaler, model)
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=True)
        options = {"cv": StratifiedKFold(2), "scoring": scorer}
        space = {"gradientboostingclassifier__n_estimators": [2, 5]}
        path = FitPath(patience=np.inf)
        found = search(pipeline, space, path=path, **options)
        expected = GridSearchCV(pipeline, space, **options)
        for each in (found, expected):
            each.fit(X, y, sample_weight=weights)
    assert_array_equal(
        found.path_frame()["mean_test_score"], expected.cv_results_["mean_test_score"]
    )
    assert found.best_params_ == expected.best_params_


def test_steps_before_run_once_for_each_fold():
    calls = []

    def note(X):
        calls.append(len(X))
        return X

    pipeline = make_pipeline(FunctionTransformer(note), Boosting())
    name = "gradientboostingclassifier__n_estimators"
    search(pipeline, {name: range(1, 9)}, path="auto", cv=2, refit=False).fit(X, y)
    assert calls == [60, 60] * 2  # of each fold, what is fitted and what is scored


def test_a_step_of_the_users_own_stays_as_it_is():
    frozen = FrozenEstimator(StandardScaler().fit(X))
    pipeline = make_pipeline(frozen, Boosting())
    name = "gradientboostingclassifier__n_estimators"
    found = search(pipeline, {name: [1, 2]}, path="auto", cv=2).fit(X, y)
    assert vars(frozen) == {"estimator": frozen.estimator}
    assert found.best_estimator_[0].estimator is frozen.estimator


def test_a_pipeline_in_a_transformed_target():
    model = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), GradientBoostingRegressor(random_state=0)),
        func=np.arcsinh,
        inverse_func=np.sinh,
    )
    name = "regressor__gradientboostingregressor__n_estimators"
    found = search(model, {name: [2, 9]}, path=FitPath(patience=np.inf)).fit(X_r, y_r)
    assert found.path_ == name
    for length, score in found.path_frame()[["length", "mean_test_score"]].to_numpy():
        single = clone(model).set_params(**{name: int(length)})
        assert score == cross_validate(single, X_r, y_r, cv=3)["test_score"].mean()


def test_frames_keep_their_names_in_a_pipeline():
    frame = pd.DataFrame(X, columns=list("abcdef"))
    pipeline = make_pipeline(
        StandardScaler().set_output(transform="pandas"), Boosting()
    )
    found = search(
        pipeline,
        {"gradientboostingclassifier__n_estimators": [2, 5]},
        path="auto",
        scoring=lambda model, X, y: float(list(X.columns) == list("abcdef")),
    ).fit(frame, y)
    assert found.best_score_ == 1.0


# --- no space, swapped steps, earlier searches ---


def test_no_space_is_needed():
    model = HistGradientBoostingClassifier(random_state=0)
    path = FitPath(patience=0.1)
    found = BayesSearchCV(model, path=path, n_iter=1, cv=2, random_state=0).fit(X, y)
    assert "max_iter" in found.best_params_
    assert "max_iter" not in dict(found.search_space_.columns)
    assert found.path_frame()["length"].iloc[0] == 30


def test_a_space_of_the_length_alone_has_one_candidate():
    found = search(Boosting(), {"n_estimators": [1, 2, 3]}, path="auto").fit(X, y)
    assert found.n_iter_ == 1


def test_a_step_may_be_swapped():
    boosters = [Boosting(), AdaBoostClassifier(random_state=0)]
    found = search(
        Pipeline([("model", Boosting())]),
        {"model": boosters, "model__n_estimators": [2, 5]},
        path="model__n_estimators",
    ).fit(X, y)
    assert found.n_iter_ == 2
    assert found.best_estimator_[-1].n_estimators in (2, 5)


def test_what_ends_fits_otherwise_is_off():
    def stops(model):
        return [model.early_stopping, model.n_iter_no_change]

    model = HistGradientBoostingClassifier(early_stopping=True, random_state=0)
    with pytest.warns(UserWarning, match="early_stopping=True is turned off"):
        found = search(model, {"max_iter": [2, 5]}, path="auto").fit(X, y)
    assert found.best_estimator_.early_stopping is False
    assert found.best_estimator_.n_iter_ == found.best_params_["max_iter"]
    net = MLPClassifier((5,), random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        found = search(net, {"max_iter": [2, 15]}, path="max_iter").fit(X, y)
    assert stops(found.best_estimator_) == [False, np.inf]
    assert found.best_estimator_.n_iter_ == found.best_params_["max_iter"]
    linear = make_pipeline(StandardScaler(), SGDClassifier(random_state=0))
    name = "sgdclassifier__max_iter"
    found = search(linear, {name: [2, 15]}, path=name).fit(X, y)
    assert found.best_estimator_[-1].n_iter_ == found.best_params_[name]


@pytest.mark.parametrize(
    ("booster", "params"),
    [
        ("LGBM", {"early_stopping_round": 1}),
        ("LGBM", {"early_stopping_rounds": 1}),
        ("LGBM", {"early_stopping": 1}),
        ("LGBM", {"n_iter_no_change": 1}),
        ("XGB", {"early_stopping_rounds": 1}),
        ("CatBoost", {"eval_fraction": 0.3}),
        ("CatBoost", {"eval_fraction": 0.3, "early_stopping_rounds": 1}),
        ("CatBoost", {"eval_fraction": 0.3, "od_type": "Iter", "od_wait": 1}),
        ("CatBoost", {"od_pval": 0.1, "use_best_model": True}),
    ],
)
def test_what_ends_fits_of_other_packages_is_off(booster, params):
    package = pytest.importorskip(KINDS[f"{booster}Classifier"].module)
    quiet = {"verbosity": 0} if booster == "XGB" else {"verbose": -1}
    if booster == "CatBoost":
        quiet = {"verbose": 0, "allow_writing_files": False, "thread_count": 1}
    model = getattr(package, f"{booster}Classifier")(learning_rate=0.3, **quiet)
    name = kind_of(model).names[0]
    plain = search(model, {name: [2, 20]}, path=name, cv=2).fit(X, y)
    searched = {n: [v, None] for n, v in params.items()}
    with pytest.raises(ValueError, match="decides on the length of fits, and so does"):
        search(model, {name: [2, 20], **searched}, path=name).fit(X, y)
    model.set_params(**params)
    with pytest.warns(UserWarning, match="is turned off") as warned:
        found = search(model, {name: [2, 20]}, path=name, cv=2).fit(X, y)
    assert all(
        any(f"{n}={v!r} is" in str(w.message) for w in warned)
        for n, v in params.items()
    )
    assert rows(found) == rows(plain)
    assert_array_equal(
        found.best_estimator_.predict_proba(X), plain.best_estimator_.predict_proba(X)
    )


def test_validation_data_do_not_shorten_catboost():
    catboost = pytest.importorskip("catboost")
    quiet = {"verbose": 0, "allow_writing_files": False, "thread_count": 1}
    model = catboost.CatBoostClassifier(learning_rate=0.3, **quiet)
    opposite = {"eval_set": [(X, (y + 1) % 3)]}  # on which no tree helps
    space = {"iterations": [20, 25]}
    found = search(model, space, path="auto", cv=2).fit(X, y, **opposite)
    best = found.best_params_["iterations"]
    assert found.best_estimator_.tree_count_ == best
    kept = search(model, space, path="auto", cv=2)
    kept.fit(X, y, use_best_model=True, **opposite)
    assert kept.best_estimator_.tree_count_ < best


def test_an_earlier_search_informs_one_with_a_path():
    space = {"a": uniform(0, 1), "n_steps": Integer(1, 60)}
    earlier = search(toys.Rising(), space).fit(TOY_X)
    found = search(prior_results=earlier).fit(TOY_X)
    assert found.cv_results_["params"][0]["a"] == earlier.best_params_["a"]
    again = search(prior_results=found, initial_points=[found.best_params_])
    first = again.fit(TOY_X).cv_results_["params"][0]
    assert first == found.best_params_
    plain = search(toys.Rising(), space, prior_results=found).fit(TOY_X)
    assert plain.cv_results_["params"][0] == found.best_params_


def test_the_simplest_may_be_the_shortest():
    found = search(refit=OneStandardError("n_steps")).fit(TOY_X)
    lengths = found.cv_results_["param_n_steps"]
    assert (
        found.best_params_["n_steps"]
        <= lengths[found.cv_results_["rank_test_score"].argmin()]
    )


def test_what_reads_results_leaves_the_length_out(fitted, tmp_path):
    assert list(parameter_importance(fitted).index) == ["a"]
    assert fitted.report(tmp_path / "report.html").exists()
    assert "n_steps" in fitted.results_frame()


def test_the_line_of_a_setting_has_its_length(capsys):
    search(verbose=1, n_iter=1).fit(TOY_X)
    assert ", n_steps=" in capsys.readouterr().out.splitlines()[-1]


# --- failures ---


GRID = [5, 10, 20, 40, 80]


@pytest.mark.parametrize(
    ("scores", "highest"),
    [
        ([0.1], np.inf),  # nothing is half as long
        ([0.1, 0.3], 0.3 + 3 * 0.2),
        ([0.1, 0.3, 0.3], 0.3),
        ([0.1, 0.3, 0.2], 0.3),
        ([0.1, 0.3, 0.35, 0.36], 0.36 + 0.01),
        ([0.1, 0.2, 0.3, 0.4, 0.5], 0.5),
        ([0.1, np.nan, 0.3], np.inf),
    ],
)
def test_how_far_a_curve_may_come_follows_from_its_last_rise(scores, highest):
    assert highest_in_reach(GRID, np.array(scores)) == pytest.approx(highest)


def test_fits_end_that_cannot_reach_the_best_so_far(monkeypatch):
    def steps():
        before = toys.Rising.n_grown
        path = FitPath("n_steps", grow=toys.rise, patience=99)
        same = {"n_iter": 12, "n_initial_points": 12}
        found = search(path=path, **same).fit(TOY_X)
        return toys.Rising.n_grown - before, found

    ended, found = steps()
    monkeypatch.setattr(
        "sklearn_bayes_search.execution._path._curves.highest_in_reach",
        lambda grid, scores: np.inf,
    )
    whole, other = steps()
    assert ended < whole
    assert found.best_params_ == other.best_params_
    assert found.best_score_ == other.best_score_


PATH = CommonLength(Lengths("n", tuple(GRID), 1.0, None), Objective("score", True))


@pytest.mark.parametrize(
    ("scores", "ends"),
    [
        ([0.5, 0.4, 0.3], False),  # one length past the peak of the first
        ([0.1, 0.2, 0.3, 0.3], True),
        ([0.1, 0.2, 0.3, 0.5], False),  # the mean still rises
        ([0.1, 0.2, 0.3, 0.4, 0.5], True),  # the first has no more lengths
    ],
)
def test_a_fold_ends_past_the_peak_of_its_mean_with_the_first(scores, ends):
    path = replace(PATH, lengths=replace(PATH.lengths, grid=(*GRID, 160)))
    first = {"test_curves": [0.1, 0.2, 0.4, 0.3, 0.3]}
    assert path.of_fold(first, to_reach=9.0).may_end(np.array(scores)) is ends
    whole = replace(path, lengths=replace(path.lengths, patience=np.inf))
    assert not whole.of_fold(first, to_reach=9.0).may_end(np.array(scores))


@pytest.mark.parametrize(
    ("estimator", "n_scored"),
    [(Boosting(), 3), (SGDRegressor(random_state=0), 4), (MLPRegressor(), 4)],
)
def test_fits_by_epochs_go_on_longer_before_they_may_end(estimator, n_scored):
    scores = iter(range(0, -99, -1))  # the shortest is the best
    name = kind_of(estimator).names[0]
    search(
        estimator,
        {name: [1, 5, 25, 100]},
        path=name,
        scoring=lambda model, X, y: next(scores),
        refit=False,
    ).fit(X, y)
    assert next(scores) == -n_scored - 2 * 2  # and two of each other fold


@pytest.mark.parametrize("result", [None, {"fit_error": "..."}])
def test_without_a_first_fold_each_decides_for_itself(result):
    alone = PATH.of_fold(result, to_reach=None)
    assert not alone.may_end(np.array([0.1, 0.2, 0.3]))
    assert alone.may_end(np.array([0.1, 0.2, 0.1]))


def test_a_failed_fold_leaves_the_length_of_the_others():
    class Failing(GradientBoostingClassifier):
        def fit(self, X, y, **params):
            if self.learning_rate > 0.5:
                raise ValueError("too fast")
            return super().fit(X, y, **params)

    space = {"learning_rate": [0.1, 0.9], "n_estimators": [2, 5]}
    with pytest.warns(FitFailedWarning, match="3 fits failed"):
        found = search(Failing(random_state=0), space, path="auto").fit(X, y)
    assert found.cv_results_["params"][1] == {"learning_rate": 0.9, "n_estimators": 5}
    assert np.isnan(found.cv_results_["mean_test_score"][1])
    assert found.path_frame()["candidate"].unique().tolist() == [0]


def test_a_scorer_that_fails_makes_no_length_of_its_own():
    def at_four(model, X, y):
        if len(model.estimators_) == 4:
            raise RuntimeError("not four")
        return len(model.estimators_) / 10 if len(model.estimators_) < 5 else 0.0

    with pytest.warns(UserWarning, match="not four"):
        found = search(
            Boosting(), {"n_estimators": range(1, 7)}, path="auto", scoring=at_four
        ).fit(X, y)
    assert found.best_params_ == {"n_estimators": 3}


@pytest.mark.parametrize("failing", [{4}, range(9)], ids=["once", "a fold"])
def test_a_function_of_several_metrics_may_fail(tmp_path, failing):
    def scored(model, X, y):
        length = len(model.estimators_)
        if length in failing and (len(failing) == 1 or y[0] == first[0]):
            raise RuntimeError("not this one")
        return {"length": min(length, 5) / 10, "other": 1.0}

    first = y[:1]
    options = {"path": "auto", "scoring": scored, "refit": "length"}
    options["checkpoint"] = tmp_path / "search.jsonl"
    space = {"n_estimators": range(1, 8)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = [search(Boosting(), space, **options).fit(X, y) for _ in range(2)]
    assert rows(found[0]) == rows(found[1])
    assert "mean_test_other" in found[0].path_frame()
    if failing == {4}:
        assert found[0].best_params_ == {"n_estimators": 5}


def test_a_score_that_is_no_number_ends_the_search():
    with pytest.raises(ValueError, match="scoring must return a number"):
        search(
            Boosting(),
            {"n_estimators": [1, 2]},
            path="auto",
            scoring=lambda model, X, y: "good",
        ).fit(X, y)


def test_a_grower_that_skips_lengths_is_told():
    def skips(estimator, name, lengths, X, y, report):
        estimator.fit(X)
        report(lengths[-1], estimator)

    with pytest.raises(ValueError, match="must report each of the lengths once"):
        search(path=FitPath("n_steps", grow=skips), error_score="raise").fit(TOY_X)


# --- what is refused before the first fit ---

HISTOGRAMS = HistGradientBoostingClassifier()
REFUSED = {
    "unknown name": (Boosting(), {}, "n_estimator", "Did you mean 'n_estimators'"),
    "no length of its own": (
        HistGradientBoostingClassifier(),
        {"max_iter": [None, 3]},
        "auto",
        "ints >= 1",
    ),
    "another parameter": (Boosting(), {}, "max_depth", "'n_estimators'. Got 'max_dep"),
    "no growing estimator": (LogisticRegression(), {}, "max_iter", "FitPath"),
    "auto of none": (LogisticRegression(), {}, "auto", "'auto' does not know"),
    "auto of epochs": (SGDClassifier(), {}, "auto", "path='max_iter'"),
    "no epochs": (MLPClassifier(solver="lbfgs"), {}, "max_iter", "solver='lbfgs'"),
    "floats": (
        Boosting(),
        {"n_estimators": loguniform(1, 100)},
        "auto",
        "ints >= 1, such as",
    ),
    "texts": (Boosting(), {"n_estimators": ["1", "2"]}, "auto", "ints >= 1"),
    "nothing at all": (Boosting(), {"n_estimators": [0, 1]}, "auto", "ints >= 1"),
    "the rule that ends fits": (
        HISTOGRAMS,
        {"early_stopping": [False, True], "max_iter": [1, 2]},
        "auto",
        "Leave that out",
    ),
    "several ranges": (
        Boosting(),
        [
            {"max_depth": [1], "n_estimators": [1, 2]},
            {"max_depth": [2], "n_estimators": [1, 3]},
        ],
        "auto",
        "same values in all dicts",
    ),
    "a step before": (
        make_pipeline(SelectFromModel(Boosting()), LogisticRegression()),
        {},
        "selectfrommodel__estimator__n_estimators",
        "the last step of a pipeline",
    ),
    "one of the choices": (
        Pipeline([("model", Boosting())]),
        {"model": [Boosting(), DummyClassifier()], "model__n_estimators": [1, 2]},
        "model__n_estimators",
        "DummyClassifier",
    ),
    "a path of several fits": (
        BayesSearchCV(Boosting(), {}),
        {},
        "estimator__n_estimators",
        "the last step of a pipeline",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_before_the_first_fit(case, monkeypatch):
    estimator, space, path, message = case
    space = space or {f"{path.rpartition('__')[0]}__random_state".lstrip("_"): [0, 1]}

    def fit(self, X, y):
        raise AssertionError("fitted")

    monkeypatch.setattr(GradientBoostingClassifier, "fit", fit)
    with pytest.raises(ValueError, match=message):
        search(estimator, space, path=path).fit(X, y)


@pytest.mark.parametrize(
    "options",
    [
        {"patience": 0},
        {"patience": "long"},
        {"n_lengths": 1},
        {"n_lengths": 2.5},
        {"name": None},
        {"grow": "fast"},
    ],
    ids=str,
)
def test_settings_out_of_range_are_refused(options):
    with pytest.raises((TypeError, ValueError), match=next(iter(options))):
        FitPath(**options)


def test_without_a_path_there_are_no_curves():
    plain = search(Boosting(n_estimators=2), {"max_depth": [1, 2]}).fit(X, y)
    assert plain.path_ is None
    with pytest.raises(ValueError, match="has no 'path'"):
        plain.path_frame()


def test_a_constraint_may_not_name_the_length():
    space = Space(
        {"a": uniform(0, 1), "n_steps": Integer(1, 9)},
        constraint=lambda params: params["n_steps"] > 2,
    )
    with pytest.raises(KeyError, match="n_steps"):
        search(space=space).fit(TOY_X)


def test_catboost_needs_a_learning_rate():
    catboost = pytest.importorskip("catboost")
    model = catboost.CatBoostClassifier(iterations=5)
    with pytest.raises(ValueError, match="learning_rate depends on"):
        search(model, {"depth": [2, 3]}, path="auto").fit(X, y)


@pytest.mark.slow
def test_with_random_labels_a_path_is_hardly_luckier():
    """The best of many lengths is luck, as the best of many candidates is."""
    rng = np.random.default_rng(0)
    gains = []
    for seed in range(20):
        A, b = rng.normal(size=(120, 5)), rng.integers(2, size=120)
        space = {"learning_rate": Real(0.01, 1, log=True), "n_estimators": range(1, 40)}
        options = {"n_iter": 12, "cv": 3, "random_state": seed, "refit": False}
        both = [
            BayesSearchCV(Boosting(), space, path=path, **options).fit(A, b)
            for path in (None, "auto")
        ]
        gains.append(
            both[1].cv_results_["mean_test_score"].max()
            - both[0].cv_results_["mean_test_score"].max()
        )
    error = np.std(gains, ddof=1) / len(gains) ** 0.5
    print(f"above by {np.mean(gains):.4f}, standard error {error:.4f}")
    assert np.mean(gains) < 2 * error + 0.005


def test_passive_aggressive_has_the_same_kind_as_sgd():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is deprecated in newer versions
        assert kind_of(PassiveAggressiveClassifier()) is kind_of(SGDClassifier())
