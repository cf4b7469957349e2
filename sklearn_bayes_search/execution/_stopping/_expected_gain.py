"""Stop when the model expects no gain beyond the noise."""

from dataclasses import dataclass

import numpy as np

from sklearn_bayes_search.exceptions import check_number
from sklearn_bayes_search.execution._stopping._base import StoppingRule, complete_scores
from sklearn_bayes_search.optimizer._optimizer import BayesianOptimizer
from sklearn_bayes_search.optimizer._trial import History
from sklearn_bayes_search.results._folds import FoldModel, error_factor


@dataclass(frozen=True)
class ExpectedGain(StoppingRule):
    """Stop when the expected gain is small compared with the noise of cross-validation.

    With other folds, scores would differ from the present ones. If the expected
    improvement [1]_ of every remaining candidate is a small part of that difference,
    going on would only overfit the folds.

    Parameters
    ----------
    fraction : float, default=0.1
        The search stops when the expected improvement of the next candidate is below
        this fraction of the noise, > 0.
    n_more : int, default=20
        How many candidates after the initial ones are evaluated in any case, >= 5.

    Notes
    -----
    The noise is that of a comparison of two candidates: the interaction of candidate
    and fold [2]_, without the effect of the folds, which all candidates share. If many
    candidates have the highest possible score, it is 0. It is therefore taken to be at
    least the smallest step by which the mean of the fold scores could rise: for
    accuracy, one more test sample. Makarova et al. [3]_ compare a bound of the regret
    with the whole variance of the cross-validation, which stops earlier.

    With ``limits``, a gain counts in proportion to the probability of reaching them,
    and the search goes on while no candidate does.

    References
    ----------
    .. [1] D. R. Jones, M. Schonlau and W. J. Welch, "Efficient Global Optimization of
       Expensive Black-Box Functions", 1998.
    .. [2] C. Nadeau and Y. Bengio, "Inference for the Generalization Error", Machine
       Learning 2003: the factor 1/k + n_test/n_train.
    .. [3] A. Makarova et al., "Automatic Termination for Hyperparameter Optimization",
       AutoML 2022.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn_bayes_search import BayesSearchCV, ExpectedGain
    >>> search = BayesSearchCV(
    ...     KNeighborsClassifier(),
    ...     {"n_neighbors": range(1, 100)},
    ...     n_iter=60,
    ...     stopping=ExpectedGain(),
    ...     random_state=0,
    ... ).fit(*load_iris(return_X_y=True))
    >>> search.n_iter_ < 60
    True
    """

    fraction: float = 0.1
    n_more: int = 20

    def __post_init__(self) -> None:
        check_number("fraction", self.fraction, of="ExpectedGain", above=0)
        check_number("n_more", self.n_more, of="ExpectedGain", whole=True, least=5)

    def __call__(self, history: History, optimizer: BayesianOptimizer) -> str | None:
        if len(history) < optimizer.n_initial_points + self.n_more:
            return None
        if complete_scores(history, optimizer).max() == -np.inf:
            return None
        table = history.fold_scores
        if len(table) < 4 or table.shape[1] < 2:
            return None
        rounding = 1e-12 * float(np.abs(table).max())
        scores = history.scores
        if np.nanmax(scores) - np.nanmin(scores) <= rounding:
            return "all scores are equal, and no gain is expected"
        variance = FoldModel.fit(table).variance
        noise = variance**0.5 * error_factor(table.shape[1], history.test_share)
        step = least_step(table, rounding)
        gain = optimizer.expected_gain()
        if not gain <= self.fraction * max(noise, step):
            return None
        beside = "the noise of the cross-validation"
        if noise < step:
            beside = "the least rise of a score"
        least = self.fraction * max(noise, step)
        return (
            f"expected further gain {gain:.2g} is below {least:.2g}, which is "
            f"{self.fraction:g} times {beside}"
        )


def least_step(table: np.ndarray, rounding: float) -> float:
    """Return the least by which a mean over folds rises if one of them does."""
    steps = np.diff(np.unique(table))
    least = float(np.min(steps[steps > rounding], initial=np.inf))
    return (least if least < np.inf else rounding) / int(table.shape[1])
