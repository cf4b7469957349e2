"""Other libraries, as they are, beside a search."""

import pytest
from scipy.stats import loguniform
from sklearn.datasets import make_classification
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_bayes_search import BayesSearchCV, Integer

NEEDS = "needs the extra 'integrations'"
X, y = make_classification(n_samples=60, n_features=4, flip_y=0.2, random_state=0)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"racing": True},
        {"warm_start": True},
        {"surrogate": "forest"},
        {"scoring": ["accuracy", "f1"], "refit": "f1"},
    ],
    ids=str,
)
def test_skops_saves_and_loads_a_fitted_search(options):
    skops = pytest.importorskip("skops.io", reason=NEEDS)
    pipeline = make_pipeline(StandardScaler(), SVC())
    space = {
        "svc__C": loguniform(1e-2, 1e2),
        "svc__degree": [2, Integer(3, 8)],
        "svc__kernel": ["rbf", "poly"],
    }
    options = {"n_iter": 6, "cv": 3, "random_state": 0, **options}
    search = BayesSearchCV(pipeline, space, **options).fit(X, y)
    saved = skops.dumps(search)
    loaded = skops.loads(saved, trusted=skops.get_untrusted_types(data=saved))
    assert (loaded.predict(X) == search.predict(X)).all()
    assert loaded.results_frame().equals(search.results_frame())
    assert loaded.folds_frame().equals(search.folds_frame())
    assert loaded.honest_score() == search.honest_score()
    assert loaded.optimizer_.ask().params == search.optimizer_.ask().params
