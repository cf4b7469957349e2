"""Write the two sample reports, of one search and of a comparison, into the site."""

from pathlib import Path

from scipy.stats import loguniform
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_bayes_search import BayesSearchCV, Integer
from sklearn_bayes_search.report import report

SPACE = {"svc__C": loguniform(1e-3, 1e3), "svc__gamma": loguniform(1e-5, 1e1)}
GRID = {
    "svc__C": [0.001, 0.03, 1, 30, 1000],
    "svc__gamma": [1e-5, 3e-4, 1e-2, 0.3, 10],
}


def one_search():
    """Return a search with a branch for each kernel."""
    C = loguniform(1e-3, 1e3)
    space = [
        {"svc__kernel": ["linear"], "svc__C": C},
        {"svc__kernel": ["rbf"], "svc__C": C, "svc__gamma": loguniform(1e-5, 1e1)},
        {"svc__kernel": ["poly"], "svc__C": C, "svc__degree": Integer(2, 5)},
    ]
    pipeline = make_pipeline(StandardScaler(), SVC())
    search = BayesSearchCV(pipeline, space, n_iter=40, n_jobs=2, random_state=0)
    return search.fit(*load_breast_cancer(return_X_y=True))


def searches():
    """Return a grid, and five runs each of a random and a Bayesian search."""
    X, y = load_digits(return_X_y=True)
    X, y = X[:300], y[:300]
    pipeline = make_pipeline(StandardScaler(), SVC())
    of_seeds = {"n_iter": 25, "cv": 3}
    return {
        "GridSearchCV": GridSearchCV(pipeline, GRID, cv=3).fit(X, y),
        **{
            cls.__name__: [
                cls(pipeline, SPACE, random_state=seed, **of_seeds).fit(X, y)
                for seed in range(5)
            ]
            for cls in (RandomizedSearchCV, BayesSearchCV)
        },
    }


def write(app, exception):
    """Write the reports when a site was built."""
    if exception is None and app.builder.format == "html":
        folder = Path(app.outdir) / "samples"
        folder.mkdir(exist_ok=True)
        report(one_search(), folder / "search.html")
        report(searches(), folder / "comparison.html")
