"""What a search wants: one score or a front of several, and limits that hold.

Higher is better in each. Costs are negative; they range over orders of magnitude and
scatter by shares of themselves, so that models and comparisons take their logarithm.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer_names

from sklearn_bayes_search.exceptions import nearest_name
from sklearn_bayes_search.optimizer._objectives import reached

FIT_TIME, SCORE_TIME, MODEL_SIZE = "neg_fit_time", "neg_score_time", "neg_model_size"
COST_NAMES = (FIT_TIME, SCORE_TIME, MODEL_SIZE)
# Objectives of a front.
N_OBJECTIVES = (2, 3)
# What is shown in place of the best, as long as no candidate reaches all limits.
NONE_WITHIN = "none within the limits yet"


def as_compared(name: str, values: Any) -> np.ndarray:
    """Return values as they are compared: of a cost, minus its logarithm."""
    numbers: np.ndarray = np.asarray(values, dtype=float)
    if name not in COST_NAMES:
        return numbers
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(-np.log(-numbers))


LABELS = {
    FIT_TIME: "fit time (s)",
    SCORE_TIME: "time for 1,000 predictions (s)",
    MODEL_SIZE: "model size (bytes)",
}


def metric_label(name: str) -> str:
    """Return what an axis of a metric is called; costs are drawn as they are."""
    return LABELS.get(name, name)


def check_objectives(value: Any) -> list[str]:
    """Return the names of several objectives; none where there is one."""
    if value is None or isinstance(value, str):
        return []
    names = list(value)
    if (
        len(names) not in N_OBJECTIVES
        or len(set(names)) < len(names)
        or not all(isinstance(name, str) for name in names)
    ):
        raise ValueError(
            "The 'objective_metric' parameter of BayesSearchCV must be the name of a "
            f"metric, or a list of two or three different ones. Got {value!r}."
        )
    return names


def check_limits(limits: Any, of: str) -> dict[str, float]:
    """Return the limits by name; refuse what is no number, or no cost."""
    if limits is None:
        return {}
    rule = (
        f"The 'limits' parameter of {of} must be a dict of names of metrics and the "
        "least values that are wanted"
    )
    if not isinstance(limits, Mapping) or not limits:
        raise ValueError(f"{rule}. Got {limits!r}.")
    for name, limit in limits.items():
        is_number = isinstance(limit, Real) and not isinstance(limit, bool)
        if not (isinstance(name, str) and is_number and np.isfinite(limit)):
            raise ValueError(f"{rule}, finite numbers. Got {limit!r} for {name!r}.")
        if name in COST_NAMES and limit >= 0:
            raise ValueError(
                f"{rule}. Costs are negative, as all greater values are better: "
                f"write -0.002 for 2 ms. Got {limit!r} for {name!r}."
            )
        if name.startswith("neg_") and limit > 0 and name in get_scorer_names():
            raise ValueError(
                f"{rule}. Scores of {name!r} are never positive, as all greater values "
                f"are better: write {-limit:g}. Got {limit!r}."
            )
    return {name: float(limit) for name, limit in limits.items()}


class Goals:
    """Several objectives, or limits, of a search; false where there are neither.

    ``names`` are those of the objectives, none where there is one, and ``limits`` the
    least values by name; ``objectives`` are all that the user has named.
    """

    def __init__(self, objective_metric: Any = None, limits: Any = None) -> None:
        self.names = check_objectives(objective_metric)
        self.limits = check_limits(limits, "BayesSearchCV")
        one = [objective_metric] if isinstance(objective_metric, str) else []
        self.objectives = self.names or one

    def __bool__(self) -> bool:
        return bool(self.names or self.limits)

    @property
    def wanted(self) -> list[str]:
        """Names of all metrics that are needed, those of objectives first."""
        return list(dict.fromkeys([*self.objectives, *self.limits]))

    @property
    def options(self) -> dict[str, Any]:
        """What the optimizer has to know."""
        limits = [as_compared(name, limit) for name, limit in self.limits.items()]
        return {
            "n_objectives": max(len(self.names), 1),
            "limits": [float(limit) for limit in limits],
        }

    def check(self, known: Sequence[str]) -> None:
        """Refuse names that are no metrics of the search."""
        for name in self.wanted:
            if name not in known:
                of = "limits" if name in self.limits else "objective_metric"
                scorers = get_scorer_names()
                others = [*known, *COST_NAMES, *scorers] if name not in scorers else []
                raise ValueError(
                    f"The '{of}' parameter of BayesSearchCV must name metrics of the "
                    f"search, {list(known)}, or costs, {', '.join(COST_NAMES)}, or, if "
                    "'scoring' is no callable, scorers of scikit-learn. "
                    f"Got {name!r}.{nearest_name(name, others)}"
                )

    def told(self, folds: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """Return what the optimizer is told of a candidate beside its score."""
        if not self:
            return {}
        scores = [_by_metric(fold["test_scores"]) for fold in folds]
        failed = any(fold["fit_error"] is not None for fold in folds)

        def mean(name: str) -> float:
            if failed or not all(name in each for each in scores):
                return np.nan
            value = float(as_compared(name, np.mean([each[name] for each in scores])))
            return value if np.isfinite(value) else np.nan

        told: dict[str, Any] = {"limited": [mean(name) for name in self.limits]}
        if self.names:
            told["scores"] = [mean(name) for name in self.names]
        return told

    def lacking(self, folds: Iterable[Mapping[str, Any]]) -> list[str]:
        """List the metrics without a finite mean over the folds."""
        told = self.told(folds)
        names = [*self.limits, *self.names]
        values = [*told.get("limited", ()), *told.get("scores", ())]
        missing = [n for n, v in zip(names, values, strict=True) if not np.isfinite(v)]
        return list(dict.fromkeys(missing))

    def reached(self, folds: Iterable[Mapping[str, Any]]) -> bool:
        """Check whether the means over the folds reach all limits."""
        limited = np.array(self.told(folds).get("limited", []))
        return bool(reached(limited, np.array(self.options["limits"])).all())


def _by_metric(scores: Any) -> Mapping[str, Any]:
    """Return scores by metric; that of a single one is called "score"."""
    return scores if isinstance(scores, Mapping) else {"score": scores}


def check_goals(goals: Goals, search: Any, known: Collection[str]) -> None:
    """Refuse what several objectives or limits of a search do not go with.

    ``known`` are the names of metrics, as far as they are known before any fit.
    """
    which = "several objectives" if goals.names else "'limits'"
    reasons = {
        "racing": "pauses a candidate by one score",
        "path": "chooses the length of a fit by one score",
    }
    for name, reason in reasons.items():
        if getattr(search, name):
            raise ValueError(
                f"The '{name}' parameter of BayesSearchCV {reason}, which may not be "
                f"the one that matters with {which}. Leave it out."
            )
    refit = search.refit
    named = isinstance(refit, str) and not callable(search.scoring)
    if goals.names and (refit is True or (named and refit not in known)):
        near = nearest_name(refit, known) if named else ""
        raise ValueError(
            "With several objectives there is no single best candidate: the 'refit' "
            f"parameter of BayesSearchCV must be one of {goals.names}, Knee(), another "
            f"callable, or False. Got {refit!r}.{near}"
        )
