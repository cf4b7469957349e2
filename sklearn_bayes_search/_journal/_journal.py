"""The journal of a search: what has finished, and what was searched.

There are two kinds of lines. A *header* has a digest of each component of the search,
and the plan that the rows depend on. A *fold* has one candidate on one split. Choices
are stored as their index in the user's own space, so that they need not be stored.
"""

import math
import os
import warnings
from collections.abc import Mapping
from numbers import Integral
from pathlib import Path

import joblib
import pandas as pd

from sklearn_bayes_search._journal._lines import LineFile, parse
from sklearn_bayes_search.exceptions import JournalError, safe_repr, stack_level

__all__ = ["Journal", "read_journal"]

FORMAT = 1
# What is kept of a result, beside the error.
RESULTS = (
    "test_scores",
    "train_scores",
    "n_test_samples",
    "fit_time",
    "score_time",
    "started",
)
LONGEST_ERROR, LONGEST_VALUE = 10_000, 100
# Components of a fingerprint as a user knows them.
ARGUMENTS = {"seed": "random_state", "space": "param_distributions", "splits": "cv"}


class Journal:
    """Outcomes of earlier runs of the same search, and a place for new ones.

    Parameters
    ----------
    path : path or None
        A file, which is made if there is none; or a folder, where every search has a
        file of its own, named by its fingerprint. None: the journal is in memory only.
    fingerprint : dict of str -> str or None
        Digests by component, such as "data"; None for one that is not compared.
    plan : dict
        What rows depend on beside the fingerprint; JSON values. That of an earlier run
        holds on.
    space : Space
        Gives choices back for their indices.
    in_order : bool, default=True
        Whether the same search would choose the same settings again.
    earlier : Journal or None, default=None
        One in memory, to go on with.

    Attributes
    ----------
    path : Path or None
        The file.
    fingerprint, plan : dict
        Those that hold.

    Raises
    ------
    JournalError
        If the file is of another search, in use by one, or no journal.
    OSError
        If the file cannot be opened.
    """

    def __init__(self, path, *, fingerprint, plan, space, in_order=True, earlier=None):
        self._space, self._folds, self._settings = space, {}, {}
        self._in_order, self._differs = in_order, False
        self.path = self._lines = None
        if earlier is not None:
            _check_same(
                "The last fit", "Fit a clone.", earlier.fingerprint, fingerprint
            )
            plan = {**plan, **earlier.plan}
            self._folds.update(earlier._folds)
            self._settings.update(earlier._settings)
        if path is not None:
            path = os.path.expanduser(path)
            self.path = _file(path, fingerprint)
            self._lines = LineFile(self.path)
        try:
            header = self._take_in(self._lines.content) if self._lines else None
            if header is not None:
                stored = header["fingerprint"]
                if stored.get("max_pending") is None:  # it was chosen automatically
                    stored["max_pending"] = str(header["plan"].get("max_pending"))
                _check_same(
                    f"The journal {str(self.path)!r}",
                    "It was left as it is: undo the change to go on with it, or name "
                    "another file, or a folder for several searches.",
                    stored,
                    fingerprint,
                )
                plan = {**plan, **header["plan"]}
            self.fingerprint, self.plan = fingerprint, plan
            self._write({"journal": FORMAT, "fingerprint": fingerprint, "plan": plan})
        except BaseException:  # Ctrl-C as well: the lock must not stay
            self.close()
            raise

    def _write(self, record):
        if self._lines is not None:
            self._lines.append(record)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _take_in(self, content):
        """Remember the folds; return the first header, None of an empty file."""
        header = None
        for line in content.split(b"\n"):
            record = parse(line)
            if record is None:
                continue
            if "journal" in record:
                header = header or _known_header(record)
            elif _is_fold(record):
                # of two, the first is what the search went on with
                self._folds.setdefault((record["candidate"], record["fold"]), record)
                self._settings.setdefault(record["candidate"], record)
        if header is None and content:
            raise JournalError(
                f"{str(self.path)!r} is not the journal of a search, or its beginning "
                "is damaged. It was left as it is: name another file, or delete it."
            )
        return header

    def __len__(self):
        return len(self._folds)

    def params(self, candidate):
        """Give the stored setting of a candidate.

        Parameters
        ----------
        candidate : int
            Its number.

        Returns
        -------
        params : dict or None
            With the user's own objects; None if no fold is known.
        """
        record = self._settings.get(candidate)
        if record is None:
            return None
        return _restore(self._space, record["branch"], record["params"])

    def result(self, candidate, fold):
        """Give what came back for a fold, a dict, or None if that is not known."""
        record = self._folds.get((candidate, fold))
        if record is None:
            return None
        result = _numbers_back(record["result"])
        return {**result, "fit_error": record["error"], "worker": record["worker"]}

    def add(self, trial, fold, result):
        """Write a fold down.

        Parameters
        ----------
        trial : Trial
            The candidate.
        fold : int
            Number of the split.
        result : dict
            What came back, as an `Evaluator`'s task gives it.
        """
        branch, params = _store(self._space, trial.params)
        error = result["fit_error"]
        record = {
            "candidate": trial.number,
            "fold": fold,
            "branch": branch,
            "params": params,
            "text": {n: safe_repr(v)[:LONGEST_VALUE] for n, v in trial.params.items()},
            "result": {
                name: _plain(result[name]) for name in RESULTS if name in result
            },
            "error": error if error is None else error[-LONGEST_ERROR:],
            "worker": result["worker"],
        }
        self._folds[trial.number, fold] = record
        self._settings.setdefault(trial.number, record)
        self._write(record)

    def state_difference(self, trial):
        """Warn, once, that another setting would be evaluated now."""
        if self._in_order and not self._differs:
            warnings.warn(
                f"From candidate {trial.number} on, this search would choose other "
                "settings than it did before: an argument that matters for the choice, "
                "or the version of a package, has changed. The results that are there "
                "are used as they are.",
                UserWarning,
                stacklevel=stack_level(),
            )
        self._differs = True

    def flush(self):
        """Have the disk take what was written; a power failure loses no more."""
        if self._lines is not None:
            self._lines.flush()

    def close(self):
        """Release the file."""
        if self._lines is not None:
            self._lines.close()
            self._lines = None


def read_journal(path):
    """Read the journal of a search, while it runs or afterwards.

    Parameters
    ----------
    path : path
        What was given as ``checkpoint``: a file; of a folder, one of the files in it.

    Returns
    -------
    frame : DataFrame
        A row per candidate and fold, in this order: ``candidate``, ``fold``, a column
        ``param_<name>`` per parameter with the text of its value, the results, such as
        ``test_scores`` (``test_scores_<metric>`` for several metrics), ``fit_time`` and
        ``score_time`` in seconds, when it ``started`` in seconds since 1970, on which
        ``worker``, and ``fit_error``.

    Raises
    ------
    JournalError
        If it is no journal.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_bayes_search import BayesSearchCV, read_journal
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "search.jsonl")
    ...     search = BayesSearchCV(
    ...         DecisionTreeClassifier(random_state=0),
    ...         {"max_depth": [1, 2]},
    ...         cv=2,
    ...         checkpoint=path,
    ...     ).fit(*load_iris(return_X_y=True))
    ...     frame = read_journal(path)
    >>> frame[["candidate", "fold", "param_max_depth", "test_scores"]].round(2)
       candidate  fold param_max_depth  test_scores
    0          0     0               1         0.67
    1          0     1               1         0.67
    2          1     0               2         0.95
    3          1     1               2         0.95
    """
    path = Path(path)
    if path.is_dir():
        files = sorted(str(file) for file in path.glob("*.jsonl"))
        raise JournalError(
            f"{str(path)!r} is a folder. Read one of its files: {files}."
        )
    records = [parse(line) for line in path.read_bytes().split(b"\n")]
    records = [record for record in records if record is not None]
    if not any("journal" in record for record in records):
        raise JournalError(f"{str(path)!r} is not the journal of a search.")
    folds = {}
    for record in records:
        if _is_fold(record):
            folds.setdefault((record["candidate"], record["fold"]), record)
    rows = []
    for (candidate, fold), record in sorted(folds.items()):
        row = {"candidate": candidate, "fold": fold}
        row |= {f"param_{name}": text for name, text in record["text"].items()}
        for name, value in _numbers_back(record["result"]).items():
            several = isinstance(value, dict)
            row |= (
                {f"{name}_{k}": v for k, v in value.items()}
                if several
                else {name: value}
            )
        rows.append({**row, "worker": record["worker"], "fit_error": record["error"]})
    none_yet = ["candidate", "fold", *RESULTS, "worker", "fit_error"]
    return pd.DataFrame(rows, columns=None if rows else none_yet)


def _file(path, fingerprint):
    if not str(path):
        raise ValueError(
            "The 'checkpoint' parameter of BayesSearchCV must name a file or a folder. "
            "Got an empty text; '.' is the present folder."
        )
    is_folder = str(path).endswith((os.sep, os.altsep or os.sep))
    path = Path(path)
    if is_folder and not path.is_dir():
        raise FileNotFoundError(
            f"The folder {str(path)!r}, the 'checkpoint', does not exist. Make it."
        )
    if path.is_dir():
        name = joblib.hash(sorted((k, str(v)) for k, v in fingerprint.items()))
        path = path / f"{name}.jsonl"
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"The folder of the 'checkpoint' {str(path)!r} does not exist. Make it."
        )
    return path


def _known_header(record):
    parts = ("fingerprint", "plan")
    if not all(isinstance(record.get(part), dict) for part in parts):
        return None
    if record["journal"] != FORMAT:
        raise JournalError(
            f"The journal has format {record['journal']!r}; this version of "
            f"sklearn_bayes_search reads format {FORMAT}. It was left as it is."
        )
    return record


def _is_fold(record):
    kinds = {
        "candidate": int,
        "fold": int,
        "branch": int,
        "params": dict,
        "text": dict,
        "result": dict,
        "error": str | None,
        "worker": str,
    }
    return all(isinstance(record.get(name, ()), kind) for name, kind in kinds.items())


def _check_same(what, way_out, stored, now):
    differing = [
        name
        for name, value in now.items()
        if None not in (value, stored.get(name)) and stored[name] != value
    ]
    if differing:
        words = ", ".join(ARGUMENTS.get(name, name) for name in differing)
        hint = ""
        if differing == ["splits"]:
            hint = " A 'cv' that shuffles needs a random_state to draw them again."
        raise JournalError(
            f"{what} is of another search. What differs: {words}.{hint} {way_out}"
        )


def _store(space, params):
    """Turn a setting into numbers: its branch, and per parameter a number or index."""
    row = space.encode(params)
    branch = int(space.dims.branch_of(row[None])[0])
    stored = {}
    for name, dimension in space.branches[branch].items():
        value = params[name]
        if hasattr(dimension, "choices"):
            # a number beyond those listed, as in a tail, is stored as it is
            index = dimension.index(value)
            stored[name] = [index] if index is not None else value.__index__()
        else:
            stored[name] = int(value) if dimension.discrete else float(value)
    return branch, stored


def _restore(space, branch, stored):
    """Turn it back; None if it does not fit the space."""
    try:
        return {
            name: dimension.choices[stored[name][0]]
            if isinstance(stored[name], list)
            else stored[name]
            for name, dimension in space.branches[branch].items()
        }
    except (IndexError, KeyError, AttributeError, TypeError):
        return None


def _plain(value):
    """Turn a result into what JSON knows; numbers that it lacks become words."""
    if isinstance(value, Mapping):
        return {str(name): _plain(number) for name, number in value.items()}
    if isinstance(value, Integral):
        return int(value)
    number = float(value)
    return number if math.isfinite(number) else repr(number)


def _numbers_back(values):
    return {
        name: _numbers_back(value) if isinstance(value, dict) else _number_back(value)
        for name, value in values.items()
    }


def _number_back(value):
    return float(value) if isinstance(value, str) else value
