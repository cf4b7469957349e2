"""An estimator's own setting, where its parameters do not say it."""

import json

import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_bayes_search import BayesSearchCV, Integer, Real, Space
from sklearn_bayes_search.experience._own import CATBOOST, XGBOOST, own_parameters

NEEDS = "needs the extra 'integrations'"
X, y = make_classification(n_samples=60, n_features=4, flip_y=0.2, random_state=0)


class XGBModel(ClassifierMixin, BaseEstimator):
    """Has what XGBoost's own has, and does not learn."""

    def __init__(self, booster=None, learning_rate=None, max_depth=None):
        self.booster = booster
        self.learning_rate = learning_rate
        self.max_depth = max_depth

    def fit(self, X, y):
        self.classes_ = [0, 1]
        return self

    def score(self, X, y):
        return 1.0 / (self.max_depth or 6)


class XGBClassifier(XGBModel):
    pass


class CatBoost(BaseEstimator):
    """Has what CatBoost's own has: parameters that were given, and no others."""

    def __init__(self, **params):
        self.params = params

    def get_params(self, deep=True):
        return dict(self.params)


XGBModel.__module__, CatBoost.__module__ = "xgboost.sklearn", "catboost.core"
SPACE = Space({"learning_rate": Real(0.01, 1), "max_depth": Integer(1, 10)})


def test_none_of_xgboost_stands_for_its_own_value():
    own = own_parameters(XGBClassifier(max_depth=3), SPACE)
    assert own == {"booster": "gbtree", "learning_rate": 0.3, "max_depth": 3}
    pipeline = make_pipeline(StandardScaler(), XGBClassifier())
    own = own_parameters(pipeline, SPACE)
    assert own["xgbclassifier__learning_rate"] == 0.3
    assert own["standardscaler__copy"] is True


def test_a_linear_model_of_xgboost_has_other_values():
    linear = XGBClassifier("gblinear")
    assert own_parameters(linear, SPACE) == linear.get_params()


def test_a_none_that_is_among_the_values_stays():
    space = Space({"max_depth": [None, Integer(1, 10)], "learning_rate": [0.1, 0.3]})
    own = own_parameters(XGBClassifier(), space)
    assert (own["max_depth"], own["learning_rate"]) == (None, 0.3)


def test_what_catboost_was_not_given_is_known_by_all_its_names():
    own = own_parameters(CatBoost(n_estimators=50, reg_lambda=9.0), SPACE)
    assert own["iterations"] == own["num_trees"] == own["n_estimators"] == 50
    assert own["l2_leaf_reg"] == 9.0
    assert own["depth"] == own["max_depth"] == 6
    # it depends on the data
    assert "learning_rate" not in own


def test_other_estimators_say_their_values_themselves():
    assert own_parameters(SVC(), SPACE) == SVC().get_params()


def test_a_search_tries_what_none_stands_for_first():
    search = BayesSearchCV(XGBClassifier(), SPACE, n_iter=4, cv=2, random_state=0)
    first = search.fit(X, y).cv_results_["params"][0]
    assert first == {"learning_rate": 0.3, "max_depth": 6}


@pytest.mark.parametrize("name", ["XGBClassifier", "XGBRegressor", "XGBRFClassifier"])
def test_values_of_xgboost_are_those_that_it_fits_with(name):
    xgboost = pytest.importorskip("xgboost", reason=NEEDS)
    model = getattr(xgboost, name)(n_jobs=1)
    own = own_parameters(model, Space({}))
    fitted = model.fit(X, y)
    config = json.loads(fitted.get_booster().save_config())["learner"]
    trained = config["gradient_booster"]["tree_train_param"]
    for parameter in XGBOOST:
        value = own[parameter]
        if isinstance(value, str | int | float) and parameter in trained:
            assert type(value)(trained[parameter]) == pytest.approx(value), parameter
    assert config["learner_train_param"]["booster"] == own["booster"]
    if name != "XGBRFClassifier":
        assert fitted.get_num_boosting_rounds() == own["n_estimators"]
    # and they give the same model
    same = getattr(xgboost, name)(n_jobs=1)
    same.set_params(**{parameter: own[parameter] for parameter in XGBOOST})
    assert (same.fit(X, y).predict(X) == fitted.predict(X)).all()


@pytest.mark.parametrize("name", ["CatBoostClassifier", "CatBoostRegressor"])
def test_values_of_catboost_are_those_that_it_fits_with(name):
    catboost = pytest.importorskip("catboost", reason=NEEDS)
    options = {"verbose": 0, "thread_count": 1, "allow_writing_files": False}
    model = getattr(catboost, name)(**options)
    own = own_parameters(model, Space({}))
    fitted = model.fit(X, y).get_all_params()
    for parameter, value in CATBOOST.items():
        assert own[parameter] == value == fitted[parameter]


@pytest.mark.parametrize(
    ("package", "name", "parameters", "options"),
    [
        ("xgboost", "XGBClassifier", ["n_estimators", "max_depth"], {"n_jobs": 1}),
        (
            "lightgbm",
            "LGBMClassifier",
            ["n_estimators", "num_leaves"],
            {"n_jobs": 1, "verbose": -1},
        ),
        (
            "catboost",
            "CatBoostClassifier",
            ["iterations", "depth"],
            {"thread_count": 1, "verbose": 0, "allow_writing_files": False},
        ),
    ],
)
def test_boosting_in_a_pipeline_begins_with_its_own_setting(
    package, name, parameters, options
):
    cls = getattr(pytest.importorskip(package, reason=NEEDS), name)
    first, second = parameters
    pipeline = make_pipeline(StandardScaler(), cls(**options, **{first: 20}))
    step = name.lower()
    space = {
        f"{step}__{first}": Integer(5, 30),
        f"{step}__{second}": Integer(2, 31 if second == "num_leaves" else 10),
    }
    search = BayesSearchCV(
        pipeline, space, n_iter=4, cv=2, random_state=0, n_jobs=2, scoring="roc_auc"
    ).fit(X, y)
    own = {"max_depth": 6, "num_leaves": 31, "depth": 6}[second]
    expected = {f"{step}__{first}": 20, f"{step}__{second}": own}
    assert search.cv_results_["params"][0] == expected
    assert search.n_iter_ == 4
