"""What bounds of a default space may depend on: the data, as far as it is known."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import issparse

# A vocabulary is smaller only in toys.
WORDS = 100
# A deviation below this share of the largest number is one of rounding; the reciprocal
# of what is below the other one is infinite.
ROUNDING, TINY = 1e-12, 1e-300


@dataclass(frozen=True)
class Data:
    """Facts about what an estimator is fitted on; None is unknown.

    A fold's fit has at least half of the ``rows``, and there may be more ``columns``.
    ``variance`` is that of the entries of X, ``classes`` are the numbers of rows of
    each class, ``outputs`` the columns of y, and ``deviation`` is the standard
    deviation of a numeric y, of several columns the mean one. ``weights_matter`` says
    whether the score may gain from weights of classes.
    """

    rows: int | None = None
    columns: int | None = None
    variance: float | None = None
    classes: tuple[int, ...] | None = None
    outputs: int | None = None
    deviation: float = 1.0
    weights_matter: bool = True

    @classmethod
    def of(cls, X: Any, y: Any, *, classifies: bool) -> "Data":
        """Return what X and y tell, which may be None."""
        data = cls()
        if X is not None:
            rows, columns = _shape(X)
            variance = _variance(X) if columns is not None else None
            data = replace(data, rows=rows, columns=columns, variance=variance)
        if y is None:
            return data
        outputs = _shape(y)[1] or 1
        if classifies:
            return replace(data, outputs=outputs, classes=_counts(y))
        return replace(data, outputs=outputs, deviation=_deviation(y))

    def then(self, columns: int | None, variance: float | None = None) -> "Data":
        """Return what is known behind a transformer."""
        return replace(self, columns=columns, variance=variance)

    def part(self, share: float, *, of_columns: bool = False) -> "Data":
        """Return what is known of a share of the rows, and perhaps of the columns."""
        rows = self.rows and max(int(share * self.rows), 1)
        columns = self.columns
        if of_columns and columns:
            columns = max(int(share * columns), 1)
        return replace(self, rows=rows, columns=columns)

    @property
    def balanced(self) -> bool:
        """Whether it is known that classes hardly differ in size."""
        return self.classes is not None and min(self.classes) > 0.8 * max(self.classes)

    @property
    def facts(self) -> dict[str, float]:
        """What the best candidates may depend on, as far as it is known."""
        facts = {}
        if self.rows:
            facts["log2_rows"] = float(np.log2(self.rows))
        if self.columns:
            facts["log2_columns"] = float(np.log2(self.columns))
        if self.classes is not None:
            facts["log2_classes"] = float(np.log2(len(self.classes)))
            facts["largest_class"] = max(self.classes) / sum(self.classes)
        return facts

    @property
    def unit(self) -> float:
        """The deviation as a power of ten."""
        return power_of_ten(self.deviation)

    @property
    def gamma(self) -> float:
        """The "scale" of an RBF kernel, 1 / (columns * variance), as a power of ten."""
        if self.columns is None:
            return 0.1
        return power_of_ten(1 / (self.columns * (self.variance or 1.0)))


def power_of_ten(value: float) -> float:
    """Round a positive number, so that bounds are easy to read."""
    return float(f"1e{round(np.log10(value))}")


def _shape(X: Any) -> tuple[int | None, int | None]:
    """Return the number of rows and of columns; texts have none."""
    shape = getattr(X, "shape", None)
    if shape is None:
        try:
            first = X[0] if len(X) else None
        except (TypeError, KeyError):
            return None, None
        if isinstance(first, list | tuple | np.ndarray):
            return len(X), len(first)
        return len(X), None
    return (shape[0] if shape else None), (shape[1] if len(shape) == 2 else None)


def _variance(X: Any) -> float | None:
    is_sparse = issparse(X)
    try:
        X = X.tocsr().astype(float) if is_sparse else np.asarray(X, dtype=float)
    except (TypeError, ValueError):
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        if is_sparse:
            variance, largest = X.multiply(X).mean() - X.mean() ** 2, abs(X).max()
        elif np.isnan(X).all():  # of which NumPy warns
            return None
        else:
            variance, largest = np.nanvar(X), np.nanmax(np.abs(X))
        return _known(variance, max((ROUNDING * largest) ** 2, TINY))


def _known(value: float, least: float) -> float | None:
    """Return a number that is finite and more than rounding and noughts leave."""
    return float(value) if least < value < np.inf else None


def _counts(y: Any) -> tuple[int, ...] | None:
    try:
        y = np.asarray(y)
        if y.ndim == 2 and y.shape[1] == 1:
            y = y[:, 0]
        if y.ndim != 1 or not len(y):
            return None
        return tuple(np.unique(y, return_counts=True)[1].tolist())
    except (TypeError, ValueError):  # labels that cannot be compared, lists of labels
        return None


def _deviation(y: Any) -> float:
    try:
        y = np.asarray(y, dtype=float)
    except (TypeError, ValueError):
        return 1.0
    if np.isnan(y).all(axis=0).any():  # of which NumPy warns
        return 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        deviation = np.mean(np.nanstd(y, axis=0))
        return _known(deviation, max(ROUNDING * np.nanmax(np.abs(y)), TINY)) or 1.0
