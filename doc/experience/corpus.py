"""The corpus of evaluations: what is done, what comes next, and one table of it.

The store is a folder with one file of JSON lines for each family and data set,
``evaluations/<family>/<data set>.jsonl``, to which lines are only added. A line is one
evaluation: ``setting`` is its number in the family's settings, ``params`` the setting
in natural units, ``data`` the fingerprint of the table, and the rest is what
`evaluate.Evaluator` returns. A line counts while its params and its table are still
those of the family and the data set: after a change of either, what it concerns is done
anew.
"""

import json
import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from data import DATA_SETS, N_FOLDS, table
from evaluate import Evaluator
from families import FAMILIES
from scores import METRICS


class Round(NamedTuple):
    """How many settings a pair of family and data set gets.

    What is there at any time is useful: few settings of all pairs come before many of
    any, and a slow pair gets fewer of them.
    """

    n_settings: int
    quick: float  # seconds of CPU that a pair may use for more settings
    most: float  # seconds of CPU after which it gets no more


ROUNDS = [Round(64, 2.5, 10.0), Round(128, 4.0, 20.0), Round(256, 8.0, 40.0)]
TIMEOUT = 10.0  # seconds of CPU of one evaluation


class Store:
    """Folder of evaluations."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def path(self, family, data_set):
        return self.folder / "evaluations" / family.name / f"{data_set.name}.jsonl"

    def read(self, family, data_set):
        """Return the lines of a pair that count, by number of the setting."""
        path = self.path(family, data_set)
        if not path.exists():
            return {}
        settings = family.settings()
        fingerprint = cached_table(data_set, family.max_rows).fingerprint
        lines = {}
        for text in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            number = line["setting"]
            if (
                number < len(settings)
                and line["params"] == settings[number]
                and line["data"] == fingerprint
            ):
                lines[number] = line
        return lines

    def add(self, family, data_set, line):
        path = self.path(family, data_set)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def mend(self, family, data_set):
        """Drop a last line that was cut short when its process was ended."""
        path = self.path(family, data_set)
        if path.exists():
            text = path.read_bytes()
            whole = text[: text.rfind(b"\n") + 1]
            if whole != text:
                path.write_bytes(whole)


_tables = {}


def cached_table(data_set, max_rows):
    """Return the table of a data set, read once for each number of rows."""
    key = data_set.name, max_rows
    if key not in _tables:
        _tables[key] = table(data_set, max_rows)
    return _tables[key]


def fits_the_family(family, data_set):
    """Return whether a family is evaluated on a data set at all."""
    if family.task != data_set.task:
        return False
    if family.task == "regression" or family.max_classes is None:
        return True
    n_classes = cached_table(data_set, family.max_rows).y.max() + 1
    return n_classes <= family.max_classes


def plan(families=FAMILIES, data_sets=DATA_SETS):
    """Return the pairs in the order of computing.

    Returns
    -------
    jobs : list of (Family, DataSet, Round)
        Rounds of the pairs; then of data sets with more rows, and of those that dear
        families left out at first.
    """
    pairs = [(f, [d for d in data_sets if fits_the_family(f, d)]) for f in families]
    first = {
        f.name: [d for d in sets if d.rows is None][: f.n_data_sets]
        for f, sets in pairs
    }
    jobs = [
        (family, data_set, round_)
        for round_ in ROUNDS
        for family, _ in pairs
        for data_set in first[family.name]
    ]
    jobs += [
        (family, data_set, round_)
        for round_ in ROUNDS
        for family, sets in pairs
        for data_set in sets
        if data_set not in first[family.name]
    ]
    return jobs


def run(store, jobs, timeout=TIMEOUT):
    """Evaluate what the jobs still lack, one process at a time."""
    for family, data_set, round_ in jobs:
        store.mend(family, data_set)
        start, begun = time.monotonic(), None
        while True:
            done = store.read(family, data_set)
            spent = sum(line["fit"] + line["score"] for line in done.values())
            begun = len(done) if begun is None else begun
            if _is_over(round_, family, len(done), spent):
                break
            missing = [i for i in range(family.n_settings) if i not in done]
            _evaluate_apart(store, family, data_set, missing, spent, round_, timeout)
        if len(done) > begun:
            failed = sum(line["status"] != "ok" for line in done.values())
            print(
                f"{time.strftime('%H:%M:%S')} {family.name} {data_set.name}: "
                f"{len(done)} settings, {failed} not ok, {spent:.1f} s of CPU in all, "
                f"{time.monotonic() - start:.1f} s now",
                flush=True,
            )


def _is_over(round_, family, n_done, spent):
    """Return whether a pair has its share of a round."""
    return (
        n_done >= family.n_settings
        or spent > round_.most
        or (n_done >= round_.n_settings and spent > round_.quick)
    )


def _evaluate_apart(store, family, data_set, numbers, spent, round_, timeout):
    """Evaluate settings in a process of their own, that a timer can end anywhere.

    The timer counts CPU, so that other work on the machine ends no evaluation; its
    signal ends the process in the middle of compiled code, too.
    """
    table_ = cached_table(data_set, family.max_rows)
    context = multiprocessing.get_context("fork")
    before = set(store.read(family, data_set))
    process = context.Process(
        target=_evaluate,
        args=(store, family, data_set, numbers, spent, round_, timeout),
    )
    process.start()
    process.join()
    if process.exitcode == 0:
        return
    store.mend(family, data_set)
    done = set(store.read(family, data_set)) - before
    number = next(number for number in numbers if number not in done)
    ended = process.exitcode == -signal.SIGPROF
    if not ended and process.exitcode in (-signal.SIGTERM, -signal.SIGINT, 1):
        sys.exit(f"The evaluation of setting {number} of {family.name} was ended.")
    line = {
        "setting": number,
        "params": family.settings()[number],
        "data": table_.fingerprint,
        "status": "timeout" if ended else "failed",
        "fit": timeout if ended else 0.0,
        "score": 0.0,
        "unconverged": 0,
    }
    if not ended:
        line["error"] = f"the process ended with {process.exitcode}"
    store.add(family, data_set, line)


def _evaluate(store, family, data_set, numbers, spent, round_, timeout):
    """Evaluate settings, each within `timeout`, until the round is over."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    table_ = cached_table(data_set, family.max_rows)
    evaluate = Evaluator(family, table_)
    settings = family.settings()
    parent = os.getppid()
    for evaluated, number in enumerate(numbers, start=1):
        signal.setitimer(signal.ITIMER_PROF, timeout)
        outcome = evaluate(settings[number])
        signal.setitimer(signal.ITIMER_PROF, 0)
        line = {"setting": number, "params": settings[number]}
        line["data"] = table_.fingerprint
        store.add(family, data_set, line | outcome)
        spent += outcome["fit"] + outcome["score"]
        n_done = family.n_settings - len(numbers) + evaluated
        if _is_over(round_, family, n_done, spent) or os.getppid() != parent:
            break  # without its parent, another run may do the same


def status(store):
    """Return a table of how much is done, a row for each family."""
    rows = []
    for family in FAMILIES:
        sets = [d for d in DATA_SETS if fits_the_family(family, d)]
        lines = {d.name: store.read(family, d) for d in sets}
        all_lines = [line for of_set in lines.values() for line in of_set.values()]
        counts = np.array([len(of_set) for of_set in lines.values()])
        statuses = [line["status"] for line in all_lines]
        seconds = sum(line["fit"] + line["score"] for line in all_lines)
        rows.append(
            {
                "family": family.name,
                "data sets": f"{(counts > 0).sum()} of {len(sets)}",
                "all": family.n_settings,
                ">= 64": int((counts >= min(64, family.n_settings)).sum()),
                "complete": int((counts >= family.n_settings).sum()),
                "evaluations": len(all_lines),
                "failed": statuses.count("failed"),
                "timeout": statuses.count("timeout"),
                "unconverged": sum(line["unconverged"] > 0 for line in all_lines),
                "cpu_s": round(seconds),
                "ms_each": round(1000 * seconds / max(len(all_lines), 1), 1),
            }
        )
    return pd.DataFrame(rows).set_index("family")


def pack(store, folder):
    """Write one table for each family and one of the data sets, as csv.gz."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for family in FAMILIES:
        rows = [
            _flat(family, data_set, line)
            for data_set in DATA_SETS
            if fits_the_family(family, data_set)
            for _, line in sorted(store.read(family, data_set).items())
        ]
        if rows:
            path = folder / f"{family.name}.csv.gz"
            pd.DataFrame(rows).to_csv(path, index=False)
    described = [
        _described(data_set, max_rows)
        for data_set in DATA_SETS
        for max_rows in sorted({f.max_rows for f in FAMILIES})
        if data_set.rows is None or max_rows == FAMILIES[0].max_rows
    ]
    pd.DataFrame(described).to_csv(folder / "data_sets.csv", index=False)


def _flat(family, data_set, line):
    """Return an evaluation as a row of a table."""
    row = {
        "data_set": data_set.name,
        "group": data_set.group,
        "setting": line["setting"],
        "status": line["status"],
        "unconverged": line["unconverged"],
        "fit_seconds": line["fit"],
        "score_seconds": line["score"],
    }
    row |= {f"param_{name}": line["params"].get(name) for name in family.space}
    for metric in METRICS[family.task]:
        scores = line.get("cv", {}).get(metric, [None] * N_FOLDS)
        row |= {f"{metric}_{fold}": score for fold, score in enumerate(scores)}
        row[f"{metric}_fresh"] = line.get("fresh", {}).get(metric)
    return row


def _described(data_set, max_rows):
    """Return what is known of a table, as a row."""
    table_ = cached_table(data_set, max_rows)
    shares = [np.nan]
    if data_set.task == "classification":
        shares = np.bincount(table_.y) / len(table_.y)
    return {
        "data_set": data_set.name,
        "task": data_set.task,
        "group": data_set.group,
        "source": data_set.source,
        "max_rows": max_rows,
        "rows": len(table_.y),
        "rows_to_fit": len(table_.folds[0][0]),
        "fresh_rows": len(table_.y_fresh),
        "columns": table_.X.shape[1],
        "classes": len(shares) if data_set.task == "classification" else 0,
        "smallest_share": min(shares),
        "largest_share": max(shares),
        "fingerprint": table_.fingerprint,
    }


def default_folder():
    """Return the folder of the store where none is named."""
    cache = os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")
    default = Path(cache) / "sklearn-bayes-search-experience"
    return Path(os.environ.get("EXPERIENCE_STORE", default))
