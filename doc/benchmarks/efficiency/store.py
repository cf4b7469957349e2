"""The store of results: one file of JSON lines per method, appended run by run.

A line is a run, ``{"task": ..., "seed": ..., "scores": [...], ...}``; the versions
that the following runs were made with, ``{"versions": ...}``; or why a method could not
run, ``{"skipped": ...}``. A line that an interruption cut off is passed over. ``null``
stands for NaN. Method ``a/b`` is in the file ``a/b.jsonl``.
"""

import json
import math
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = ["RESULTS", "Store", "versions"]

RESULTS = Path(__file__).parent / "results"
# Digits kept of scores: more than anybody looks at, and the files stay small.
DIGITS = 7
PACKAGES = (
    "sklearn-bayes-search",
    "numpy",
    "scipy",
    "scikit-learn",
    "optuna",
    "torch",
    "scikit-optimize",
    "hyperopt",
    "smac",
    "ConfigSpace",
    "HEBO",
)


def versions() -> dict[str, str]:
    """Return the versions of Python and of all packages that may matter."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


class Store:
    """Results by method.

    Parameters
    ----------
    folder : path, default=RESULTS
        Where the files are.
    """

    def __init__(self, folder: Path | str = RESULTS) -> None:
        self.folder = Path(folder)

    def methods(self) -> list[str]:
        """Name all methods that have a file."""
        files = sorted(self.folder.rglob("*.jsonl"))
        return [f.relative_to(self.folder).with_suffix("").as_posix() for f in files]

    def lines(self, method: str) -> list[dict[str, Any]]:
        """Read all whole lines of a method."""
        path = self._path(method)
        if not path.exists():
            return []
        found = []
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                found.append(json.loads(line))
            except json.JSONDecodeError:
                continue
        return found

    def runs(self, method: str) -> dict[tuple[str, int], dict[str, Any]]:
        """Return the runs of a method by task and seed; the last of equal ones.

        Scores that are ``null`` come back as NaN.
        """
        found = {}
        for line in self.lines(method):
            if "task" in line:
                for name in ("scores", "values"):
                    if name in line:
                        line[name] = [
                            math.nan if x is None else float(x) for x in line[name]
                        ]
                found[line["task"], line["seed"]] = line
        return found

    def skipped(self, method: str) -> str | None:
        """Return why a method could not run, if that is the last that is known."""
        lines = self.lines(method)
        return lines[-1].get("skipped") if lines else None

    def versions(self, method: str) -> dict[str, str]:
        """Return the versions that the last runs of a method were made with."""
        stated = [x["versions"] for x in self.lines(method) if "versions" in x]
        return stated[-1] if stated else {}

    def state_versions(self, method: str) -> None:
        """Write the present versions down, unless they are the last ones there."""
        if self.versions(method) != versions():
            self._append(method, {"versions": versions()})

    def state_skipped(self, method: str, reason: str) -> None:
        """Write down why a method cannot run, unless it ran elsewhere."""
        if not self.lines(method):
            self._append(method, {"skipped": reason})

    def add(self, method: str, task: str, seed: int, record: dict[str, Any]) -> None:
        """Append a run."""
        record = dict(record)
        for name in ("scores", "values"):
            if name in record:
                record[name] = [_short(x) for x in record[name]]
        record["seconds"] = round(record["seconds"], 3)
        self._append(method, {"task": task, "seed": seed, **record})

    def _path(self, method: str) -> Path:
        return self.folder / f"{method}.jsonl"

    def _append(self, method: str, line: dict[str, Any]) -> None:
        path = self._path(method)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            end = file.seek(0, 2)
            if end:
                file.seek(end - 1)
                if file.read(1) != b"\n":  # cut off in the middle of a line
                    file.write(b"\n")
            text = json.dumps(line, separators=(",", ":"), allow_nan=False)
            file.write(text.encode() + b"\n")


def _short(x: float) -> float | None:
    return None if math.isnan(x) else float(f"{x:.{DIGITS}g}")
