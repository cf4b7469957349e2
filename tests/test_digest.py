"""Digests are of values: whatever objects cache, in every process."""

import collections
import datetime
import enum
import functools
import heapq
import itertools
import json
import os
import re
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats
from sklearn.base import BaseEstimator, clone
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import accuracy_score, fbeta_score, make_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import Integer, Real, Space
from sklearn_bayes_search.execution._journal import fingerprint
from sklearn_bayes_search.execution._journal._digest import digest

N = 30
WORDS = ["alpha", "beta", "gamma", "delta", "epsilon"]
COLUMNS = {
    "Int64": lambda: pd.array([*range(N - 1), None], dtype="Int64"),
    "Float64": lambda: pd.array([*np.arange(N - 1) / 7, None], dtype="Float64"),
    "boolean": lambda: pd.array([True, None, False] * (N // 3), dtype="boolean"),
    "string": lambda: pd.array(["u", None, "v"] * (N // 3), dtype="string"),
    "time zone": lambda: pd.date_range("2020", periods=N, tz="UTC"),
    "dates": lambda: pd.date_range("2020", periods=N),
    "period": lambda: pd.period_range("2020", periods=N, freq="M"),
    "timedelta": lambda: pd.timedelta_range("1D", periods=N),
    "category": lambda: pd.Categorical(["u", None, "v"] * (N // 3)),
    "interval": lambda: pd.interval_range(0, N),
    "sparse": lambda: pd.arrays.SparseArray([0, 0, 1] * (N // 3)),
    "text": lambda: [f"text {i}" for i in range(N)],
    "objects": lambda: pd.Series([frozenset(WORDS), None, "1"] * (N // 3)),
    "float": lambda: np.arange(N) / 7,
}


def frame(kind):
    return pd.DataFrame({"a": np.arange(N) * 0.5, "c": COLUMNS[kind]()})


def use(data):
    """Look at a frame in ways that fill the caches of pandas."""
    column = data["c"]
    repr(data), data.memory_usage(deep=True), data.index.is_unique
    column.isna().any(), column.hasnans, column.array.isna().any()
    if column.dtype != object:
        column.unique(), column.sort_values()
    if column.dtype != object and not isinstance(column.dtype, pd.SparseDtype):
        data.describe(include="all")  # pandas 2 has no deviation of sparse columns


@pytest.mark.parametrize("kind", COLUMNS)
def test_looking_at_a_frame_does_not_change_its_digest(kind):
    data = frame(kind)
    first = digest(data)
    use(data)
    assert digest(data) == first
    assert digest(data.copy()) == digest(frame(kind)) == first


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_frame_counts_with_all_that_it_holds(kind):
    data = frame(kind)
    others = [
        data.iloc[[1, 0, *range(2, N)]].reset_index(drop=True),
        data.set_index(data.index + 1),
        data.rename(columns={"c": "C"}),
        data[["c", "a"]],
        data.assign(c=data["c"].to_numpy()[::-1]),
        data.assign(a=data["a"].astype("float32")),
        data["c"],
    ]
    assert len({digest(value) for value in [data, *others]}) == 8


def test_numbers_and_missing_ones_are_told_apart():
    whole = pd.Series(pd.array([0, 1], dtype="Int64"))
    columns = [whole, whole.where(whole > 0), whole.astype("Int32"), whole.astype(int)]
    assert len(set(map(digest, columns))) == 4
    # what lies under the mask does not count
    hidden = pd.arrays.IntegerArray(np.array([5, 1]), np.array([True, False]))
    assert digest(pd.Series(hidden)) == digest(whole.where(whole > 0))


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4),
        np.arange(12).reshape(3, 4).astype(">i2"),
        np.array([["a", "bc"], ["d", ""]]),
        np.array([1, "1", None, frozenset(WORDS)], dtype=object),
        np.array(
            [(1, 2.0), (3, 4.0)], dtype=np.dtype([("x", "i1"), ("y", "f8")], True)
        ),
        np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0]),
        np.arange(3, dtype=np.longdouble),
        np.array(["2020", "NaT"], dtype="M8[s]"),
        np.array(1.5),
        np.empty((0, 3)),
    ],
    ids=lambda array: f"{array.dtype} {array.shape}",
)
def test_an_array_counts_by_its_values_and_not_by_its_place_in_memory(array):
    wide = np.ma.concatenate if isinstance(array, np.ma.MaskedArray) else np.concatenate
    same = [array.copy(order="F")]
    if array.ndim:
        same.append(wide([array, array])[: len(array)])
    assert set(map(digest, same)) == {digest(array)}
    if array.size > 1:
        assert digest(array[::-1]) != digest(array)
        assert digest(array.reshape(1, *array.shape)) != digest(array)


def test_very_large_data_are_digested_in_parts(monkeypatch):
    array, items = np.arange(24.0).reshape(6, 4), list(range(50))
    whole = digest(array, array.T), digest(items)
    monkeypatch.setattr("sklearn_bayes_search.execution._journal._digest.N_BYTES", 40)
    monkeypatch.setattr("sklearn_bayes_search.execution._journal._digest.N_ITEMS", 7)
    assert digest(array, array.T) == whole[0]
    assert digest(items) != digest([*items[:-1], 0])


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "lil", "dok"])
def test_sparse_data_count_by_their_values(kind):
    data = sparse.random_array((20, 10), density=0.3, rng=0, format=kind)
    assert digest(data) == digest(data.tocsr())
    assert digest(data) != digest(data * 2)
    assert digest(data) != digest(data.tocsr()[::-1])


class Colour(enum.Enum):
    RED = frozenset(WORDS)


class Box:
    def __init__(self, content):
        self.content = content
        self._length = None

    @property
    def length(self):
        if self._length is None:
            self._length = len(self.content)
        return self._length

    @functools.cached_property
    def first(self):
        return next(iter(self.content))


class Holder(BaseEstimator):
    def __init__(self, words=None):
        self.words = words


KEEP = frozenset(WORDS)
NESTED = (frozenset(WORDS), 1)


def reads_a_set(estimator, X, y):
    return float(estimator.predict(X)[0] in KEEP)


def reads_a_tuple(estimator, X, y):
    return float(estimator.predict(X)[0] in NESTED[0])


def enclosing(value):
    return lambda x: x in value


VALUES = {
    "frozenset": lambda: frozenset(WORDS),
    "set": lambda: set(WORDS),
    "dict made of a set": lambda: dict.fromkeys(set(WORDS), 1),
    "nested": lambda: [({"a": frozenset({(frozenset(WORDS), 1)})},)],
    "counter": lambda: collections.Counter(set(WORDS)),
    "enum": lambda: Colour.RED,
    "object": lambda: Box(frozenset(WORDS)),
    "estimator": lambda: Holder(frozenset(WORDS)),
    "array": lambda: np.array([frozenset(WORDS), set(WORDS)], dtype=object),
    "many": lambda: [frozenset(WORDS)] * 5000,
    "scorer": lambda: reads_a_set,
    "scorer of a tuple": lambda: reads_a_tuple,
    "closure": lambda: enclosing(frozenset(WORDS)),
    "partial": lambda: functools.partial(reads_a_set, frozenset(WORDS)),
    "constant": lambda: lambda x: x in {"alpha", "beta", "gamma", "delta"},
    "functions": lambda: frozenset({reads_a_set, reads_a_tuple, enclosing}),
    **{kind: functools.partial(frame, kind) for kind in COLUMNS},
}


def all_digests():
    digests = {name: digest(make()) for name, make in VALUES.items()}
    space = Space(
        {
            "words": [frozenset(WORDS), set(WORDS), "a"],
            "functions": [None, lambda x: x, np.abs, enclosing],
        }
    )
    parts = fingerprint(
        space,
        0,
        scoring=lambda e: [i for i in e if i in {"a", "b", "c", "d"}],
        other=lambda e: e in {"a", "b", "c", "d"},
    )
    return digests | parts


@pytest.mark.slow
def test_digests_are_the_same_in_every_process():
    code = "from test_digest import *; print(json.dumps(all_digests()))"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=os.path.dirname(__file__),
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        for seed in ("1", "2")
    ]
    one, other = (json.loads(process.communicate()[0]) for process in processes)
    assert one == other


def test_looking_at_an_object_does_not_change_its_digest():
    box = Box(("a", "b"))
    first = digest([box])
    assert (box.length, box.first) == (2, "a")
    assert digest([box]) == first
    assert digest([Box(("a", "c"))]) != first


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        (1, "1"),
        ("1", b"1"),
        ([1, 2], (1, 2)),
        ([1, 2], [2, 1]),
        ([[1], 2], [1, [2]]),
        ({"a": 1}, {"a": 2}),
        ({1: 1}, {"1": 1}),
        ({1, 2}, {1, 3}),
        (["a, b"], ["a", "b"]),
        ([10**5000], [10**5000 + 1]),
        ("x" * 5000, "x" * 4999 + "y"),
        (Box([1]), Box([2])),
        (Holder(1), Holder(2)),
        (Holder(np.random.RandomState(0)), Holder(np.random.RandomState(1))),
        (collections.OrderedDict(a=1, b=2), collections.OrderedDict(b=2, a=1)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_different_values_have_different_digests(one, other):
    assert digest(one) != digest(other)


def test_a_frozen_estimator_counts_with_what_it_has_learned():
    X, y = np.arange(8.0).reshape(4, 2), [0, 1, 0, 1]

    def frozen(y):
        model = FrozenEstimator(DecisionTreeClassifier(random_state=0).fit(X, y))
        return make_pipeline(StandardScaler(), model)

    assert digest(frozen(y)) == digest(clone(frozen(y))) != digest(frozen(y[::-1]))


def test_equal_values_have_equal_digests():
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest(np.float64(0.1), np.int32(3)) == digest(0.1, 3)
    assert digest(pd.RangeIndex(3)) == digest(pd.Index([0, 1, 2]))


def test_values_that_hold_themselves_have_a_digest():
    def ring(value):
        items = [value]
        items.append({"again": items})
        return items

    assert digest(ring(1)) == digest(ring(1)) != digest(ring(2))


class Tracker:
    def __init__(self):
        self.n, self.log = 0, []

    def note(self, value):
        self.n += 1
        self.log.append(value)


class Counting:
    n_ever = 0

    def __init__(self, factor=1.0, n=0):
        self.factor, self.n, self.cache, self.tracker = factor, n, {}, Tracker()
        self.seen, self.table = set(), np.zeros(3)

    def __call__(self, *args):
        self._count()
        Counting.n_ever += 1
        self.cache[self.n] = self.last = args
        self.seen.add(self.n)
        self.table[0] += 1
        self.tracker.note(args)
        return self.factor

    def _count(self):
        self.n += 1

    def method(self, *args):
        self.n += 1


CACHE, SEEN, N_CALLS, RNG = {}, set(), 0, np.random.default_rng(0)


def counts_globally(*args):
    global N_CALLS
    N_CALLS += 1
    CACHE[N_CALLS] = True
    SEEN.add(RNG.random())


def remember(cache, *args):
    cache[len(cache)] = args


def lets_another_remember(*args):
    remember(CACHE, *args)


def remembers_in_its_default(*args, cache={}, seen=set()):  # noqa: B006
    cache[len(cache)] = args
    seen.add(len(seen))
    return 1.0


def counts_on_itself(*args):
    counts_on_itself.n = getattr(counts_on_itself, "n", 0) + 1


def enclosing_a_cache():
    cache, numbers, n = {}, itertools.count(), 0

    def call(*args):
        nonlocal n
        n += 1
        cache[n] = next(numbers)

    return call


def enclosing_what_notes():
    log, tracker = [], Tracker()

    def note(value):
        log.append(value)

    def call(*args):
        note(args)
        tracker.note(args)

    return call


def counted(function):
    @functools.wraps(function)
    def wrapper(*args):
        wrapper.n += 1
        return function(*args)

    wrapper.n = 0
    return wrapper


def counts_beside(function):
    """Count calls in a list that the wrapper alone knows."""
    calls = []

    @functools.wraps(function)
    def wrapper(*args):
        calls.append(len(args))
        return function(*args)

    return wrapper


class CountsInItsClass:
    n, seen = 0, []

    @counts_beside
    def __call__(self, value):
        CountsInItsClass.n += 1
        type(self).seen.append(value)
        self.note(value)

    @counts_beside
    def note(self, value):
        self.last = value


def orders(value, heap=[]):  # noqa: B006
    heapq.heappush(heap, len(heap))


def remembers_by_another_name(seen):
    def call(value):
        mine = seen
        for part in mine["parts"]:
            part.append(value)

    return call


@pytest.mark.parametrize(
    "make",
    [
        Counting,
        CountsInItsClass,
        lambda: orders,
        lambda: counts_beside(str),
        lambda: remembers_by_another_name({"parts": [[]]}),
        lambda: Counting().method,
        lambda: {"a": Counting(), "b": counts_globally},
        lambda: counts_globally,
        lambda: lets_another_remember,
        lambda: remembers_in_its_default,
        lambda: counts_on_itself,
        enclosing_a_cache,
        enclosing_what_notes,
        lambda: counted(str),
        lambda: functools.partial(remember, {}),
        lambda: functools.lru_cache(counts_globally),
        lambda: make_scorer(remembers_in_its_default),
    ],
)
def test_calls_do_not_change_a_digest(make):
    callables = make()
    first = digest(callables)
    for function in callables.values() if isinstance(callables, dict) else [callables]:
        function = getattr(function, "_score_func", function)
        function([1][0]), function("b")
    assert digest(callables) == digest(make()) == first


def in_module(source, **names):
    """Make the function f of a module that consists of a few lines."""
    module = {"__name__": "module", **names}
    exec(source, module)
    return module["f"]


@pytest.mark.parametrize(
    "source",
    [
        "def f(x, seen=set()): seen |= {len(seen)}",
        "def f(x, seen={1, 2}): seen &= {2}",
        "def f(x, *, seen={1, 2}): seen ^= {2}",
        "def f(x, seen={}): seen |= {len(seen): x}",
        "def f(x, seen=[]): seen += [x]",
        "def f(x, seen=[1]): seen *= 2",
        "def f(x, total=np.zeros(2)): total += 1",
        "def f(x, total=np.zeros(2)): total.fill(len(x) + 1)",
        "def f(x, total=np.zeros(2)): np.copyto(total, len(x) + 1)",
        "def f(x, seen=[set()]): seen[0] |= {len(seen[0])}",
        "def f(x, seen=set()):\n also = seen\n also |= {len(also)}",
        "def f(x, seen=set()):\n def note(s): s |= {len(s)}\n note(seen)",
        "def note(s): s |= {len(s)}\ndef f(x, seen=set()): note(seen)",
        "def note(seen=set()): seen |= {len(seen)}\ndef f(x): note()",
        "class F:\n def __call__(self, x, seen=set()): seen |= {len(seen)}\nf = F()",
        "class F:\n def __init__(self): self.seen = set()\n"
        " def __call__(self, x):\n  seen = self.seen\n  seen |= {len(seen)}\nf = F()",
    ],
)
def test_what_operators_and_methods_change_is_no_part_of_a_digest(source):
    function = in_module(source, np=np)
    first = digest(function)
    for word in "ab":
        function(word)
        assert digest(function) == digest(in_module(source, np=np)) == first


def weighs(value):
    return lambda estimator, X, y: value


def weighs_with_notes(weights):
    """Fill containers of its own, and note in a list that it encloses."""
    log = []

    def score(x):
        own, total = {}, np.zeros(2)
        own[x] = weights["a"]
        total[0] = own[x]
        log.append(total)
        return total

    return score


class WeighsWithNotes:
    def __init__(self, weights):
        self.weights, self.log, self.cache = weights, [], {}

    def __call__(self, x):
        self.log.append(x)
        self.cache[x] = self.weights["a"]
        return self.cache[x]


def difference(one, other):
    return lambda x: one(x) - other(x)


F = "def f(x): return K"
SUMS = [
    "def f(x, k=[{}]):\n n, mask = x\n n += 1\n mask &= n\n return k",
    "def f(x, k=[{}]):\n for n in x: n *= 2\n return k",
    "def g(x):\n x += 1\n return x\ndef f(x, k=[{}]): return g(x) * k[0]",
    "class F:\n def __init__(self): self.k = [{}]\n"
    " def __call__(self, x):\n  x += 1\n  return self.k\nf = F()",
]
CALLS = "def h(x): return K * x\ndef g(x): return h(x)\ndef f(x): return g(x)"
RING = "def g(n): return f(n - 1)\ndef f(n): return g(n) if n else {}"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (weighs(1), weighs(2)),
        (weighs([1, 2]), weighs([2, 1])),
        (weighs({"a": 1}), weighs({"a": 2})),
        (weighs(np.eye(2)), weighs(np.ones((2, 2)))),
        (weighs_with_notes({"a": 1}), weighs_with_notes({"a": 2})),
        (WeighsWithNotes({"a": 1}), WeighsWithNotes({"a": 2})),
        (counts_beside(weighs(1)), counts_beside(weighs(2))),
        (np.log1p, np.sqrt),
        (datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)),
        (Decimal("1.5"), Decimal("1.6")),
        (re.compile("a"), re.compile("b")),
        (re.compile("a").match, re.compile("b").match),
        (
            in_module(F + "(x)", K=make_scorer(fbeta_score, beta=1)),
            in_module(F + "(x)", K=make_scorer(fbeta_score, beta=2)),
        ),
        (
            in_module(F + "(x)", K=functools.partial(pow, 1)),
            in_module(F + "(x)", K=functools.partial(pow, 2)),
        ),
        (weighs(Holder(1)), weighs(Holder(2))),
        (weighs(lambda: 1), weighs(lambda: 2)),
        (difference(weighs(1), weighs(2)), difference(weighs(2), weighs(1))),
        (Counting(1.0), Counting(2.0)),
        (Counting(1.0).method, Counting(2.0).method),
        (functools.partial(remember, 1), functools.partial(remember, 2)),
        (make_scorer(fbeta_score, beta=1), make_scorer(fbeta_score, beta=2)),
        (make_scorer(accuracy_score), make_scorer(fbeta_score)),
        (in_module(F, K=1), in_module(F, K=2)),
        (in_module(F, K=[1]), in_module(F, K=[2])),
        (in_module(F, K=np.ones(2)), in_module(F, K=np.zeros(2))),
        (in_module(F, K=frozenset("a")), in_module(F, K=frozenset("b"))),
        (in_module(CALLS, K=1), in_module(CALLS, K=2)),
        (in_module(CALLS, K=1), in_module(CALLS.replace("* x", "+ x"), K=1)),
        (in_module(RING.format(1)), in_module(RING.format(2))),
        *((in_module(sums.format(1)), in_module(sums.format(2))) for sums in SUMS),
        (in_module("def f(x, k=1): pass"), in_module("def f(x, k=2): pass")),
        (in_module("def f(x, *, k=1): pass"), in_module("def f(x, *, k=2): pass")),
        (
            in_module("class F:\n k = 1\n def __call__(self): pass\nf = F()"),
            in_module("class F:\n k = 2\n def __call__(self): pass\nf = F()"),
        ),
        (
            in_module("class F:\n def __call__(self): return 1\nf = F()"),
            in_module("class F:\n def __call__(self): return 2\nf = F()"),
        ),
    ],
)
def test_what_does_other_things_has_another_digest(one, other):
    assert digest(one) != digest(other)


class Clipped:
    """Has ``rvs`` only."""

    def __init__(self, mean):
        self.mean = mean

    def rvs(self, random_state=None):
        return float(np.clip(random_state.normal(self.mean, 0.3), 0, 1))


class DrawsFrom:
    """Is told from others by what it draws."""

    def __init__(self, values):
        self.rvs = lambda random_state=None: random_state.choice(values)


def histogram(*counts):
    return stats.rv_histogram((np.array(counts), np.arange(len(counts) + 1.0)))


def weighted(*weights):
    return stats.rv_discrete(values=(range(len(weights)), weights))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (stats.geom(1e-5), stats.geom(1e-6)),
        (stats.zipf(1.5), stats.zipf(3.0)),
        (stats.poisson(1e6), stats.poisson(5e6)),
        (stats.binom(10**6, 0.1), stats.binom(10**6, 0.9)),
        (stats.randint(0, 10**6), stats.randint(0, 10**6 + 1)),
        (stats.loguniform(1e-3, 1.0), stats.loguniform(1e-3, 1.0 + 1e-15)),
        (stats.norm(0, 1), stats.norm(1, 1)),
        (histogram(1, 1, 8), histogram(8, 1, 1)),
        (histogram(1, 1, 8)(loc=1), histogram(1, 1, 8)(loc=2)),
        (weighted(0.8, 0.1, 0.1), weighted(0.1, 0.1, 0.8)),
        (weighted(0.5, 0.5)(loc=1), weighted(0.5, 0.5)(loc=2)),
        (Clipped(0.3), Clipped(0.7)),
        (DrawsFrom([1, 2, 3]), DrawsFrom([1, 2, 4])),
        (Real(0, 1), Real(0, 2)),
        (Real(1, 2), Real(1, 2, log=True)),
        (Integer(1, 5), Integer(1, 6)),
        ([1, 2], [1, 2.0]),
        (range(10**6), range(10**6 + 1)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_space_counts_with_the_whole_of_its_distributions(one, other):
    digests = [fingerprint(Space({"a": d}), 0)["space"] for d in (one, one, other)]
    assert digests[0] == digests[1] != digests[2]


def test_choices_count_by_their_values_however_they_are_listed():
    spaces = [
        Space({"a": [1, 2, 3]}),
        Space({"a": (1, 2, 3)}),
        Space({"a": range(1, 4)}),
    ]
    assert len({fingerprint(space, 0)["space"] for space in spaces}) == 1
    # an estimator as a choice counts with its parameters
    one, other = (Space({"a": [Holder(k), None]}) for k in (1, 2))
    assert fingerprint(one, 0) != fingerprint(other, 0)
