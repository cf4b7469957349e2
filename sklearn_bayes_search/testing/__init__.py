"""Checks of members of your own, such as surrogates or stopping rules, for your tests.

Each takes an object, and raises an `AssertionError` that says what is wrong with it.
The members of the package pass the same checks.
"""

from sklearn_bayes_search.testing._acquisition import check_acquisition
from sklearn_bayes_search.testing._executor import check_executor
from sklearn_bayes_search.testing._grower import check_grower
from sklearn_bayes_search.testing._proposer import check_proposer
from sklearn_bayes_search.testing._stopping import check_stopping_rule
from sklearn_bayes_search.testing._surrogate import check_surrogate

__all__ = [
    "check_acquisition",
    "check_executor",
    "check_grower",
    "check_proposer",
    "check_stopping_rule",
    "check_surrogate",
]
