"""Values as code: what is written runs as it stands, and gives an equal value."""

import ast
import datetime
import decimal
import enum
import functools
import math
import operator
import pathlib
import re
from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import scipy.special
from scipy import stats
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.gaussian_process.kernels import RBF, Matern, WhiteKernel
from sklearn.linear_model import LogisticRegression
from sklearn.linear_model import Ridge as LinearRidge
from sklearn.metrics import fbeta_score, make_scorer
from sklearn.model_selection import GridSearchCV, KFold, PredefinedSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

from sklearn_bayes_search import (
    BayesSearchCV,
    Categorical,
    FoldRacing,
    Integer,
    OneStandardError,
    Ordinal,
    Real,
    Space,
)
from sklearn_bayes_search.report._code import code_of


class Color(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    LOW = 1


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


Point = namedtuple("Point", "x y")


@dataclass(frozen=True)
class Data:
    a: int = 1
    b: str = "two  spaces\n"


class Outer:
    class Inner:
        def __init__(self, a=1):
            self.a = a

        def __repr__(self):
            return f"an Inner with {self.a}"

    @classmethod
    def make(cls):
        return cls()

    def method(self):
        return self


class Ridge(Outer.Inner):
    """Has the name of one of scikit-learn's."""


def search(x):
    return x


def _hidden(x):
    return x


class Raises:
    def __getattr__(self, name):
        raise RuntimeError(name)


class Liar:
    def __init__(self):
        self.n = 0

    def __repr__(self):
        return "Liar(n=Nowhere(0))"


class Taken:
    __slots__ = ()

    def __repr__(self):
        return "Taken(n=1)"


HOLDS_ITSELF = [1]
HOLDS_ITSELF.append(HOLDS_ITSELF)

# Each is equal to what its code makes, or is the same thing.
VALUES = [
    *(str.lower, str.split, np.ndarray.copy, dict.fromkeys, len, int, math.sqrt),
    *(np.log, np.mean, np.float32, np.add.reduce, np.random.rand, np.linalg.norm),
    *(scipy.special.expit, operator.add, SVC, search, Outer, Outer.Inner, Outer.make),
    *(Outer.method, Color, Color.RED, Level.LOW, Rights.READ, Rights(3)),
    *(
        None,
        True,
        0,
        -1.5,
        10**400,
        1 + 2j,
        "a'b\"c",
        "x  y\n z",
        "\u202e\x1b",
        b"\x00",
    ),
    *(math.inf, -math.inf, Ellipsis, range(3), slice(0, 5), bytearray(b"a")),
    *(np.int8(3), np.float16(0.1), np.float64(2), np.True_, np.str_("a")),
    *(np.complex64(1j), np.longdouble("0.1"), np.datetime64("2020-01-01")),
    *(np.datetime64(1, "ns"), np.timedelta64(3, "h"), np.dtype("f4"), np.dtype("U3")),
    *((), (1,), (1, [2, {"a": (3,)}]), set(), {3, 1, "a"}, frozenset({"a", "b"})),
    *(
        {},
        {0: 1.5, "b": np.float64(2)},
        [{"a": 1}, {"b": (2,)}],
        Point(1, 2.5),
        Data(3),
    ),
    *(datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)),
    *(
        datetime.timedelta(days=1),
        decimal.Decimal("0.1"),
        pathlib.PurePosixPath("/a b"),
    ),
    *(re.compile(r"a\d", re.I | re.M), pd.Timestamp("2020-01-01"), pd.Int64Dtype()),
    pathlib.PurePosixPath("/a b"),
    *(Real(1e-3, 1.0, log=True), Integer(1, np.int64(5)), Ordinal(["a", "b"])),
    *(Categorical(list(range(50))), OneStandardError(["a", "-b"]), FoldRacing()),
]
# Their code makes what has the same repr.
OBJECTS = [
    *(math.nan, np.float64("nan"), complex(math.nan, 1)),
    *(np.array([1, 2]), np.array([1.5, np.nan], dtype="f4"), np.array([["a", "bc"]])),
    *(np.array([1, None, "a"], dtype=object), np.array([])),
    *(functools.partial(np.percentile, q=3), functools.partial(search, 1)),
    *(operator.itemgetter(1), operator.attrgetter("a.b"), Outer.Inner(3)),
    *(make_pipeline(StandardScaler(), SVC(C=2)), TfidfVectorizer(tokenizer=str.split)),
    StackingClassifier(
        [("rf", RandomForestClassifier(n_estimators=3)), ("svc", SVC(C=3.3))],
        final_estimator=LogisticRegression(C=0.1),
    ),
    *(FunctionTransformer(np.log1p), RBF(2.0) + WhiteKernel(), Matern(nu=math.inf)),
    make_column_transformer((StandardScaler(), slice(0, 3)), remainder="passthrough"),
    *(make_scorer(fbeta_score, beta=2), KFold(3, shuffle=True, random_state=1)),
    *(PredefinedSplit([0, 1, 0]), Space({"a": [1, 2]})),
]
# And these have no code.
NONE = [
    *(
        lambda x: x,
        _hidden,
        functools.lru_cache(len),
        functools.partial(lambda x: x, 1),
    ),
    *(make_scorer(lambda a, b: 0), Raises(), Liar(), Taken(), type(None), math),
    *(
        np.random.default_rng(0),
        np.random.RandomState(0),
        np.random.default_rng(0).normal,
    ),
    *(np.ma.array([1]), np.empty((0, 3)), pd.DataFrame({"a": [1]}), pd.Series([1])),
    *(pd.CategoricalDtype(["a"]), stats.rv_histogram(np.histogram([1, 2]))),
    *(np.arange(5000), list(range(10**5)), "x" * 5000, 10**5000, pd.NA),
]


def made(code):
    """Run code of a search as it stands, fit apart; give the search."""
    namespace = {}
    exec(code.replace("search.fit(X, y)", ""), namespace)
    return namespace["search"]


def imports(code):
    tree = ast.parse(code)
    return [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]


def through_code(value):
    code = code_of(GridSearchCV(SVC(), {"C": [value]}))
    for node in imports(code):
        names = [alias.name for alias in node.names]
        for name in [*names, getattr(node, "module", "") or ""]:
            assert not re.search(r"(^|\.)_", name), code
    return code, made(code).param_grid["C"][0]


@pytest.mark.parametrize("value", VALUES, ids=lambda v: type(v).__name__)
def test_the_code_of_a_value_makes_an_equal_one(value):
    code, again = through_code(value)
    assert again is value or again == value, code
    assert "# ..." not in code


@pytest.mark.parametrize("value", OBJECTS, ids=lambda v: type(v).__name__)
def test_the_code_of_an_object_makes_one_that_looks_the_same(value):
    def text(value):
        return re.sub(r" at 0x[0-9a-f]+", "", repr(value))

    code, again = through_code(value)
    assert text(again).replace("np.float64(nan)", "nan") == text(value).replace(
        "np.float64(nan)", "nan"
    )
    assert type(again) is type(value) or isinstance(value, np.generic)
    assert "# ..." not in code


@pytest.mark.parametrize("value", NONE, ids=lambda v: str(type(v)))
def test_what_has_no_code_is_three_dots_and_said_to_be(value):
    code, again = through_code(value)
    assert again is Ellipsis
    assert re.search("# [.]{3} stands for .*, which (cannot be|is too)", code)
    assert len(code) < 600


def test_a_choice_of_columns_and_a_distribution_have_code():
    chooser = make_column_selector(dtype_include=object)
    assert through_code(chooser)[1].dtype_include is object
    frozen = stats.loguniform(1e-3, 1.0, scale=2.0)
    again = through_code(frozen)[1]
    assert (again.dist.name, again.args, again.kwds) == (
        frozen.dist.name,
        frozen.args,
        frozen.kwds,
    )


def test_a_method_of_a_value_has_code():
    for method, result in (("a b".split, ["a", "b"]), ((5).bit_length, 3)):
        assert through_code(method)[1]() == result


def test_arguments_of_any_name_have_code():
    _, again = through_code(functools.partial(dict, **{"a b": 1, "if": 2, "c": 3}))
    assert again() == {"a b": 1, "if": 2, "c": 3}


def test_what_holds_itself_ends():
    code, again = through_code(HOLDS_ITSELF)
    assert again == [1, ...]
    assert "which holds itself" in code


def test_a_lambda_within_an_estimator_leaves_the_rest():
    code, again = through_code(FunctionTransformer(lambda x: x, validate=True))
    assert again.validate
    assert "# ... stands for <lambda>, which cannot be written as code" in code


def test_names_that_mean_two_things_are_told_apart():
    values = [Ridge(2), LinearRidge(alpha=3), search, operator.add, np.add]
    code = code_of(GridSearchCV(SVC(), {"C": values}))
    again = made(code).param_grid["C"]
    assert [type(value) for value in again] == [type(value) for value in values]
    assert again[2:] == values[2:]


def test_imports_are_those_that_the_code_needs():
    code, _ = through_code([datetime.timedelta(1), functools.partial(lambda x: x)])
    names = [alias.name for node in imports(code) for alias in node.names]
    assert sorted(names) == ["GridSearchCV", "SVC", "datetime"]


def test_what_a_script_defines_is_said_to_be_defined_there(monkeypatch):
    class Own(BaseEstimator):
        def __init__(self, a=1):
            self.a = a

    import __main__

    Own.__module__, Own.__qualname__ = "__main__", "Own"
    monkeypatch.setattr(__main__, "Own", Own, raising=False)
    code = code_of(BayesSearchCV(Own(a=2), {"a": [1, 2]}))
    assert "# Own is defined where the search was run" in code
    assert "estimator=Own(a=2)," in code
    assert "__main__" not in code
