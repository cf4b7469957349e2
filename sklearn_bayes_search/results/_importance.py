"""Which parameters matter: where the variance of the score over the space comes from.

All of it works on ``cv_results_`` of any search, ``GridSearchCV``'s as well.
"""

from typing import Any

import numpy as np
import pandas as pd

from sklearn_bayes_search.exceptions import check_number
from sklearn_bayes_search.results._observed import observe
from sklearn_bayes_search.results._score_model import ScoreModel
from sklearn_bayes_search.results._shares import importance_table
from sklearn_bayes_search.results._variance import VarianceDesign


def parameter_importance(
    search: Any,
    *,
    metric: str | None = None,
    n_samples: int = 1024,
    random_state: int = 0,
) -> pd.DataFrame:
    """Estimate how much each parameter matters for the score.

    A model of the score is fitted to all candidates tried. If all candidates of the
    space were equally likely, how much of the differences of its score would come from
    each parameter?

    Parameters
    ----------
    search : fitted search, dict or DataFrame
        A search with ``cv_results_``, or these, also read back from a file.
    metric : str, default=None
        Which score, where there are several. None is the one of ``refit``, else what a
        `BayesSearchCV` maximised, else "score", else the only one.
    n_samples : int, default=1024
        Points for the estimate of each share, >= 64; rounded up to a power of 2. The
        estimator is never fitted, so more cost little.
    random_state : int, default=0
        Seed, >= 0.

    Returns
    -------
    importance : DataFrame
        A row per parameter with more than one value, ``parameter`` as the index, the
        most important first:

        - ``main``: share of the variance, 0 to 1, that it explains alone,
        - ``total``: share that would be gone if it were fixed, on average, so
          together with what it does in combination with others, 0 to 1,
        - ``error``: likely error of ``total`` for what the candidates tried leave open,
        - ``direction``: what the score does as the value grows, on average over all
          values of the other parameters, "score rises on average", "score falls on
          average" or "not monotone"; "" where values have no order, or where ``main``
          is below ``error`` or 0.005. It is no advice: the best value may be a small
          one although the score rises on average,
        - ``matters``: "yes" where ``total`` less ``error`` is above 0.05; "hardly" if
          ``total`` is surely below 0.03, and each part of the parameter's values was
          tried; else "unknown",
        - ``rests_on``: the part of its values that the fewest candidates have, such as
          "3 of 40 candidates below 0.0215".

    Raises
    ------
    TypeError
        If it is nothing that holds the results of a search.
    ValueError
        If the search is not fitted, the metric is unknown or not clear, no score is
        finite, or an argument is out of its range.

    See Also
    --------
    pair_importance : Which two parameters have to be tuned together.

    Notes
    -----
    ``main`` and ``total`` are Sobol indices of first and total order [1]_ of the mean
    of a Gaussian process. Its covariance is a product over the parameters that tells
    apart what they do alone and together [3]_, unless the search had a model of the
    user's. The error takes hyperparameters that are drawn from what is believed of
    them [4]_, with candidates that crowd counted for the little of the space that they
    stand for. 39 of 40 functions drawn from these processes [2]_ have a total share
    within ``error`` of ``total``. Where it is above 0.2, there are too few candidates
    for that many parameters, or they are in the wrong places: do not rely on the order.
    :doc:`/see_the_search` tells how often all this was right.

    All candidates of the space are equally likely as the space has it: a ``loguniform``
    on its logarithm, choices alike. A wide range makes a parameter important. Very bad
    scores are pulled up to five spreads below the median, or they would be all that
    counts; a failure is the worst score. The constraint of a space is not asked.

    A parameter that is inactive in a branch changes nothing there, and this counts.
    Which branch it is has a row of its own, with the names of the parameters that have
    one value in each branch, or "which dict of the list". For a list of values and
    ranges it is "max_depth: value or range", beside "max_depth" for the values of each.

    References
    ----------
    .. [1] A. Saltelli et al., "Variance Based Sensitivity Analysis of Model Output.
       Design and Estimator for the Total Sensitivity Index", Computer Physics
       Communications 181, 2010, table 2, (b) and (f).
    .. [2] A. Marrel, B. Iooss, B. Laurent and O. Roustant, "Calculations of Sobol
       Indices for the Gaussian Process Metamodel", Reliability Engineering and System
       Safety 94, 2009, section 3.
    .. [3] D. Duvenaud, H. Nickisch and C. E. Rasmussen, "Additive Gaussian Processes",
       NIPS 2011, section 2.
    .. [4] I. Murray, R. P. Adams and D. J. C. MacKay, "Elliptical Slice Sampling",
       AISTATS 2010.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import RandomizedSearchCV
    >>> from sklearn.svm import SVC
    >>> from sklearn_bayes_search import parameter_importance
    >>> search = RandomizedSearchCV(
    ...     SVC(),
    ...     {"C": loguniform(1e-3, 1e3), "tol": loguniform(1e-4, 1e-2)},
    ...     n_iter=20,
    ...     random_state=0,
    ... ).fit(*load_iris(return_X_y=True))
    >>> parameter_importance(search).index.tolist()
    ['C', 'tol']
    """
    n_samples = _checked(n_samples, random_state)
    model = ScoreModel.fit(observe(search, metric))
    return importance_table(model, n_samples, random_state)


def pair_importance(
    search: Any,
    *,
    metric: str | None = None,
    n_samples: int = 1024,
    random_state: int = 0,
) -> pd.DataFrame:
    """Estimate how much two parameters matter together.

    Parameters
    ----------
    search : fitted search, dict or DataFrame
        As for `parameter_importance`.
    metric : str, default=None
        As for `parameter_importance`.
    n_samples : int, default=1024
        As for `parameter_importance`.
    random_state : int, default=0
        As for `parameter_importance`.

    Returns
    -------
    importance : DataFrame
        A row per pair, the largest first: ``first`` and ``second``, two names, and
        ``share``, 0 to 1, of the variance that comes from their combination, beyond
        what each of them does alone.

    Raises
    ------
    TypeError, ValueError
        As for `parameter_importance`.

    Notes
    -----
    Sobol indices of second order of the model's mean: the estimator (b) of table 2 in
    [1]_ for two parameters at once, less their shares alone. Shares below 0.02 are
    within the error of the estimate.

    References
    ----------
    .. [1] A. Saltelli et al., "Variance Based Sensitivity Analysis of Model Output.
       Design and Estimator for the Total Sensitivity Index", Computer Physics
       Communications 181, 2010.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.svm import SVC
    >>> from sklearn_bayes_search import pair_importance
    >>> search = GridSearchCV(SVC(), {"C": [0.1, 1, 10], "gamma": [1e-3, 0.1, 10]})
    >>> search = search.fit(*load_iris(return_X_y=True))
    >>> pair_importance(search)[["first", "second"]].values.tolist()
    [['C', 'gamma']]
    """
    n_samples = _checked(n_samples, random_state)
    model = ScoreModel.fit(observe(search, metric))
    rng = np.random.default_rng(random_state)
    design = VarianceDesign(model.observed.space, n_samples, rng)
    if len(design.factors) < 2:
        return pd.DataFrame(columns=["first", "second", "share"])
    shares = design.pair_shares(model.guess)
    names = np.array([factor.name for factor in design.factors], dtype=object)
    first, second = np.triu_indices(len(names), k=1)
    table = pd.DataFrame(
        {"first": names[first], "second": names[second], "share": shares[first, second]}
    )
    table = table.sort_values("share", ascending=False, kind="stable")
    return table.reset_index(drop=True)


def _checked(n_samples: int, random_state: int) -> int:
    """Check the arguments, and round the first one up to a power of 2."""
    check_number("n_samples", n_samples, whole=True, least=64)
    check_number("random_state", random_state, whole=True, least=0)
    return 1 << (int(n_samples) - 1).bit_length()
