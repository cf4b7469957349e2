"""The function that writes the page."""

import html
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sklearn.utils.validation import check_is_fitted

from sklearn_bayes_search.report._compare import compare, comparison_page
from sklearn_bayes_search.report._findings import find
from sklearn_bayes_search.report._journal_search import JournalSearch
from sklearn_bayes_search.report._page import page
from sklearn_bayes_search.results._reader import is_table

# Pixels that the page gets in a notebook, where it scrolls.
HEIGHT = 700


@dataclass(frozen=True)
class ReportPage:
    """A page about a search that a notebook shows.

    Parameters
    ----------
    html : str
        The whole page, an HTML document.
    """

    html: str = field(repr=False)

    def _repr_html_(self) -> str:
        # in a frame of its own, where neither style nor script meets the notebook's
        return (
            f'<iframe srcdoc="{html.escape(self.html)}" sandbox="allow-scripts" '
            f'title="Report" style="width: 100%; height: {HEIGHT}px; border: 0">'
            "</iframe>"
        )

    def __repr__(self) -> str:
        return "ReportPage: a notebook shows it, and report('report.html') writes it."


def report(search: Any, path: Any = None, *, metric: str | None = None) -> Any:
    """Write a page about one or several searches: one HTML file, for any browser.

    It tells what was found and how far to trust it, what to try next, and which
    hyperparameters matter. It has charts, a table of all candidates, the failures, and
    the code of the search. Of several searches, it compares the best scores, how fast
    they were found, and what the searches were given. The file needs nothing else, and
    no network.

    Parameters
    ----------
    search : fitted search or path, list of these, or dict of str -> search or list
        A `BayesSearchCV`, or one of scikit-learn's, as ``GridSearchCV``; or the path of
        a journal, also of a search that runs. Those in a list are compared, by the
        names of their classes; a dict names them, and may have a list of several runs,
        as with several seeds, under a name.
    path : str or path, default=None
        Where the file is written. A file that is there is replaced. None writes none:
        the page is returned, and a notebook shows it.
    metric : str, default=None
        Which score, where there are several. None is the one of ``refit``, else what a
        `BayesSearchCV` maximised, else "score", else the only one.

    Returns
    -------
    path : pathlib.Path or ReportPage
        Where the file is, in full; without a path the page.

    Raises
    ------
    ImportError
        If plotly, which draws the charts, or jinja2 is not installed.
    FileNotFoundError
        If the folder of the path does not exist.
    JournalError
        If a path is not that of a journal with results.
    TypeError, ValueError
        If it is no search, or not fitted, or the metric is unknown or not clear; or if
        there is nothing to compare.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_bayes_search.report import report
    >>> search = GridSearchCV(
    ...     DecisionTreeClassifier(random_state=0), {"max_depth": range(1, 6)}
    ... ).fit(*load_iris(return_X_y=True))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = report(search, Path(folder) / "report.html")
    ...     path.stat().st_size < 5_000_000
    True
    """
    if path is not None:
        path = _checked(path)
    plotly = _plotly()
    if isinstance(search, list | tuple) or _is_named(search):
        text = comparison_page(compare(_opened(search), metric), plotly)
    else:
        text = page(find(_opened(search), metric), plotly)
    if path is None:
        return ReportPage(text)
    _write(path, text)
    return path


def _is_named(search: Any) -> bool:
    """Check whether something is a dict of searches, and not results of one."""
    return isinstance(search, Mapping) and len(search) > 0 and not is_table(search)


def _opened(search: Any) -> Any:
    """Return what is fitted: a journal is read, in lists and dicts as well."""
    if isinstance(search, list | tuple):
        return [_opened(each) for each in search]
    if _is_named(search):
        return {name: _opened(each) for name, each in search.items()}
    if isinstance(search, str | os.PathLike):
        return JournalSearch(search).fit()
    if hasattr(search, "fit") and not isinstance(search, type):
        check_is_fitted(search, "cv_results_")
    return search


def _checked(path: Any) -> Path:
    """Return a path in full, at which a file can be written."""
    full = Path(path).absolute()
    if not full.parent.is_dir():
        raise FileNotFoundError(
            f"The folder of the 'path' parameter must exist. Got {str(full)!r}; make "
            f"{str(full.parent)!r} first."
        )
    if full.is_dir():
        raise IsADirectoryError(
            f"The 'path' parameter must name a file. Got the folder {str(full)!r}; "
            "add a name, as 'report.html'."
        )
    return full


def _plotly() -> str:
    """Return plotly's script."""
    try:
        import jinja2  # noqa: F401
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise ImportError(
            "A report needs plotly for its charts, and jinja2. Install them with "
            'pip install "sklearn-bayes-search[report]".'
        ) from error
    return str(get_plotlyjs())


def _write(path: Any, text: str) -> None:
    """Write a file so that it is there as a whole or not at all."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        # "x": not through a link that someone else put there
        with open(part, "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
