"""What any finished search saw, in one form.

Pictures, importances and advice read this, so that they work for every search that has
``cv_results_``: ours, scikit-learn's, and tables that were written to a file.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sklearn_bayes_search.exceptions import stack_level
from sklearn_bayes_search.optimizer.surrogate import Surrogate
from sklearn_bayes_search.results._prior_results import place
from sklearn_bayes_search.results._reader import EMPTY, read_results
from sklearn_bayes_search.space import Space
from sklearn_bayes_search.space._seen import seen_space
from sklearn_bayes_search.space._space import as_space


@dataclass(frozen=True, eq=False)
class Observed:
    """What a search saw: a row per candidate that is in the space.

    ``rows`` (n,) are those of ``cv_results_``, None where there are none. ``params``
    have the user's own objects, ``U`` (n, n_dims) their points in the unit cube of
    ``space``. ``scores`` (n,) are means over the folds, NaN where it failed,
    and estimates where not ``complete``, on all folds and all the data that others got.
    The best is one of those that are ``eligible`` (n,): complete, and within the limits
    of the search. ``noise`` (n,) are the variances of the estimates. ``folds``
    (n, n_splits) are NaN where one was not scored, None where they are not known.
    ``estimator`` and ``surrogate`` are the search's own, if it is known and has one,
    and so is ``informed``: a model that knows what scores are expected. ``path`` has
    the name of the length, its grid and the table of `path_frame`.
    """

    params: list[dict[str, Any]]
    U: np.ndarray
    scores: np.ndarray
    folds: np.ndarray | None
    space: Space
    metric: str
    noise: np.ndarray
    complete: np.ndarray
    eligible: np.ndarray
    rows: Any = None
    estimator: Any = None
    surrogate: Any = None
    informed: Surrogate | None = None
    path: tuple[str, tuple[int, ...], pd.DataFrame] | None = None

    @property
    def best(self) -> int:
        """Row of the highest score among the eligible ones."""
        return int(np.nanargmax(np.where(self.eligible, self.scores, np.nan)))


def observe(search: Any, metric: str | None = None, space: Any = None) -> Observed:
    """Read what a search saw.

    ``search`` and ``metric`` are as for `read_results`, ``space`` as for
    `searched_space`. Candidates outside the space are left out, with a warning. Of a
    search by successive halving, each candidate counts once, see `_at_most_resources`;
    ``complete`` are those of the last round only.
    """
    results = read_results(search, metric)
    scores, noise, complete = results.scores, results.noise, results.complete
    if not (np.isfinite(scores) & complete).any():
        raise ValueError(
            f"No candidate has a finite {results.metric!r} on all folds. Look at the "
            "warnings of the search: why did the fits or the scorer fail?"
        )
    settings = results.searched_settings
    informed = _informed(results.search, results.metric) if space is None else None
    space = searched_space(results.search, settings, space)
    settings, kept, U = _placed(settings, space)
    scores, noise, complete = scores[kept], noise[kept], complete[kept]
    folds = results.folds[kept] if results.n_splits else None
    if results.resources is not None:
        of_kept = results.resources[kept]
        rows, scores, noise, complete = _at_most_resources(U, scores, of_kept)
        settings, U, kept = [settings[row] for row in rows], U[rows], kept[rows]
        folds = (
            None if folds is None else np.where(complete[:, None], folds[rows], np.nan)
        )
    if not (np.isfinite(scores) & complete).any():
        raise ValueError(
            "No candidate with a finite score is in the space. Give the space that was "
            "searched, or leave 'space' out."
        )
    eligible = complete & results.eligible[kept]
    if not eligible.any():  # the best are not in this space
        eligible = complete
    return Observed(
        params=settings,
        U=U,
        scores=scores,
        folds=folds,
        space=space,
        metric=results.metric,
        noise=noise,
        complete=complete,
        eligible=eligible,
        rows=kept,
        estimator=getattr(results.search, "estimator", None),
        surrogate=getattr(results.search, "surrogate", None),
        informed=informed,
        path=_path_of(results.search),
    )


def _path_of(search: Any) -> tuple[str, tuple[int, ...], pd.DataFrame] | None:
    name = getattr(search, "path_", None)
    return None if name is None else (name, search._lengths, search.path_frame())


def _informed(search: Any, metric: str) -> Surrogate | None:
    """Return the search's model of this metric, if experience from other data is in it.

    Such a search leaves out what did badly elsewhere, so that its scores alone do not
    tell how bad that is.
    """
    surrogate = getattr(getattr(search, "optimizer_", None), "surrogate", None)
    expects = getattr(surrogate, "expectation", None) is not None
    own = getattr(search, "objective_metric_", None) == metric
    return surrogate if expects and own else None


def searched_space(
    search: Any, settings: Sequence[Mapping[str, Any]], space: Any = None
) -> Space:
    """Return the given space, else that of a search, else one of the values seen."""
    if space is not None:
        return as_space(space)
    for name in ("search_space_", "param_distributions", "param_grid"):
        own = getattr(search, name, None)
        if own is not None:
            try:
                return as_space(own)
            except (TypeError, ValueError):  # written in another library's way
                break
    return seen_space(
        [{k: v for k, v in own.items() if v is not EMPTY} for own in settings]
    )


def _placed(
    settings: Sequence[Mapping[str, Any]], space: Space
) -> tuple[list[dict[str, Any]], np.ndarray, np.ndarray]:
    """Return the candidates that are in the space, their rows, and their points."""
    found, problem = [], None
    for row, setting in enumerate(settings):
        params: dict[str, Any] | None = dict(setting)
        try:
            point = space.encode(setting)
        except ValueError:
            # from a file: a text, or a float that is an int, or cells that are empty
            params, reason = place(setting, space, {})
            if params is None:
                problem = problem or f"{setting!r}: {reason}"
                continue
            point = space.encode(params)
        found.append((params, row, point))
    if not found:
        raise ValueError(
            f"None of the {len(settings)} candidates is in the space. The first, "
            f"{problem}. Give the space that was searched, or leave 'space' out."
        )
    n_out = len(settings) - len(found)
    if n_out:
        warnings.warn(
            f"{n_out} of {len(settings)} candidates are not in the space, and are left "
            f"out. The first, {problem}.",
            UserWarning,
            stacklevel=stack_level(),
        )
    inside, rows, points = zip(*found, strict=True)
    return list(inside), np.array(rows), np.array(points)


def _at_most_resources(
    U: np.ndarray, scores: np.ndarray, resources: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Keep each candidate once, and make scores on fewer resources comparable.

    These are mostly lower: the mean rise of the candidates that were scored on both is
    added, and its variance is their noise. Returns the rows kept, their scores, the
    variances, and which of them had the most resources.
    """
    setting = np.unique(U, axis=0, return_inverse=True)[1].ravel()
    frame = pd.DataFrame({"setting": setting, "resources": resources, "score": scores})
    kept = frame.groupby("setting", sort=False)["resources"].idxmax().to_numpy()
    last = frame.drop_duplicates(["setting", "resources"], keep="last")
    # by setting and round, and the rise from each round to the next
    table = last.pivot(index="setting", columns="resources", values="score")
    rises = table.diff(axis=1).iloc[:, 1:]
    # of one pair nothing is known: as much as in the worst of the other rounds
    spread = rises.var().fillna(rises.var().max()).fillna(np.nanvar(scores))
    rise = np.append(np.cumsum(rises.mean().fillna(0.0)[::-1])[::-1], 0.0)
    noise = np.append(np.cumsum(spread[::-1])[::-1], 0.0)
    level = table.columns.get_indexer(resources[kept])
    is_last = level == len(table.columns) - 1
    return kept, scores[kept] + rise[level], noise[level], is_last
