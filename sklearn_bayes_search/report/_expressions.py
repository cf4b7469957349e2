"""Values as Python expressions that make equal ones, with the imports these need."""

import ast
import builtins
import enum
import inspect
import keyword
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import scipy.stats

from sklearn_bayes_search._sklearn_compat import scorer_arguments
from sklearn_bayes_search.exceptions import safe_repr
from sklearn_bayes_search.results._short_text import shown

# A value with longer code is left out, as a list of ten thousand numbers.
LONGEST = 2000
NUMPY = "import numpy as np"
# Names that mean something else in the code.
TAKEN = {*dir(builtins), *keyword.kwlist, "np", "search", "X", "y", "best_params"}
SCRIPT = ("__main__", "__mp_main__")
PLAIN = {bool, int, float, str, type(None)}
# Where functions are looked for that do not tell their module, as ufuncs.
WITHOUT_MODULE = ("builtins", "numpy", "scipy.special")
# What the repr of an object may consist of if it is to be taken for code.
CODE = (
    *(ast.Call, ast.Name, ast.Attribute, ast.Constant, ast.keyword, ast.expr_context),
    *(ast.List, ast.Tuple, ast.Set, ast.Dict, ast.UnaryOp, ast.unaryop),
    *(ast.BinOp, ast.operator),
)


class Writer:
    """Writes expressions, and keeps which imports they need and what is left out."""

    def __init__(self) -> None:
        self.imports: dict[str, str] = {}  # the lines, by the names that they bring
        # names that the script of the search defines
        self.undefined: dict[str, None] = {}
        self.left_out: dict[str, None] = {}
        self.generators: dict[str, None] = {}
        self._inside: set[int] = set()

    def write(self, value: Any) -> str:
        """Write a value as an expression, three dots where there is none."""
        if id(value) in self._inside:
            return self.leave_out(f"{shown(value)}, which holds itself")
        kept = dict(self.left_out), dict(self.generators)
        self._inside.add(id(value))
        text, too_long = None, _size(value) > LONGEST
        with suppress(Exception):  # of the user's object, whatever it is
            text = None if too_long else self._write(value)
        self._inside.discard(id(value))
        if text is not None and len(text) <= LONGEST:
            return text
        self.left_out, self.generators = kept
        why = "is too long" if too_long or text else "cannot be written as code"
        return self.leave_out(f"{shown(value)}, which {why}")

    def leave_out(self, what: str) -> str:
        """Write three dots, and keep what they stand for."""
        self.left_out[what] = None
        return "..."

    def named(self, thing: Any) -> str | None:
        """Write the name of a class or function, imported from a public place.

        None where there is none.
        """
        called, owner = thing.__name__, getattr(thing, "__self__", None)
        owner = getattr(thing, "__objclass__", owner)
        if isinstance(owner, type):
            name = self.named(owner)
            known = name is not None and getattr(owner, called, None) == thing
            return f"{name}.{called}" if known else None
        names = dict.fromkeys([getattr(thing, "__qualname__", called), called])
        for place in _public_places(getattr(thing, "__module__", None)):
            for name in names:
                if _is_public(name) and _found(place, name) is thing:
                    return self._imported(place, name)
        if owner is None or inspect.ismodule(owner) or is_generator(owner):
            return None
        text = self._whole(self._write, owner)
        bare = text is None or not text[0].isdigit()
        return text and f"{text if bare else f'({text})'}.{called}"

    def _imported(self, place: str, name: str) -> str | None:
        """Write a name of a module, one that means nothing else in the code."""
        first, dot, rest = name.partition(".")
        if place == "builtins":
            return name
        if place == "numpy":
            self.imports["np"] = NUMPY
            return f"np.{name}"
        if place in SCRIPT:
            self.undefined[first] = None
            return None if first in self.imports else name
        known, line = first, f"from {place} import {first}"
        while (
            known in TAKEN
            or known in self.undefined
            or self.imports.get(known, line) != line
        ):
            known = f"{known}_"
            line = f"from {place} import {first} as {known}"
        self.imports[known] = line
        return f"{known}{dot}{rest}"

    def _write(self, value: Any) -> str | None:
        """Write a value; None where there is no code for it."""
        if isinstance(value, enum.Enum):
            name = self.named(type(value))
            if type(value).__members__.get(value.name) is value:
                return name and f"{name}.{value.name}"
            return name and self._call(name, (value.value,), {})
        if isinstance(value, np.generic):
            plain = value.item()
            known = value.dtype.kind not in "mM" and not isinstance(plain, np.generic)
            return self._write(plain) if known else self._from_repr(value)
        kind = type(value)
        if kind is float and not np.isfinite(value):
            return f'float("{value}")'
        if kind is complex:
            return self._call("complex", (value.real, value.imag), {})
        if kind in PLAIN or kind in (bytes, bytearray, range, type(Ellipsis)):
            return repr(value)
        if kind is slice:
            return self._call("slice", (value.start, value.stop, value.step), {})
        if isinstance(value, Mapping):
            return self._mapping(value)
        if kind in (list, tuple, set, frozenset):
            return self._collection(value)
        if kind is np.ndarray:
            return self._array(value)
        if isinstance(value, np.dtype):
            self.imports["np"] = NUMPY
            return f"np.dtype({str(value)!r})" if value.names is None else None
        return self._object(value)

    def _mapping(self, value: Mapping[Any, Any]) -> str:
        entries = [f"{self.write(k)}: {self.write(v)}" for k, v in value.items()]
        flat = f"{{{', '.join(entries)}}}"
        return flat if len(flat) <= 60 else _in_lines(entries, "{}")

    def _collection(self, value: Any) -> str:
        texts = [self.write(each) for each in value]
        if isinstance(value, set | frozenset):
            inner = f"{{{', '.join(sorted(texts))}}}" if texts else ""
            frozen = isinstance(value, frozenset)
            return f"frozenset({inner})" if frozen else inner or "set()"
        ends = "[]" if isinstance(value, list) else "()"
        if texts and all(isinstance(each, Mapping) for each in value):
            return _in_lines(texts, ends)
        comma = "," if len(value) == 1 and isinstance(value, tuple) else ""
        return f"{ends[0]}{', '.join(texts)}{comma}{ends[1]}"

    def _array(self, value: np.ndarray) -> str | None:
        values = value.tolist()
        plain = value.dtype.kind in "iufbU" or set(map(type, value.flat)) <= PLAIN
        if not plain or (not value.size and value.ndim > 1):
            return None
        self.imports["np"] = NUMPY
        same = np.array(values).dtype == value.dtype
        dtype = "" if same else f', dtype="{value.dtype}"'
        return f"np.array({self._write(values)}{dtype})"

    def _object(self, value: Any) -> str | None:
        if isinstance(getattr(value, "__name__", None), str):
            name = self.named(value)
            if name or isinstance(value, type) or inspect.isroutine(value):
                return name
        if isinstance(value, partial):
            name, arguments = self.named(partial), (value.func, *value.args)
            return self._whole_call(name, arguments, value.keywords)
        scorer = scorer_arguments(value)
        if scorer is not None:
            make_scorer, function, options = scorer
            return self._whole_call(self.named(make_scorer), (function,), options)
        if hasattr(value, "dist") or hasattr(value, "rvs"):
            text = self._distribution(value)
            if text is not None:
                return text
        imports = dict(self.imports)
        name = self.named(type(value))
        if name is None:
            return None
        if hasattr(value, "get_params"):
            return self._call(name, (), changed(value))
        if type(value) is not tuple and isinstance(value, tuple):
            return self._whole_call(name, tuple(value), {})
        kept = _constructor_arguments(value)
        if kept is not None:
            return self._whole_call(name, (), kept)
        self.imports = imports  # the repr may have another name for the class
        return self._from_repr(value)

    def _distribution(self, value: Any) -> str | None:
        """Write one of scipy's, frozen or not."""
        own = getattr(value, "dist", value)
        name = getattr(own, "name", None)
        if not isinstance(name, str):
            return None
        public = getattr(scipy.stats, name, None)
        if public is None or type(public) is not type(own):
            return None
        text = self._imported("scipy.stats", name)
        if own is value:
            return text if public is value else None
        return self._whole_call(text, value.args, value.kwds)

    def _from_repr(self, value: Any) -> str | None:
        """Take the repr where it is a call, of what can be imported."""
        text = repr(value)
        tree = ast.parse(text, mode="eval").body
        if not isinstance(tree, ast.Call):
            return None
        inner = set()  # parts of dotted names
        for node in ast.walk(tree):
            if not isinstance(node, CODE) or getattr(node, "value", None) is Ellipsis:
                return None
            if isinstance(node, ast.Attribute):
                inner.add(node.value)
            if isinstance(node, ast.Attribute | ast.Name) and node not in inner:
                thing = self._thing(ast.unparse(node), type(value))
                if thing is None:
                    return None
                if node is tree.func and not _takes(thing, tree, type(value)):
                    return None
        return text

    def _thing(self, name: str, cls: type) -> Any:
        """Find what a name in the repr of an object of a class means; import it."""
        if name == cls.__name__:
            return cls if self.named(cls) == name else None
        root, dot, rest = name.partition(".")
        if not dot:
            return getattr(builtins, name, None)
        place = "numpy" if root == "np" else root
        line = NUMPY if root == "np" else f"import {root}"
        taken = root != "np" and (root in TAKEN or root in self.undefined)
        if not _is_public(name) or taken or self.imports.get(root, line) != line:
            return None
        self.imports[root] = line
        return _found(place, rest)

    def _call(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
        inner, odd = [self.write(arg) for arg in args], {}
        for key, value in self.without_generators(name, kwargs).items():
            if key.isidentifier() and not keyword.iskeyword(key):
                inner.append(f"{key}={self.write(value)}")
            else:
                odd[key] = value
        if odd:
            inner.append(f"**{self.write(odd)}")
        return f"{name}({', '.join(inner)})"

    def _whole_call(
        self, name: str | None, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> str | None:
        """Write a call that looks at its arguments: none can be left out."""
        return name and self._whole(self._call, name, args, kwargs)

    def _whole(self, write: Callable[..., str | None], *arguments: Any) -> str | None:
        """Return what a method writes, None if it leaves anything out."""
        n = len(self.left_out)
        text = write(*arguments)
        return text if len(self.left_out) == n else None

    def without_generators(
        self, name: str, arguments: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Leave out arguments whose state at the start is not known any more."""
        drawn = [key for key, value in arguments.items() if is_generator(value)]
        self.generators.update(dict.fromkeys(f"{key} of {name}" for key in drawn))
        return {key: v for key, v in arguments.items() if key not in drawn}


def is_generator(value: Any) -> bool:
    """Check whether a value draws numbers, so that it cannot be written as code."""
    return isinstance(value, np.random.RandomState | np.random.Generator)


indent = partial(textwrap.indent, prefix="    ")


def _in_lines(entries: Sequence[str], ends: str) -> str:
    inner = "".join(f"{entry},\n" for entry in entries)
    return f"{ends[0]}\n{indent(inner)}{ends[1]}"


def changed(estimator: Any) -> dict[str, Any]:
    """Return the parameters of an estimator that are not the defaults."""
    defaults = inspect.signature(type(estimator).__init__).parameters
    return _changed(estimator.get_params(deep=False), defaults)


def _changed(
    arguments: Mapping[str, Any], parameters: Mapping[str, inspect.Parameter]
) -> dict[str, Any]:
    return {
        name: value
        for name, value in arguments.items()
        if name not in parameters
        or parameters[name].default is inspect.Parameter.empty
        or safe_repr(value) != safe_repr(parameters[name].default)
    }


def _constructor_arguments(value: Any) -> dict[str, Any] | None:
    """Return the arguments that an object keeps as attributes; None if it does not."""
    own = getattr(value, "__dict__", None)
    if own is None:
        return None
    parameters = inspect.signature(type(value)).parameters
    several = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
    names = [name for name, p in parameters.items() if p.kind not in several]
    if not set(names) <= set(own) or (own and not names):
        return None
    return _changed({name: own[name] for name in names}, parameters)


def _public_places(module: object) -> Sequence[str]:
    """List modules that may have what a module defines, the shortest name first."""
    if module in SCRIPT:
        return [module]
    if not isinstance(module, str):
        return WITHOUT_MODULE
    parts = module.split(".")
    ways = [parts, [p for p in parts if p[:1] != "_"], [p.lstrip("_") for p in parts]]
    places = [".".join(way[:n]) for way in ways for n in range(1, len(way) + 1)]
    places = [place for place in dict.fromkeys(places) if _is_public(place)]
    return sorted(places, key=len)


def _is_public(name: str) -> bool:
    parts = name.split(".")
    return all(part.isidentifier() and not part.startswith("_") for part in parts)


def _found(place: str, name: str) -> Any:
    """Return what a module that is loaded has under a name, which may have dots."""
    thing = sys.modules.get(place)
    for part in name.split("."):
        # getattr of a module may warn of names that it once had
        own = vars(thing) if inspect.ismodule(thing) else None
        thing = getattr(thing, part, None) if own is None else own.get(part)
    return thing


def _takes(function: Any, call: ast.Call, cls: type) -> bool:
    """Check whether a call of a function or class may make an object of a class."""
    tops = {str(each.__module__).partition(".")[0] for each in (function, cls)}
    try:
        arguments = {str(each.arg): each.value for each in call.keywords}
        inspect.signature(function).bind(*call.args, **arguments)
    except TypeError:
        return False
    except ValueError:  # a class of C without a signature
        pass
    return len(tops) == 1


def _size(value: Any) -> int:
    """Count what a collection holds; each takes a character at least."""
    if isinstance(value, np.ndarray):
        return value.size
    known = str, bytes, list, tuple, set, frozenset, Mapping
    return len(value) if isinstance(value, known) else 0
