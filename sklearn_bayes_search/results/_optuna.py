"""Hand a search over to Optuna, and what shows its studies."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from sklearn_bayes_search.results._observed import searched_space
from sklearn_bayes_search.results._reader import (
    EMPTY,
    SearchResults,
    read_results,
)
from sklearn_bayes_search.results._short_text import different_values, value_texts
from sklearn_bayes_search.space._choices import all_numbers, is_int, same_value
from sklearn_bayes_search.space._dimensions import Dimension

# Of longer lists a study has only the choices that were tried: it writes them down with
# each trial.
MOST_CHOICES = 1000


def to_optuna(
    search: Any,
    *,
    metric: str | None = None,
    storage: Any = None,
    study_name: str | None = None,
) -> Any:
    """Return an Optuna study with the candidates of a search as its trials.

    Parameters
    ----------
    search : fitted search, dict or DataFrame
        A :class:`BayesSearchCV`, ``GridSearchCV`` or ``RandomizedSearchCV``, or its
        ``cv_results_``.
    metric : str, default=None
        Which score, where there are several. None is the one of ``refit``, else what
        was maximised.
    storage : str or optuna storage, default=None
        Where Optuna keeps the study, such as "sqlite:///study.db", which
        optuna-dashboard shows. None is in memory.
    study_name : str, default=None
        Its name, which must be new in the storage. None lets Optuna choose one.

    Returns
    -------
    study : optuna.study.Study
        It maximises. Trials have the numbers of the candidates; those that failed are
        failed trials, and those that racing paused are pruned ones. Intermediate
        values are the means of the folds so far. Choices that a storage cannot hold,
        such as estimators, are their texts. Candidates outside of the ``limits`` of a
        search violate a constraint: the best trial is none of them.

    Raises
    ------
    ImportError
        If Optuna is not installed.
    TypeError, ValueError
        If it is no search, it is not fitted, or the metric is unknown or not clear.

    See Also
    --------
    BayesSearchCV : Its ``prior_results`` take a study.

    Examples
    --------
    >>> from sklearn_bayes_search import to_optuna
    >>> study = to_optuna(search, storage="sqlite:///study.db")  # doctest: +SKIP
    >>> study.best_params  # doctest: +SKIP
    {'svc__C': 10.0, 'svc__gamma': 0.01}
    """
    try:
        import optuna
    except ImportError as error:
        raise ImportError(
            "to_optuna needs Optuna: python -m pip install optuna."
        ) from error
    results = read_results(search, metric)
    writers, known, times = _writers(results), _attributes(results), _times(results)
    unlimited = np.full(len(results), np.nan)
    short = results.short_of(results.limits) if results.limits else unlimited
    is_known = np.isfinite(short)
    study = optuna.create_study(
        storage=storage, study_name=study_name, direction="maximize"
    )
    states = {"ok": "COMPLETE", "failed": "FAIL"}
    for row, setting in enumerate(results.settings):
        names = [name for name, value in setting.items() if value is not EMPTY]
        state = optuna.trial.TrialState[states.get(results.status[row], "PRUNED")]
        failed = state == optuna.trial.TrialState.FAIL
        trial = optuna.trial.FrozenTrial(
            number=row,
            trial_id=row,
            state=state,
            value=None if failed else float(results.scores[row]),
            datetime_start=times[row][0],
            datetime_complete=times[row][1],
            params={name: writers[name].write(setting[name]) for name in names},
            distributions={name: writers[name].distribution for name in names},
            user_attrs=known[row],
            # where a study keeps what its constraints_func returns; to 0 it is met
            system_attrs={"constraints": [float(short[row])]} if is_known[row] else {},
            intermediate_values=_means(results.folds[row]),
        )
        study.add_trial(trial)
    return study


class _Writer:
    """Writes the values of a parameter as Optuna has them, with their distribution."""

    def __init__(self, values: Sequence[Any], dimensions: Sequence[Dimension]) -> None:
        self._number: type[int | float] | None = None
        self._choices: list[Any] = []
        ranges = [d for d in dimensions if hasattr(d, "low")]
        # that of a path has no dimension
        if len(ranges) == len(dimensions) and all_numbers(values):
            self.distribution = self._of_ranges(values, ranges)
        else:
            self.distribution = self._of_choices(values, dimensions)

    def _of_ranges(self, values: Sequence[Any], ranges: Sequence[Any]) -> Any:
        from optuna.distributions import FloatDistribution, IntDistribution

        # settings that were given may lie beyond what a search chooses
        low = min([*values, *(dimension.low for dimension in ranges)])
        high = max([*values, *(dimension.high for dimension in ranges)])
        log = bool(ranges) and low > 0 and all(dimension.log for dimension in ranges)
        if all(map(is_int, [*values, low, high])):
            self._number = int
            return IntDistribution(int(low), int(high), log=log)
        self._number = float
        return FloatDistribution(float(low), float(high), log=log)

    def _of_choices(self, values: Sequence[Any], dimensions: Sequence[Any]) -> Any:
        from optuna.distributions import CategoricalDistribution

        lists = [getattr(dimension, "choices", None) for dimension in dimensions]
        listed = [choice for own in lists for choice in own or ()]
        if None in lists or len(listed) > MOST_CHOICES:
            listed = []  # a value or a range
        self._choices = different_values([*listed, *values])
        plain = [c.item() if isinstance(c, np.generic) else c for c in self._choices]
        kept = bool | int | float | str | None
        # 1, 1.0 and True are one to Optuna
        if not all(isinstance(c, kept) for c in plain) or len(set(plain)) < len(plain):
            plain = value_texts(self._choices)
        return CategoricalDistribution(plain)

    def write(self, value: Any) -> Any:
        """Return a value as Optuna has it."""
        if self._number is not None:
            return self._number(value)
        same = (same_value(choice, value) for choice in self._choices)
        return self.distribution.choices[list(same).index(True)]


def _writers(results: SearchResults) -> dict[str, _Writer]:
    """Return a writer for each parameter."""
    space = searched_space(results.search, results.settings)
    values: dict[str, list[Any]] = {}
    for setting in results.settings:
        for name, value in setting.items():
            if value is not EMPTY:
                values.setdefault(name, []).append(value)
    return {
        name: _Writer(own, [b[name] for b in space.branches if name in b])
        for name, own in values.items()
    }


def _means(folds: np.ndarray) -> dict[int, float]:
    """Return the mean of the folds so far, after each that has a score."""
    scores = folds[np.isfinite(folds)]
    means = np.cumsum(scores) / np.arange(1, len(scores) + 1)
    return dict(enumerate(means.tolist()))


def _attributes(results: SearchResults) -> list[dict[str, Any]]:
    """Return for each candidate what else is known of it."""
    columns = {"standard_error": results.errors, "seconds": results.seconds}
    if len(results.metrics) > 1:
        of_each = {name: results.of_metric(name).scores for name in results.metrics}
        columns |= {f"score_{name}": scores for name, scores in of_each.items()}
    known: list[dict[str, Any]] = [
        {
            name: float(column[row])
            for name, column in columns.items()
            if np.isfinite(column[row])
        }
        for row in range(len(results))
    ]
    return known


def _times(results: SearchResults) -> list[tuple[datetime, datetime]]:
    """Return when each candidate began and ended, as far as that is known."""
    now = datetime.now()
    seconds = np.nan_to_num(results.seconds)
    times = [(now, now + timedelta(seconds=float(s))) for s in seconds]
    if hasattr(results.search, "folds_frame"):
        fits = results.search.folds_frame().dropna(subset=["start", "seconds"])
        for candidate, own in fits.groupby("candidate"):
            ends = own["start"] + pd.to_timedelta(own["seconds"], unit="s")
            # Optuna has the local time
            times[candidate] = tuple(
                at.to_pydatetime(warn=False).astimezone().replace(tzinfo=None)
                for at in (own["start"].min(), ends.max())
            )
    return times
