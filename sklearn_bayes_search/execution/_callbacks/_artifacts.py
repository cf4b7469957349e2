"""The files that a logger keeps of a finished search: its tables and its report."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any


@contextmanager
def artifacts(search: Any) -> Iterator[list[Path]]:
    """Write results.csv, folds.csv and report.html to a folder that is removed later.

    Without the packages that a report needs, there is none.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        paths = [folder / "results.csv", folder / "folds.csv"]
        search.results_frame(all_metrics=True).to_csv(paths[0])
        search.folds_frame(all_metrics=True).to_csv(paths[1], index=False)
        with suppress(ImportError):
            paths.append(search.report(folder / "report.html"))
        yield paths
