"""The reference of a search: GridSearchCV on the candidates that the search chose."""

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV


def same_candidates(search):
    """Make the GridSearchCV of a fitted search's candidates, one by one."""
    return GridSearchCV(
        clone(search.estimator),
        [
            {name: [value] for name, value in params.items()}
            for params in search.cv_results_["params"]
        ],
        scoring=search.scoring,
        cv=search.cv,
        refit=search.refit,
        error_score=search.error_score,
        return_train_score=search.return_train_score,
    )


def assert_same_results(search, grid):
    """Compare all but the times, to the last bit."""
    assert list(search.cv_results_) == list(grid.cv_results_)
    for key, expected in grid.cv_results_.items():
        got = search.cv_results_[key]
        if key == "params":
            assert type(got) is type(expected)
            assert [list(params) for params in got] == [list(p) for p in expected]
            for a, b in zip(got, expected, strict=True):
                assert all(a[name] is b[name] for name in b)
            continue
        assert type(got) is type(expected), key
        assert got.dtype == expected.dtype, key
        if key.startswith("param_"):
            mask = np.ma.getmaskarray(expected)
            assert np.array_equal(np.ma.getmaskarray(got), mask), key
            assert got[~mask].tolist() == expected[~mask].tolist(), key
        elif not key.endswith("_time"):
            assert np.array_equal(got, expected, equal_nan=True), key
    for name in ("best_index_", "best_score_"):
        assert hasattr(search, name) == hasattr(grid, name)
        if hasattr(grid, name):
            assert getattr(search, name) == getattr(grid, name)
            assert type(getattr(search, name)) is type(getattr(grid, name))
    if hasattr(grid, "best_params_"):
        assert search.best_params_ is search.cv_results_["params"][search.best_index_]
    assert search.multimetric_ == grid.multimetric_
    assert search.n_splits_ == grid.n_splits_
