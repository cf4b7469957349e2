"""What identifies a search: digests, the same in each process, whatever is cached.

A value is written as text, its large parts as digests of their own. Data count by their
values, and an estimator by its parameters. A function, or an object that is called,
counts by its code and by all that its calls do not change.
"""

import copyreg
import functools
import random
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from hashlib import blake2b
from itertools import chain, count, islice
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.frozen import FrozenEstimator

from sklearn_bayes_search.execution._journal._code import (
    ANYTHING,
    changed_attributes,
    changes_of_function,
    content_of,
    function_of,
    is_installed,
    names_read,
)
from sklearn_bayes_search.space import Space

# How values without parts are written.
PLAIN: dict[type, Callable[[Any], str]] = {
    int: hex,  # repr refuses very large ones
    **dict.fromkeys((bool, float, complex, str, bytes, range), repr),
    **dict.fromkeys((date, timedelta, Decimal), repr),
    **dict.fromkeys(map(type, (None, Ellipsis, NotImplemented)), repr),
}
# Longer texts, more items and more bytes are digested piece by piece.
LONGEST_TEXT, N_ITEMS, N_BYTES = 200, 4096, 1 << 24
MAX_DEPTH = 60
RANDOM = np.random.RandomState | np.random.Generator | random.Random


def fingerprint(
    space: Space, seed: int | None, racing: Any = None, **components: Any
) -> dict[str, str | None]:
    """Identify a search: what must be the same for its results to be of use.

    Digests by component are equal where contents are equal: data by their values, an
    estimator by its class and its parameters, a function by what it does, a
    distribution as a whole. ``seed`` is None where any will do.
    """
    digests: dict[str, str | None]
    digests = {"space": digest(code=(_distributions(space), space.constraint))}
    digests |= {name: digest(value) for name, value in components.items()}
    digests["seed"] = None if seed is None else str(seed)
    return {**digests, "racing": _racing(racing)}


def _racing(racing: Any) -> str:
    """Write racing down, the same for numbers of Python and of NumPy."""
    if racing is None:
        return repr(racing)
    values = vars(racing).items()
    numpy = {name: v.item() for name, v in values if isinstance(v, np.generic)}
    return repr(replace(racing, **numpy))


def _distributions(space: Space) -> list[dict[str, Any]]:
    """Return what tells the dimensions of one space from those of another."""
    return [
        {name: _distribution(written[name], d) for name, d in dimensions.items()}
        for written, dimensions in zip(space.written, space.branches, strict=True)
    ]


def _distribution(given: Any, dimension: Any) -> list[Any]:
    # choices are written down by their numbers
    parts = [dimension.choices] if hasattr(dimension, "choices") else []
    if not parts or (given is not dimension and hasattr(given, "rvs")):
        parts.append(given)
    if hasattr(given, "rvs") and given is not dimension and not hasattr(given, "cdf"):
        parts.append(vars(dimension))  # made of its draws
    return parts


def digest(*values: Any, code: Sequence[Any] = ()) -> str:
    """Compute a digest, hexadecimal, that is equal where values are.

    They are data, estimators, functions, and what is made of them. Objects in ``code``
    count by what they do, as if called.
    """
    writer = _Writer()
    parts = [writer.of(value) for value in values]
    with writer.within_code():
        parts += [writer.of(value) for value in code]
        parts += writer.functions_of_modules()
    return _hash(_join("digest", parts))


def _hash(text: str) -> str:
    return blake2b(text.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()


def _join(kind: str, parts: Iterable[str]) -> str:
    text = f"{kind}({', '.join(parts)})"
    return text if len(text) <= LONGEST_TEXT else f"{kind}#{_hash(text)}"


class _Writer:
    """Writes values as text.

    Functions that others find in their modules are referred to by name and written
    once, by `functions_of_modules`: they may call each other in any way.
    """

    def __init__(self) -> None:
        # by their ids, the depths of the objects that hold the present one
        self._above: dict[int, int] = {}
        self._in_code = self._as_it_is = False
        self._found: dict[str, FunctionType] = {}  # functions of modules by name
        self._changes: dict[tuple[type, bool], tuple[set[str], set[str]]] = {}

    @contextmanager
    def within_code(self) -> Iterator[None]:
        """Write objects by what they do."""
        before, self._in_code = self._in_code, True
        try:
            yield
        finally:
            self._in_code = before

    def functions_of_modules(self) -> list[str]:
        """Write all functions that were referred to, and those that they refer to."""
        written: dict[str, str] = {}
        while missing := self._found.keys() - written.keys():
            for name in missing:
                written[name] = self._function(self._found[name], is_callee=True)
        return [f"{name}: {text}" for name, text in sorted(written.items())]

    def of(self, value: Any) -> str:
        """Write a value."""
        kind = type(value)
        if kind in PLAIN:
            text = PLAIN[kind](value)
            return text if len(text) <= LONGEST_TEXT else f"#{_hash(text)}"
        if kind is tuple and all(type(item) in PLAIN for item in value):
            # there may be millions, as choices
            return _join("tuple", [PLAIN[type(item)](item) for item in value])
        depth = len(self._above)
        if id(value) in self._above:
            return f"the one {depth - self._above[id(value)]} above"
        if depth > MAX_DEPTH:
            return _name(type(value))
        self._above[id(value)] = depth
        try:
            return self._of_parts(value)
        finally:
            del self._above[id(value)]

    def _of_parts(self, value: Any) -> str:
        kind = type(value)
        if kind is tuple or kind is list:
            return self._items(kind.__name__, value)
        if kind is dict:
            return _join("dict", sorted(self._pairs(value)))
        if isinstance(value, set | frozenset):
            return _join(_name(kind), sorted(map(self.of, value)))
        if isinstance(value, np.generic):
            return self._scalar(value)
        if isinstance(value, np.ndarray):
            return self._array(value)
        if isinstance(value, pd.DataFrame | pd.Series | pd.Index):
            return self._table(value)
        if isinstance(value, pd.api.extensions.ExtensionArray):
            return self._column(pd.Series(value))
        if issparse(value):
            return self._sparse(value)
        if isinstance(value, type | ModuleType):
            return _name(value)
        if isinstance(value, Enum):
            return _join(f"{_name(kind)}.{value.name}", [self.of(value.value)])
        if hasattr(value, "get_params") and not self._as_it_is:
            return self._estimator(value)
        if callable(value):
            with self.within_code():
                return self._code(value)
        return self._object(value)

    def _items(self, kind: str, items: Sequence[Any]) -> str:
        """Write a sequence; a long one piece by piece, since it may be data."""
        if len(items) <= N_ITEMS:
            return _join(kind, map(self.of, items))
        whole, rest = blake2b(digest_size=16), iter(items)
        while part := list(islice(rest, N_ITEMS)):
            text = _plain_text(part) or ", ".join(map(self.of, part))
            whole.update(_hash(text).encode())
        return f"{kind} of {len(items)}#{whole.hexdigest()}"

    def _pairs(self, mapping: Any) -> list[str]:
        return [f"{self.of(key)}: {self.of(v)}" for key, v in dict(mapping).items()]

    def _scalar(self, value: Any) -> str:
        own = value.item() if value.dtype.kind in "biufcUS" else value
        return self._array(np.asarray(own)) if own is value else self.of(own)

    def _array(self, array: np.ndarray) -> str:
        if isinstance(array, np.ma.MaskedArray):
            mask = np.ma.getmaskarray(array)
            return _join("masked", map(self.of, (mask, array.filled())))
        dtype, shape = array.dtype, array.shape
        if dtype.names is not None:  # there may be anything in the gaps between fields
            fields = [np.asarray(array[name]) for name in dtype.names]
            return _join(f"fields {dtype.names}", map(self.of, fields))
        if dtype.kind in "OT" or dtype.char in "gG":  # addresses, and gaps
            items = array.ravel().tolist()
            items = items if dtype.kind in "OT" else list(map(repr, items))
            return self._items(f"{dtype.char}{shape}", items)
        dtype, rows = dtype.newbyteorder("<"), np.atleast_1d(array)
        whole, step = blake2b(digest_size=16), max(len(rows), 1)
        if array.nbytes > N_BYTES:
            step = max(N_BYTES * step // array.nbytes, 1)
        for start in range(0, len(rows) if array.nbytes else 0, step):
            part = np.ascontiguousarray(rows[start : start + step], dtype=dtype)
            whole.update(part.reshape(-1).view(np.uint8).data)
        return f"{dtype.str}{shape}#{whole.hexdigest()}"

    def _table(self, table: Any) -> str:
        """Write a table of pandas column by column."""
        kind = _name(type(table))
        if isinstance(table, pd.DataFrame):
            columns = [table.iloc[:, i] for i in range(table.shape[1])]
            parts = [self.of(table.index), self.of(table.columns)]
            return _join(kind, [*parts, *map(self._column, columns)])
        if isinstance(table, pd.MultiIndex):
            levels = [table.get_level_values(i) for i in range(table.nlevels)]
            names = self.of(list(table.names))
            return _join("index", [names, *map(self._column, levels)])
        parts = [self.of(table.name), self._column(table)]
        if isinstance(table, pd.Series):
            return _join(kind, [self.of(table.index), *parts])
        return _join("index", parts)  # a RangeIndex is the one with its numbers

    def _column(self, column: Any) -> str:
        dtype, array = column.dtype, column.array
        parts: list[Any] = []
        if isinstance(dtype, np.dtype | pd.SparseDtype):
            values = np.asarray(column)
        elif isinstance(dtype, pd.CategoricalDtype):
            parts, values = [dtype.ordered, dtype.categories], np.asarray(array.codes)
        elif isinstance(dtype, pd.IntervalDtype):
            parts, values = [array.left], array.right
        elif isinstance(dtype, pd.DatetimeTZDtype | pd.PeriodDtype):
            values = np.asarray(array.view("i8"))
        elif dtype.kind in "biuf" and hasattr(dtype, "numpy_dtype"):
            kind = dtype.numpy_dtype
            parts = [np.asarray(array.isna())]
            values = array.to_numpy(kind, na_value=kind.type())
        else:
            values = np.asarray(array.astype(object))
        return _join(str(dtype), map(self.of, [*parts, values]))

    def _sparse(self, data: Any) -> str:
        # whether indices are sorted changes when somebody looks
        data = data.tocsr(copy=True) if data.ndim == 2 else data.tocoo(copy=True)
        data.sum_duplicates()
        places = (data.indices, data.indptr) if data.ndim == 2 else data.coords
        places = [np.asarray(place, dtype=np.int64) for place in places]
        return _join("sparse", map(self.of, (data.shape, data.data, *places)))

    def _estimator(self, estimator: Any) -> str:
        """Write an estimator by its parameters, since it will be cloned.

        One that stays fitted when it is cloned counts with all that it has learned.
        """
        if isinstance(estimator, FrozenEstimator):
            self._as_it_is = True
            try:
                return self._object(estimator)
            finally:
                self._as_it_is = False
        pairs = self._pairs(estimator.get_params(deep=False))
        return _join(_name(type(estimator)), sorted(pairs))

    def _code(self, value: Any) -> str:
        """Write a function, what is made of one, or an object that is called."""
        kind = type(value)
        if isinstance(value, FunctionType):
            return _name(value) if is_installed(value) else self._function(value)
        if isinstance(value, MethodType):
            return _join("method", map(self.of, (value.__func__, value.__self__)))
        if isinstance(value, functools.partial):
            code = getattr(value.func, "__code__", None)
            names = chain(code.co_varnames if code else (), count())
            values = [*zip(names, value.args, strict=False), *value.keywords.items()]
            bound = self._unchanged(value.func, values)
            return _join("partial", [self.of(value.func), *bound])
        if is_installed(kind) and hasattr(value, "__wrapped__"):  # as by lru_cache
            return _join(_name(kind), [self.of(value.__wrapped__)])
        return self._object(value)

    def _function(self, function: FunctionType, is_callee: bool = False) -> str:
        """Write a function of the user's by what it does and what it finds.

        Of one that it calls, only data and functions count: others are more likely to
        look different in another process than to be what somebody changed.
        """
        code, module = function.__code__, function.__globals__
        defaults = function.__defaults__ or ()
        names = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
        enclosed = map(content_of, function.__closure__ or ())
        values = [
            *zip(code.co_freevars, enclosed, strict=True),
            *zip(names, defaults, strict=True),
            *(function.__kwdefaults__ or {}).items(),
        ]
        if is_callee:
            values = [(k, v) for k, v in values if callable(v) or _is_data(v)]
        parts = [_constant(code)]
        for name in sorted(names_read(code) & module.keys()):
            value = module[name]
            if isinstance(value, FunctionType) and not is_installed(value):
                place = f"{module.get('__name__')}.{name}"
                self._found[place] = value
                parts.append(place)
            elif _is_data(value):
                values.append((name, value))
        return _join(_name(function), [*parts, *self._unchanged(function, values)])

    def _unchanged(
        self, function: Any, pairs: Iterable[tuple[Any, Any]]
    ) -> Iterator[str]:
        """Write what a function encloses or finds, but what it may change."""
        assigned, changed = changes_of_function(function)
        for name, value in pairs:
            if name in assigned:
                continue
            may_change = {name, ANYTHING} & changed and not _keeps_its_digest(value)
            yield f"{name}={_name(type(value)) if may_change else self.of(value)}"

    def _object(self, value: Any) -> str:
        """Write any object as pickle would store it, but what it caches."""
        kind = type(value)
        if isinstance(value, Iterator) or (self._in_code and isinstance(value, RANDOM)):
            return _name(kind)  # every use changes it
        if hasattr(kind, "__array__") and (foreign := self._foreign_data(value)):
            return _join(_name(kind), foreign)
        try:
            # functions of NumPy and patterns of re have their ways there
            reduce = copyreg.dispatch_table.get(kind)
            reduced = reduce(value) if reduce else value.__reduce_ex__(4)
        except Exception:  # whatever an object's own methods raise
            return _name(kind)
        if isinstance(reduced, str):
            return f"{_name(kind)} {reduced}"
        make, arguments, state, items, pairs = (*reduced, None, None, None)[:5]
        parts = [self.of(make), *map(self.of, arguments), *map(self.of, items or ())]
        pairs = self._pairs(pairs or ())
        parts += pairs if isinstance(value, OrderedDict) else sorted(pairs)
        with_slots = isinstance(state, tuple) and len(state) == 2
        for attributes in state if with_slots else [state]:
            if isinstance(attributes, dict):
                attributes = self._unchanged_attributes(kind, attributes) or None
            if attributes is not None:
                parts.append(self.of(attributes))
        if self._in_code:
            parts += self._methods(kind)
        return _join(_name(kind), parts)

    def _foreign_data(self, value: Any) -> list[str] | None:
        """Write data of another library, as of polars; None if it has other ways."""
        names = getattr(value, "column_names", getattr(value, "columns", None))
        try:
            columns = [value[name] for name in names] if names is not None else [value]
            arrays = [np.asarray(column) for column in columns]
        except Exception:  # as of a tensor on another device
            return None
        if any(array.dtype.kind == "O" and array.ndim == 0 for array in arrays):
            return None
        kinds = [str(getattr(column, "dtype", "")) for column in columns]
        names = None if names is None else list(names)
        return [self.of(part) for part in (names, kinds, *arrays)]

    def _unchanged_attributes(
        self, kind: type, attributes: Mapping[str, Any]
    ) -> dict[str, Any]:
        assigned, changed = self._changes_of_class(kind)
        return {
            name: value
            for name, value in attributes.items()
            if name not in assigned
            and (name not in changed or _keeps_its_digest(value))
        }

    def _changes_of_class(self, kind: type) -> tuple[set[str], set[str]]:
        key = kind, self._in_code
        if key not in self._changes:
            self._changes[key] = changed_attributes(*key)
        return self._changes[key]

    def _methods(self, kind: type) -> Iterator[str]:
        """Refer to the methods of the user's classes, and write their constants."""
        assigned, changed = self._changes_of_class(kind)
        for base in [base for base in kind.__mro__ if not is_installed(base)]:
            for name, member in sorted(vars(base).items()):
                function = function_of(member)
                place = f"{_name(base)}.{name}"
                if function is not None:
                    self._found[place] = function
                    yield place
                elif name not in assigned and not name.startswith("__"):
                    keeps = name not in changed or _keeps_its_digest(member)
                    counts = keeps and _is_data(member)
                    yield f"{place}={self.of(member) if counts else None}"


def _plain_text(items: list[Any]) -> str | None:
    """Write items at once, if they and what lists among them hold are plain.

    A call for each of millions of choices would take a minute.
    """
    inner = items
    for _ in range(4):
        kinds = set(map(type, inner))
        if not kinds <= PLAIN.keys() | {tuple, list}:
            return None
        if not kinds <= {tuple, list}:
            inner = [item for item in inner if type(item) in (tuple, list)]
        inner = list(chain.from_iterable(inner))
    try:
        return None if inner else repr(items)
    except ValueError:  # an int of very many digits
        return None


def _constant(constant: Any) -> str:
    """Write a constant of code, or code; sets in an order that processes share."""
    if isinstance(constant, CodeType):
        inner = map(_constant, constant.co_consts)
        return _join("code", [constant.co_code.hex(), *inner, *constant.co_names])
    if isinstance(constant, tuple):
        return _join("tuple", map(_constant, constant))
    if isinstance(constant, frozenset):
        return _join("frozenset", sorted(map(_constant, constant)))
    return repr(constant)


def _keeps_its_digest(value: Any) -> bool:
    """Check that a value cannot change in place, or what changes is left out anyhow."""
    if isinstance(value, tuple | frozenset):
        return all(map(_keeps_its_digest, value))
    fixed = isinstance(value, np.generic | type | ModuleType | Enum)
    return (
        type(value) in PLAIN or fixed or callable(value) or hasattr(value, "get_params")
    )


def _is_data(value: Any) -> bool:
    """Check that a value consists of data, functions, and objects of scikit-learn."""
    if isinstance(value, dict):
        return _is_data([*value, *value.values()])
    if isinstance(value, list | tuple | set | frozenset):
        return all(map(_is_data, value))
    if isinstance(value, functools.partial):
        return _is_data([*value.args, *value.keywords.values()])
    tables = pd.DataFrame | pd.Series | pd.Index
    return (
        type(value) in PLAIN
        or isinstance(value, np.generic | np.ndarray | FunctionType | Enum | tables)
        or issparse(value)
        or (callable(value) and type(value).__module__.startswith("sklearn."))
    )


def _name(value: Any) -> str:
    module = "" if isinstance(value, ModuleType) else f"{value.__module__}."
    return f"{module}{getattr(value, '__qualname__', value.__name__)}"
