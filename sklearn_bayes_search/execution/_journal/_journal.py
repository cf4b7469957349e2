"""The journal of a search: what has finished, and what was searched.

There are two kinds of lines. A *header* has a digest of each component of the search,
and the plan that the rows depend on. A *fold* has one candidate on one split. Choices
are stored as their index in the user's own space, so that they need not be stored.
"""

import math
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib

from sklearn_bayes_search.exceptions import JournalError, safe_repr, stack_level
from sklearn_bayes_search.execution._journal._lines import InUse, LineFile, parse
from sklearn_bayes_search.execution._journal._record import (
    DEATH,
    RESULTS,
    Record,
    is_count,
    is_fold,
    kind_of,
    numbers_back,
    place_of,
    plain,
    remember,
)
from sklearn_bayes_search.execution._journal._requests import Requests
from sklearn_bayes_search.optimizer._trial import Trial
from sklearn_bayes_search.space import Space

FORMAT = 1
LONGEST_ERROR, LONGEST_VALUE = 10_000, 100
# Components of a fingerprint as a user knows them.
ARGUMENTS = {"seed": "random_state", "space": "param_distributions", "splits": "cv"}


class Journal:
    """Outcomes of earlier runs of the same search, and a place for new ones.

    ``path`` is that of a file, which is made if there is none; or of a folder, where
    every search has a file of its own, named by its fingerprint. None: the journal is
    in memory only, to go on with ``earlier``. The file is opened on entering it as a
    context.

    ``fingerprint`` has digests by component, such as "data", None for one that is not
    compared; ``plan`` is what rows depend on beside these, and that of an earlier run
    holds on. ``in_order`` says whether the same search would choose the same candidates
    again. A fold that ran into fewer seconds than ``fit_timeout`` is run again.
    """

    def __init__(
        self,
        path: "str | os.PathLike[str] | None",
        *,
        fingerprint: dict[str, str | None],
        plan: dict[str, Any],
        space: Space,
        in_order: bool = True,
        fit_timeout: float | None = None,
        earlier: "Journal | None" = None,
    ) -> None:
        self._space = space
        self._folds: dict[str, Record] = {}
        self._settings: dict[int, dict[str, Any] | None] = {}
        self._in_order, self._ran_again = in_order, False
        self._experience = plan.get("experience")
        self._fit_timeout = math.inf if fit_timeout is None else fit_timeout
        self.path: Path | None = None
        self._lines: LineFile | None = None
        self._requests: Requests | None = None
        if earlier is not None:
            _check_same(
                "The last fit", "Fit a clone.", earlier.fingerprint, fingerprint
            )
            plan = {**plan, **earlier.plan}
            self._folds.update(earlier._folds)
        self.fingerprint: dict[str, str | None] = fingerprint  # those that hold
        self.plan: dict[str, Any] = plan
        if path is not None:
            given = os.path.expanduser(os.fspath(path))
            self.path = _file(given, fingerprint)
            self._is_in_folder = self.path != Path(given)
        self._again: set[str] = set()

    @property
    def n_known(self) -> int:
        """Number of folds that need not be evaluated."""
        return len(self._folds) - len(self._again)

    def _open(self) -> None:
        """Open the file, and take in what it holds."""
        header = None
        if self.path is not None:
            header = self._take_in(self._open_lines(self.path))
        if header is not None:
            stored = header["fingerprint"]
            if stored.get("max_pending") is None:  # it was chosen automatically
                stored["max_pending"] = str(header["plan"].get("max_pending"))
            _check_same(
                f"The journal {str(self.path)!r}",
                "It was left as it is: undo the change to go on with it, or name "
                "another file, or a folder for several searches.",
                stored,
                self.fingerprint,
            )
            self.plan = {**self.plan, **header["plan"]}
            if self.plan.get("exhaustive") and not math.isfinite(self._space.size):
                self.plan["exhaustive"] = False
        self._write(
            {"journal": FORMAT, "fingerprint": self.fingerprint, "plan": self.plan}
        )
        self._settle()

    def _open_lines(self, first: Path) -> bytes:
        """Open the file, and return what it holds.

        In a folder, equal searches at a time have one each.
        """
        path, number = first, 1
        while True:
            lines = LineFile(path)
            self.path, self._lines = path, lines
            try:
                lines.open()
                self._requests = Requests(path)
                self._requests.discard()
                return lines.content
            except InUse:
                if not self._is_in_folder:
                    raise
                lines.close()
            number += 1
            path = first.with_stem(f"{first.stem}-{number}")

    def _settle(self) -> None:
        """Decode the candidates, and see which folds are to be run again."""
        first: dict[int, tuple[int, dict[str, Any]]] = {}
        for place, record in list(self._folds.items()):
            setting = record["branch"], record["params"]
            if first.setdefault(record["candidate"], setting) != setting:
                del self._folds[place]
        self._settings = {k: _restore(self._space, *first[k]) for k in first}
        lost = [(place, record.get("lost")) for place, record in self._folds.items()]
        deaths = {place for place, why in lost if why == DEATH}
        limits = [(place, why) for place, why in lost if isinstance(why, float)]
        late = {place for place, limit in limits if limit < self._fit_timeout}
        self._again = deaths | late
        self._ran_again = bool(self._again)
        if self._again:
            of_time = f"{len(late)} that ran into a shorter 'fit_timeout'"
            of_death = f"{len(deaths)} whose processes died"
            words = [of_time] * bool(late) + [of_death] * bool(deaths)
            warnings.warn(
                f"Folds are run again: {', '.join(words)}. If they succeed, other "
                "candidates may be chosen from there on.",
                UserWarning,
                stacklevel=stack_level(),
            )

    def _write(self, record: Record) -> None:
        if self._lines is not None:
            self._lines.append(record)

    def __enter__(self) -> "Journal":
        try:
            self._open()
            return self
        except BaseException:  # Ctrl-C as well: the lock must not stay
            self.close()
            raise

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take_in(self, content: bytes) -> Record | None:
        """Remember the folds; return the first header, None of an empty file."""
        header = kind = None
        for line in content.split(b"\n"):
            record = parse(line)
            if record is None:
                continue
            if "journal" in record:
                header = header or _known_header(record)
            elif is_fold(record):
                kind = kind or kind_of(record)
                if kind_of(record) in (kind, None):
                    remember(self._folds, record)
        if header is None and content:
            raise JournalError(
                f"{str(self.path)!r} is not the journal of a search, or its beginning "
                "is damaged. It was left as it is: name another file, or delete it."
            )
        return header

    def __len__(self) -> int:
        return len(self._folds)

    def params(self, candidate: int) -> dict[str, Any] | None:
        """Return the stored parameters of a candidate, with the user's own objects.

        None if no fold is known.
        """
        params = self._settings.get(candidate)
        return None if params is None else dict(params)

    def settings_after(self, candidate: int) -> list[dict[str, Any]]:
        """List the stored parameters of candidates with larger numbers."""
        known = sorted(self._settings.items())
        return [dict(p) for number, p in known if number > candidate and p is not None]

    def result(self, candidate: int, fold: int) -> dict[str, Any] | None:
        """Return what came back for a fold, a dict.

        None if that is not known, or if the fold is to be run again.
        """
        place = place_of(candidate, fold)
        record = self._folds.get(place)
        if record is None or place in self._again:
            return None
        result = numbers_back(record["result"])
        return {**result, "fit_error": record["error"], "worker": record["worker"]}

    def died(self, candidate: int, fold: int) -> bool:
        """Check whether a fold is run again because its process died."""
        place = place_of(candidate, fold)
        return place in self._again and self._folds[place]["lost"] == DEATH

    def add(self, trial: Trial, fold: int, result: Mapping[str, Any]) -> None:
        """Write a fold down, with what an `Evaluator`'s task gave."""
        branch, params = _store(self._space, trial.params)
        error = result["fit_error"]
        record = {
            "candidate": trial.number,
            "fold": fold,
            "branch": branch,
            "params": params,
            "text": {n: safe_repr(v)[:LONGEST_VALUE] for n, v in trial.params.items()},
            "result": {name: plain(result[name]) for name in RESULTS if name in result},
            "error": error if error is None else error[-LONGEST_ERROR:],
            "worker": result["worker"],
        }
        # a death is tried again once only; time is what the next search allows
        lost, place = result.get("lost"), place_of(trial.number, fold)
        if lost is not None and (lost != DEATH or place not in self._again):
            record["lost"] = lost
        self._folds[place] = record
        self._settings.setdefault(trial.number, dict(trial.params))
        self._again.discard(place)
        self._write(record)

    def asks_to_stop(self) -> bool:
        """Wait while another process wants a pause; return whether it wants an end."""
        return self._requests is not None and self._requests.asks_to_stop()

    def state_difference(self, number: int) -> None:
        """Warn that other parameters would be chosen now for a candidate."""
        if self._in_order and not self._ran_again:
            why = "an argument that matters for the choice, or the version of a package"
            if self.plan.get("experience") != self._experience:
                why = "the argument 'experience', or what is known from other data"
            warnings.warn(
                f"From candidate {number} on, this search would choose other "
                f"candidates than it did before: {why}, has changed. The results that "
                "are there are used as they are.",
                UserWarning,
                stacklevel=stack_level(),
            )

    def flush(self) -> None:
        """Have the disk take what was written; a power failure loses no more."""
        if self._lines is not None:
            self._lines.flush()

    def close(self) -> None:
        """Release the file."""
        if self._requests is not None:
            self._requests.discard()
            self._requests = None
        if self._lines is not None:
            self._lines.close()
            self._lines = None


def _file(given: str, fingerprint: Mapping[str, str | None]) -> Path:
    if not given:
        raise ValueError(
            "The 'checkpoint' parameter of BayesSearchCV must name a file or a folder. "
            "Got an empty text; '.' is the present folder."
        )
    is_folder = given.endswith((os.sep, os.altsep or os.sep))
    path = Path(given)
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


def _known_header(record: Record) -> Record | None:
    """Return a header if it is one; refuse that of another format."""
    fingerprint, plan = record.get("fingerprint"), record.get("plan")
    if not isinstance(fingerprint, dict) or not isinstance(plan, dict):
        return None
    if record["journal"] != FORMAT:
        raise JournalError(
            f"The journal has format {record['journal']!r}; this version of "
            f"sklearn_bayes_search reads format {FORMAT}. It was left as it is."
        )
    counts = [plan.get(name, 1) for name in ("seed", "max_pending")]
    counts.append(1 if plan.get("n_iter") is None else plan["n_iter"])
    fits = (
        all(isinstance(digest, str | None) for digest in fingerprint.values())
        and all(map(is_count, counts))
        and plan.get("max_pending", 1) >= 1
        and isinstance(plan.get("exhaustive", False), bool)
    )
    return record if fits else None


def _check_same(
    what: str,
    way_out: str,
    stored: Mapping[str, str | None],
    now: Mapping[str, str | None],
) -> None:
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


def _store(space: Space, params: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """Turn a candidate into numbers: its branch, and per parameter a number or
    index.
    """
    row = space.encode(params)
    branch = int(space.dims.branch_of(row[None])[0])
    stored: dict[str, Any] = {}
    dimensions: Mapping[str, Any] = space.branches[branch]
    for name, dimension in dimensions.items():
        value = params[name]
        if hasattr(dimension, "choices"):
            # a number beyond those listed, as in a tail, is stored as it is
            index = dimension.index(value)
            stored[name] = [index] if index is not None else value.__index__()
        else:
            stored[name] = int(value) if dimension.discrete else float(value)
    return branch, stored


def _restore(
    space: Space, branch: int, stored: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Turn it back; None if it does not fit the space."""
    try:
        params = {
            name: _restore_value(dimension, stored[name])
            for name, dimension in space.branches[branch].items()
        }
    except (IndexError, KeyError, TypeError, ValueError):
        return None
    return params if space.allows(params) else None


def _restore_value(dimension: Any, stored: Any) -> Any:
    if not isinstance(stored, list):
        if type(stored) is not (int if dimension.discrete else float):
            raise TypeError(f"{stored!r} is no number of this kind")
        dimension.encode(stored)  # refuses what it does not have
        return stored
    if not hasattr(dimension, "choices") or not is_count(stored[0]):
        raise ValueError(f"{stored!r} is no place among choices")
    return dimension.choices[stored[0]]
