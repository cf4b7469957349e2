"""The page that compares searches: what it tells, and its charts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sklearn_bayes_search.display._charts._convergence import (
    convergence_chart,
    run_table,
)
from sklearn_bayes_search.report import _pen
from sklearn_bayes_search.report._expressions import Writer, changed
from sklearn_bayes_search.report._figures import Figure
from sklearn_bayes_search.report._findings import Findings, decimals
from sklearn_bayes_search.report._page import render
from sklearn_bayes_search.report._text import describe, in_words, listing, number
from sklearn_bayes_search.results._reader import SearchResults, read_results
from sklearn_bayes_search.results._selection import honest_score, known_test_share
from sklearn_bayes_search.results._short_text import head, shown, visible

# Characters of a cell of the tables.
CELL = 120
SPACES = ("param_distributions", "param_grid")
X_CAPTIONS = {
    "candidates": "The best score so far, after so many candidates.",
    "seconds": "The same over the seconds of all fits and their scoring, added up over "
    "all workers.",
}
HEADINGS = {
    "candidates": "Best so far over candidates",
    "seconds": "Best so far over seconds",
}


@dataclass(frozen=True, eq=False)
class Series:
    """What is compared: a search, or several runs of it, by its name."""

    name: str
    searches: Sequence[Any]
    runs: Sequence[SearchResults]

    @cached_property
    def bests(self) -> np.ndarray:
        """The best score of each run, (n_runs,); NaN where no candidate has one."""
        return np.array([_best(run)[1] for run in self.runs])

    @property
    def scored(self) -> bool:
        """Whether any run has a score."""
        return bool(np.isfinite(self.bests).any())

    @property
    def median(self) -> float:
        return _median(self.bests)

    @property
    def lowest(self) -> float:
        return float(np.nanmin(self.bests)) if self.scored else np.nan

    @property
    def highest(self) -> float:
        return float(np.nanmax(self.bests)) if self.scored else np.nan

    @cached_property
    def _honest(self) -> list[Any]:
        pairs = zip(self.searches, self.runs, strict=True)
        return [
            honest_score(search, metric=run.metric, index=int(_best(run)[0]))
            for search, run in pairs
            if run.n_splits > 1 and (run.status == "ok").any()
        ]

    @property
    def optimism(self) -> float:
        """That of the best of the first run; 0 where it is not known."""
        return self._honest[0].optimism if self._honest else 0.0

    @property
    def honest_median(self) -> float:
        return _median([honest.score for honest in self._honest])

    @property
    def interval(self) -> tuple[float, float] | None:
        """The interval of the honest score; None where several runs have their own."""
        if len(self.runs) > 1 or not self._honest:
            return None
        return self._honest[0].low, self._honest[0].high

    @property
    def n_candidates(self) -> float:
        return _median([len(run) for run in self.runs])

    @property
    def n_failed(self) -> float:
        return _median([run.failed.sum() for run in self.runs])

    @property
    def n_fits(self) -> float:
        return _median([run.n_fits.sum() for run in self.runs])

    @property
    def seconds(self) -> float:
        return _median([run.seconds.sum() for run in self.runs])

    @property
    def until_best(self) -> float:
        """How many candidates there were until the best one."""
        return _median([_best(run)[0] + 1 for run in self.runs])

    @property
    def best_run(self) -> int:
        return int(np.nanargmax(self.bests)) if self.scored else 0


def _rank(series: Series) -> tuple[float, float]:
    """Return what the highest median comes first by, then the highest lowest run."""
    scores = np.nan_to_num([series.median, series.lowest], nan=-np.inf)
    return -float(scores[0]), -float(scores[1])


def _best(run: SearchResults) -> tuple[float, float]:
    """Return the row and the score of the best candidate."""
    scores = np.where(run.eligible, run.scores, np.nan)
    if np.isnan(scores).all():
        return np.nan, np.nan
    row = int(np.nanargmax(scores))
    return row, float(scores[row])


def _median(values: Any) -> float:
    known = np.array(values, dtype=float)
    known = known[np.isfinite(known)]
    return float(np.median(known)) if len(known) else np.nan


def compare(searches: Any, metric: str | None) -> list[Series]:
    """Read what is compared, a list or a dict by names."""
    if isinstance(searches, Mapping):
        given = {str(name): each for name, each in searches.items()}
    else:
        given = dict(zip(_names(searches), searches, strict=True))
    series = []
    for name, each in given.items():
        runs = list(each) if isinstance(each, list | tuple) else [each]
        results = [read_results(run, metric) for run in runs]
        series.append(Series(name, runs, results))
    if not series or not all(each.runs for each in series):
        raise ValueError(
            "There must be at least one search to compare. Got "
            f"{searches!r}; pass fitted searches, as report([search, other])."
        )
    return series


def _names(searches: Sequence[Any]) -> list[str]:
    """Name searches by their class, with a number where that is not enough."""
    names = [type(search).__name__ for search in searches]
    names = [
        getattr(search, "journal", name)
        for search, name in zip(searches, names, strict=True)
    ]
    return [
        f"{name} {names[:i].count(name) + 1}" if names.count(name) > 1 else name
        for i, name in enumerate(names)
    ]


def comparison_page(series: Sequence[Series], plotly: str) -> str:
    """Write the page, a whole HTML document, with plotly's script inside."""
    digits = _digits(series)
    metrics = list(dict.fromkeys(_metric_name(each) for each in series))
    drawn = _figures(series, listing(metrics))
    first = series[0]
    estimators = {
        describe(search.estimator)
        for each in series
        for search in each.searches
        if hasattr(search, "estimator")
    }
    about = f" of {estimators.pop()}" if len(estimators) == 1 else ""
    return render(
        "compare.html",
        plotly,
        drawn,
        title=f"{len(series)} searches{about}" if len(series) > 1 else first.name,
        kind="Comparison of searches",
        series=series,
        ordered=sorted(series, key=_rank),
        metric=listing(metrics),
        has_runs=any(len(each.runs) > 1 for each in series),
        has_intervals=any(each.interval for each in series),
        has_failed=any(each.n_failed for each in series),
        score=lambda value: number(value, digits),
        facts=_facts(series, metrics, digits),
        figures=drawn,
        captions={f"chart-{x}": text for x, text in X_CAPTIONS.items()},
        tables=[
            (
                "hyperparameters",
                "Best hyperparameters",
                "Those of the best candidate of each search, of its best run where it "
                "has several.",
                _best_hyperparameters(series),
            ),
            (
                "arguments",
                "Arguments",
                "What each search was given that is not the default, in its first run.",
                _arguments(series),
            ),
        ],
    )


def _digits(series: Sequence[Series]) -> int | None:
    """Return how many decimals of scores mean something, and one more."""
    errors = [
        run.errors[int(_best(run)[0])]
        for each in series
        for run in each.runs
        if np.isfinite(_best(run)[0])
    ]
    found = [decimals(each.median, error) for each in series for error in errors]
    known = [each for each in found if each is not None]
    return max(known) + 1 if known else None


def _metric_name(series: Series) -> str:
    first = series.searches[0]
    if not hasattr(first, "estimator"):
        return series.runs[0].metric
    return Findings(first, series.runs[0], None, pd.DataFrame(), None).metric_name


def _facts(
    series: Sequence[Series], metrics: Sequence[str], digits: int | None
) -> list[tuple[str, str]]:
    scored = [each for each in series if each.scored]
    if not scored:
        return [("Best score", "No candidate of any search could be scored.")]
    leader, *others = sorted(scored, key=_rank)
    level = [each for each in others if each.median == leader.median]
    of_runs = "median over their runs" if len(leader.runs) > 1 else "score"
    names = listing([each.name for each in [leader, *level]])
    have = f"share the highest {of_runs}" if level else f"has the highest {of_runs}"
    if not level:
        have = have.replace("their", "its")
    facts = [("Highest score", f"{names} {have}: {number(leader.median, digits)}.")]
    facts += [
        (f"{place}.", _against(leader, other, digits))
        for place, other in enumerate(others, start=2)
    ]
    # a grid would give the same again
    once = [
        each.name
        for each in scored
        if len(each.runs) == 1 and hasattr(each.searches[0], "random_state")
    ]
    if others and once:
        facts.append(
            (
                "How sure is that?",
                f"{listing(once)} ran once, which proves little: with another seed the "
                "score may be another. Compare several runs, as {'name': [run, run]}.",
            )
        )
    budgets = {int(each.n_candidates) for each in series}
    if len(budgets) > 1:
        facts.append(
            (
                "Same budget?",
                "No: the searches have different numbers of candidates. Compare the "
                "curves at a number of candidates that all of them reached.",
            )
        )
    doubts = []
    if len(metrics) > 1:
        doubts.append(f"the scores are {listing(metrics)}")
    splits = sorted({run.n_splits for each in series for run in each.runs})
    if len(splits) > 1:
        doubts.append(f"there are {listing([str(n) for n in splits])} folds")
    if doubts:
        facts.append(
            ("Same scores?", f"No: {' and '.join(doubts)}. Scores do not compare.")
        )
    return facts


def _against(leader: Series, other: Series, digits: int | None) -> str:
    """Return how far the leader is ahead, and in how many pairs of runs."""
    gap = leader.median - other.median
    text = f"{other.name}: "
    text += f"lower by {number(gap, digits)}." if gap > 0 else "level with the first."
    if len(leader.runs) > 1 and len(other.runs) > 1:
        pairs = leader.bests[:, None] - other.bests
        wins, ties = int((pairs > 0).sum()), int((pairs == 0).sum())
        text += f" Of {pairs.size} pairs of runs, {leader.name} is higher in {wins}"
        text += f", and equal in {ties}." if ties else "."
    elif len(leader.runs) == len(other.runs) == 1 and _have_same_folds(leader, other):
        (one, first), (two, second) = (
            (each.runs[0], int(_best(each.runs[0])[0])) for each in (leader, other)
        )
        differences = one.folds[first] - two.folds[second]
        words = in_words(
            differences - (leader.optimism - other.optimism),
            known_test_share(leader.searches[0]),
            lambda score: number(score, digits),
        )
        text += f" On the same folds, without the optimism of both, {leader.name} is "
        text += f"{words}."
    elif leader.interval and other.interval:
        text += (
            " The intervals of the scores to expect on new data overlap."
            if leader.interval[0] <= other.interval[1]
            else " The intervals of the scores to expect on new data do not overlap."
        )
    return text


def _have_same_folds(one: Series, other: Series) -> bool:
    """Check whether two searches of the same data had the same folds."""
    if one.runs[0].n_splits != other.runs[0].n_splits or one.runs[0].n_splits < 2:
        return False
    cv: list[Any] = [getattr(each.searches[0], "cv", "") for each in (one, other)]
    first, second = cv
    if first is None or isinstance(first, int):
        return type(first) is type(second)
    if not hasattr(first, "get_n_splits") or repr(first) != repr(second):
        return False
    shuffles = getattr(first, "shuffle", hasattr(first, "random_state"))
    return not shuffles or isinstance(first.random_state, int)


def _figures(series: Sequence[Series], label: str) -> list[Figure]:
    tables = {
        each.name: [run_table(run) for run in each.runs]
        for each in series
        if each.scored
    }
    every = [run for own in tables.values() for run in own]
    figures = []
    for x in ("candidates", "seconds"):
        if not every or (x == "seconds" and any(r[x].isna().any() for r in every)):
            continue
        chart = convergence_chart(tables, label, x=x, show_points=False)
        data, keys = _pen.draw(chart, height=360), _pen.keys(chart)
        figures.append(Figure(f"chart-{x}", HEADINGS[x], data, keys, "half"))
    return figures


Rows = list[tuple[str, list[tuple[str, str]]]]


def _best_hyperparameters(series: Sequence[Series]) -> Rows:
    bests = []
    for each in series:
        run = each.runs[each.best_run]
        row = _best(run)[0]
        bests.append(run.settings[int(row)] if np.isfinite(row) else {})
    return _rows(bests)


def _arguments(series: Sequence[Series]) -> Rows:
    given = []
    for each in series:
        search = each.searches[0]
        own = {"class": type(search).__name__}
        if hasattr(search, "estimator"):
            own |= {"estimator": describe(search.estimator)}
            own |= {
                "space" if name in SPACES else name: _code(value)
                for name, value in changed(search).items()
                if name != "estimator"
            }
        given.append(own)
    return _rows(given)


def _rows(columns: Sequence[Mapping[str, Any]]) -> Rows:
    """Return a row per name, with the text of each column, and a longer one."""
    names = dict.fromkeys(name for column in columns for name in column)
    return [
        (
            name,
            [
                (_text(column[name], CELL), _text(column[name], 300))
                if name in column
                else ("–", "")
                for column in columns
            ],
        )
        for name in names
    ]


def _code(value: Any) -> str:
    writer = Writer()
    text = writer.write(value)
    return visible(text) if not writer.left_out else shown(value, CELL)


def _text(value: Any, longest: int) -> str:
    return head(value, longest) if isinstance(value, str) else shown(value, longest)
