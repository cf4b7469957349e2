"""Build the benchmark page of the documentation from the stored results.

``python page.py`` writes ``doc/benchmarks.rst``, and pictures and tables beside this
file in ``page/``. It runs no search: what is not in the store is not on the page.
"""

import argparse
import csv
import os
from collections.abc import Iterable
from pathlib import Path

import cpu
import synthetic
import tables
import tasks
from analysis import Comparison, Results
from methods import OURS, PEERS
from pictures import LABELS, draw_curves, draw_families, draw_front, draw_regrets
from store import RESULTS, Store

__all__ = ["build"]

HERE = Path(__file__).parent
DOC = HERE.parents[1]
VERSIONS = {
    "clean": "The functions as they are.",
    "noisy": "Gaussian noise is added to every score; the regret is without it.",
    "blown_up": "The score is -1e6 in a corner of 6 % of the space.",
    "failing": "The evaluation fails in a corner of 20 % of the space.",
    "plateau": "Scores are rounded down to steps, so that many are equal, as "
    "accuracies are; the regret is that of the value before rounding.",
}

HEAD = """\
.. This page is made by doc/benchmarks/efficiency/page.py from the results beside it.

Benchmarks
==========

How good is the best candidate after so many evaluations? This page compares
``sklearn_bayes_search`` with random search and with other libraries for Bayesian
optimisation. All get the same objectives, the same number of evaluations and one
thread, and run with their own defaults.
"""

MODELS = """\
Tuning models
-------------

{n_report} of {n_all} tasks are reported here, each the cross-validated score of a
scikit-learn model on one of its bundled data sets, with fixed folds. On the other
{n_tune}, on known functions and on generated data the package's constants were tuned;
these tasks count nowhere on this page but in the ablation. On the scale of every task
0 is the median score of one random candidate and 100 the best score known. The scale
was measured once: from 2000 random candidates, the model's own hyperparameters, and 5
runs of 200 evaluations with this package. In means, scores below -100 or above 100
count as these. Of the runs with different seeds the median is taken, per task and
number of evaluations; the mean over tasks follows, with its standard error over tasks.
"""

FAIR = """\
``BayesSearchCV`` tries the estimator's own hyperparameters first, where they lie in the
space. The other libraries have no such feature, for they know nothing of
estimators. Here all of them, and random search, are given the same first point, so
that what is compared is what they make of it. {seeds}
"""

PLAIN = """\
Here nobody knows the estimator's own hyperparameters, neither ``sklearn_bayes_search``,
which is run as a ``BayesianOptimizer`` without initial points, nor its peers.
{seeds}
"""

SHORT = """\
In short: the mean normalised score of ``sklearn_bayes_search`` after {at} evaluations
is {ours}; of its peers the best have {theirs}. {best} is the best peer after {n}; what
it has then, we have after {mean} evaluations by the curve of means, and on half of
the tasks after at most {median}.
"""

COLUMNS = """\
*Ours ahead* is the difference between our normalised score and the method's, paired
by task. The mean rank is 1 for a method that is the best on every task. The columns
*ours needs* tell how many evaluations we need for what the method has after {n}: the
median over tasks, and by the curve of means. The last one is the CPU time that a
method takes per suggestion, the median over runs.
"""

OTHER_DATA = """\
On other data
-------------

The tasks above rest on five data sets. In ``doc/benchmarks/left_out.py``, other models
are searched on 32 data sets, from which the experience of the package was not learned:
{pairs} pairs of a model and a data set of at most 300 rows, in the models' default
spaces, with three folds. Each method has {runs} runs. All evaluate the estimator's own
hyperparameters first. Of each pair 0 is the mean of random candidates, and 1 the best
score seen by any method. The table has means over the pairs; *behind* is how far a
method is behind the first, with the standard error over pairs. Some choices were made
on these data: when experience counts (for 8 scores, among 5, 8, 12 and all; and only
where it tells candidates apart), how much of the scores it leaves open, and which
models have none. So what it gains is somewhat overstated.
"""

PUBLISHED = """\
Default spaces are narrow: knowledge went into their ranges. The next table is for the
wide ranges of papers on tuning. Somebody who does not know where good values lie would
write such ranges: {pairs} pairs, {runs} runs of each method.
"""

FAMILIES = """\
What experience saves in these, by model. *8 after* is how many candidates with it reach
the mean score of 8 without, in brackets from the 5th to the 95th percentile over
bootstrap samples of the data sets. *Gain* is the mean difference of the scores, with
its standard error over data sets; *fresh* is that on rows in no fold, of the best of so
many candidates.
"""

SYNTHETIC = """\
Known functions
---------------

Of these the best value is known, so the *regret* can be told: how far the best
point observed is from it. The best point is the one with the best score; of equal
ones, the best. Cells show the median over {seeds} and, in brackets, the quartiles;
– is a run without any score, and an empty cell was not run. There is no estimator
here. ``levy5_in_50`` has 50 parameters of which 5 matter, ``grid`` is a finite space of
108 points, and in ``hartmann6_by_4`` four points are evaluated at a time.
"""

REACHING = """\
How much do bad regions and ties disturb? The median number of evaluations until the
regret is reached, and how many times as many it takes in the disturbed versions.
"""

CPU = """\
Time of a suggestion
--------------------

Milliseconds of CPU time for telling one score and asking for the next candidate, when
n evaluations of a function of six variables are known, on one thread. Means of eight
to thirty suggestions, since some methods do not fit their model anew for every one;
the median of up to five such means, since the pace of the processor varies. The
machine was not idle while the runs above were made, so their times are longer.
"""

ABLATION = """\
Ablation
--------

What one change of this package does: to the normalised score, on tasks where both
versions ran, with the standard error over tasks; and to the median regret on three
known functions. Above zero the change is a gain.
"""

TASKS = """\
The tasks
---------

*Random* and *best known* are 0 and 100 of a task's scale, in the units of its
metric (``error`` is the negative mean squared error); the score of the model's own
hyperparameters and the mean best of 50 random candidates are on the scale. *ms* is the
CPU time of one evaluation.
"""

RULES = """\
How it was run
--------------

- Each run is in one process on one thread. CPU time is that of asking and telling;
  the objective's is not counted.
- Conditional spaces are told to Optuna (define-by-run), Hyperopt (``hp.choice``)
  and SMAC (conditions) in their own way. scikit-optimize and HEBO have none: they
  get all parameters and the branch as one more category.
- Choices with an order are ints for all libraries, which keeps the order.
- Failures are told as such to Optuna and Hyperopt. SMAC is told that the run
  crashed, scikit-optimize and HEBO only the score; in all three it is the worst
  score so far.
- Of this package, searches in which four candidates shared the best score were run
  again when such plateaus came to be left, with newer libraries than the others. The
  rule changes no other search, but other libraries round differently, after which
  some searches go another way.
- A run that a library ends early with an error keeps its best score, and so does one
  whose suggestions have taken 15 minutes of CPU time.

All results are in ``doc/benchmarks/efficiency/results``; ``run.py`` there runs what
is missing, and ``page.py`` makes this page.
"""


class Page:
    """Text, with tables and pictures in files beside it.

    Parameters
    ----------
    text : Path
        The page to write.
    folder : Path
        Where tables and pictures go.
    """

    def __init__(self, text: Path, folder: Path) -> None:
        self.text, self.folder = text, folder
        self._parts: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, text: str) -> None:
        """Add a paragraph or more."""
        self._parts.append(text.rstrip("\n"))

    def heading(self, title: str) -> None:
        """Add a heading of the lowest level."""
        self.add(f"{title}\n{'~' * len(title)}")

    def table(self, name: str, rows: tables.Rows) -> None:
        """Add a table, unless it has a head only."""
        if len(rows) < 2:
            return
        with (self.folder / f"{name}.csv").open("w", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
        self.file(self.folder / f"{name}.csv")

    def file(self, path: Path) -> None:
        """Add a table that is a file."""
        link = self._link(path)
        self.add(f".. csv-table::\n   :file: {link}\n   :header-rows: 1")

    def picture(self, name: str, alt: str) -> Path:
        """Add a picture, and tell where it is to be saved."""
        path = self.folder / f"{name}.png"
        self.add(f".. image:: {self._link(path)}\n   :alt: {alt}\n   :width: 100%")
        return path

    def _link(self, path: Path) -> str:
        return Path(os.path.relpath(path, self.text.parent)).as_posix()

    def write(self) -> None:
        """Write the page."""
        self.text.write_text("\n\n".join(self._parts) + "\n", encoding="utf-8")


def build(store: Store, text: Path, folder: Path, main: str = "plain") -> None:
    """Build the page.

    Parameters
    ----------
    store : Store
        The results.
    text : Path
        The page to write.
    folder : Path
        Where tables and pictures go.
    main : {"fair", "plain"}, default="plain"
        Whether the main table is the one where everybody starts with the estimator's
        own hyperparameters. The other one is an appendix.
    """
    page, results = Page(text, folder), Results(store)
    comparisons = {
        "fair": (Comparison(results, with_defaults=True), FAIR),
        "plain": (Comparison(results, with_defaults=False), PLAIN),
    }
    first, words = comparisons.pop(main)
    (second, other_words) = next(iter(comparisons.values()))
    page.add(HEAD)
    if not store.methods():
        page.add("There are no results yet.")
    _add_models(page, first, words)
    _add_other_data(page, HERE.parent)
    _add_synthetic(page, results)
    times = cpu.load(store.folder)
    if times:
        page.add(CPU)
        page.table("cpu", tables.cpu_time(times))
    rows = tables.ablation(results)
    if len(rows) > 2:
        page.add(ABLATION)
        page.table("ablation", rows)
    if second.labels:
        title = "Without" if main == "fair" else "With"
        title += " the estimators' own hyperparameters"
        page.add(f"{title}\n{'-' * len(title)}")
        page.add(other_words.format(seeds=_seeds(*second.n_seeds)))
        page.table("appendix", tables.main_table(second))
        _add_left_out(page, second)
    if results.scales:
        page.add(TASKS)
        page.table("tasks", tables.task_list(results))
    page.add(RULES)
    _add_failures(page, results)
    page.table("versions", tables.versions(results))
    page.write()


def _in_short(comparison: Comparison) -> str:
    """Return the main figures in a sentence or two."""
    peers = comparison.labels[1:]
    n = tasks.N_EVALUATIONS
    best = {
        at: max(peers, key=lambda label, at=at: comparison.mean(label, at))
        for at in tables.AT
    }
    median, mean = comparison.needed(best[n])
    return SHORT.format(
        at=_listed(map(str, tables.AT)),
        ours=_listed(f"{comparison.mean(OURS, at)[0]:.1f}" for at in tables.AT),
        theirs=_listed(
            f"{comparison.mean(label, at)[0]:.1f} ({LABELS[label]})"
            for at, label in best.items()
        ),
        best=LABELS[best[n]],
        n=n,
        mean=tables.count(mean, n),
        median=tables.count(median, n),
    )


def _listed(texts: Iterable[str]) -> str:
    *others, last = texts
    return f"{', '.join(others)} and {last}"


def _seeds(fewest: int, most: int) -> str:
    many = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    return f"Every method has {many} run{'s' if most > 1 else ''} per task."


def _add_models(page: Page, comparison: Comparison, words: str) -> None:
    if not comparison.labels:
        return
    page.add(
        MODELS.format(
            n_report=len(comparison.tasks),
            n_all=len(tasks.TASKS),
            n_tune=sum(task.group == "tune" for task in tasks.TASKS.values()),
        )
    )
    page.add(words.format(seeds=_seeds(*comparison.n_seeds)))
    where = page.picture("curves", "Mean normalised score against evaluations.")
    draw_curves(comparison, where)
    draw_front(comparison, where.with_name("front.png"))  # for the site's first page
    if len(comparison.labels) > 1:
        page.add(_in_short(comparison))
    page.table("models", tables.main_table(comparison))
    page.add(COLUMNS.format(n=tasks.N_EVALUATIONS))
    _add_left_out(page, comparison)
    page.heading("By model family")
    where = page.picture("families", "Mean normalised score by model family.")
    draw_families(comparison, 25, where)
    page.heading("By task")
    page.add(f"The normalised score after {tasks.N_EVALUATIONS} evaluations.")
    page.table("by_task", tables.by_task(comparison))


def _add_other_data(page: Page, folder: Path) -> None:
    """Add the tables that left_out.py made."""
    published = "_published_300"
    for name, words in (
        ("methods", OTHER_DATA),
        (f"methods{published}", PUBLISHED),
        (f"families{published}", FAMILIES),
    ):
        path = folder / f"left_out_{name}.csv"
        if path.exists():
            with path.open(encoding="utf-8") as file:
                first = next(csv.DictReader(file))
            page.add(words.format(**first))
            page.file(path)


def _add_left_out(page: Page, comparison: Comparison) -> None:
    for label in PEERS:
        lacking = comparison.lacking(label)
        if lacking:
            reason = comparison.results.store.skipped(comparison.key(label))
            why = reason or f"{len(lacking)} of {len(comparison.tasks)} tasks not run"
            page.add(f"{LABELS[label]} is left out: {why}.")


def _add_synthetic(page: Page, results: Results) -> None:
    labels = tables.synthetic_labels(results)
    if not labels:
        return
    there = [name for name in synthetic.TASKS if results.runs(OURS, name)]
    counts = [len(results.runs(label, name)) for label in labels for name in there]
    least, most = min(filter(None, counts)), max(counts)
    many = f"{most}" if least == most else f"{least} to {most}"
    page.add(SYNTHETIC.format(seeds=f"{many} run{'s' if most > 1 else ''}"))
    if any(name in there for name in synthetic.FUNCTIONS):
        where = page.picture("regrets", "Median regret against evaluations.")
        draw_regrets(results, labels, where)
    for version, words in VERSIONS.items():
        rows = tables.regrets(results, labels, version)
        if len(rows) > 1:
            page.heading(version.replace("_", " ").capitalize())
            page.add(words)
            page.table(f"regrets_{version}", rows)
    rows = tables.reaching(results, labels)
    if len(rows) > 1:
        page.heading("Disturbed")
        page.add(REACHING)
        page.table("reaching", rows)


def _add_failures(page: Page, results: Results) -> None:
    for method, failures in results.failed_runs().items():
        examples = "; ".join(f"``{text}``" for text in failures[:2])
        page.add(
            f"Runs of {method} that ended early: {len(failures)}. "
            f"For example {examples}."
        )


def main() -> None:
    """Build the page of the documentation."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--store", default=RESULTS, help="folder of the results")
    parser.add_argument("--text", type=Path, default=DOC / "benchmarks.rst")
    parser.add_argument("--folder", type=Path, default=HERE / "page")
    parser.add_argument(
        "--main", choices=["fair", "plain"], default="plain", help="the main table"
    )
    options = parser.parse_args()
    build(Store(options.store), options.text, options.folder, options.main)


if __name__ == "__main__":
    main()
