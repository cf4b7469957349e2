"""scikit-learn's estimator checks on the class under test itself, with the very
estimators, spaces and expected failures that it uses for its RandomizedSearchCV."""

import pytest
from conformance_standins import EXTRA, Search
from sklearn.utils._test_common import instance_generator
from sklearn.utils.estimator_checks import estimator_checks_generator


def of_randomized_search(table):
    """Find the entry by name: the key is a stand-in where the names are patched."""
    entries = {cls.__name__: entry for cls, entry in table.items()}
    return entries.get("RandomizedSearchCV", {})


def cases():
    xfail = of_randomized_search(instance_generator.PER_ESTIMATOR_XFAIL_CHECKS)
    init_params = of_randomized_search(instance_generator.INIT_PARAMS)
    for i, params in enumerate(init_params):
        search = Search(**{"n_iter": 2, **params, "random_state": 0, **EXTRA})
        prefix = f"{i}-{type(params['estimator']).__name__}"
        for estimator, check in estimator_checks_generator(
            search, expected_failed_checks=xfail, mark="skip"
        ):
            function = getattr(check, "func", check)
            name = getattr(function, "__name__", str(function))
            yield pytest.param(estimator, check, id=f"{prefix}-{name}")


@pytest.mark.parametrize(("estimator", "check"), list(cases()))
def test_estimator_check(estimator, check):
    check(estimator)
