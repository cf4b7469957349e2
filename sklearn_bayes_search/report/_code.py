"""The Python code of a search, as far as it can be told from the object."""

import importlib.metadata
import inspect
import platform
import sys
import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from sklearn_bayes_search._short_text import shown, visible
from sklearn_bayes_search.exceptions import safe_repr

__all__ = ["code_of", "is_generator", "versions"]

# A value with longer code is left out, as a list of ten thousand numbers.
LONGEST = 2000


class _Writer:
    """Writes expressions, and keeps which imports they need and what is left out."""

    def __init__(self):
        self.imports, self.left_out, self.generators = set(), [], []

    def write(self, value):
        """Write a value as an expression."""
        text = self._write(value)
        return text if len(text) <= LONGEST else self.leave_out(value)

    def leave_out(self, value):
        """Write three dots, and say below what they stand for."""
        self.left_out.append(shown(value))
        return "..."

    def named(self, thing):
        """Write the name of a class or function, imported from a public place."""
        name, module = thing.__qualname__, thing.__module__
        if module == "builtins":
            return name
        if "<" in name or "." in name:
            return None
        parts = module.split(".")
        public = [p for p in parts if not p.startswith("_")]
        for place in (".".join(public), module):
            if getattr(sys.modules.get(place), name, None) is thing:
                if place != "__main__":
                    top = getattr(sys.modules.get(parts[0]), name, None)
                    ours = parts[0] == "sklearn_bayes_search" and top is thing
                    self.imports.add(
                        f"from {parts[0] if ours else place} import {name}"
                    )
                return name
        return None

    def _write(self, value):
        if isinstance(value, np.generic):
            return self._write(value.item())
        if isinstance(value, float) and not np.isfinite(value):
            return f'float("{value}")'
        if value is None or isinstance(value, bool | int | float | complex | range):
            return repr(value)
        if isinstance(value, str | bytes):
            return repr(value)
        if isinstance(value, Mapping):
            return self._mapping(value)
        if type(value) in (list, tuple):
            if value and all(isinstance(each, Mapping) for each in value):
                ends = "[]" if isinstance(value, list) else "()"
                inner = "".join(f"{self.write(each)},\n" for each in value)
                return f"{ends[0]}\n{indent(inner)}{ends[1]}"
            inner = ", ".join(map(self.write, value))
            if isinstance(value, list):
                return f"[{inner}]"
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        if isinstance(value, np.ndarray) and value.dtype.kind in "iufb":
            self.imports.add("import numpy as np")
            return f"np.array({self._write(value.tolist())})"
        if isinstance(value, pd.DataFrame | np.ndarray):
            return self.leave_out(value)
        return self._object(value)

    def _mapping(self, value):
        entries = [f"{self._write(k)}: {self._write(v)}" for k, v in value.items()]
        flat = f"{{{', '.join(entries)}}}"
        if len(flat) <= 60:
            return flat
        inner = "".join(f"{entry},\n" for entry in entries)
        return f"{{\n{indent(inner)}}}"

    def _object(self, value):
        if isinstance(value, type) or inspect.isroutine(value):
            name = self.named(value) if hasattr(value, "__qualname__") else None
            return name or self.leave_out(value)
        distribution = getattr(value, "dist", None)
        if (
            hasattr(value, "args")
            and hasattr(value, "kwds")
            and distribution is not None
        ):
            self.imports.add(f"from scipy.stats import {distribution.name}")
            return self._call(distribution.name, value.args, value.kwds)
        name = self.named(type(value))
        if name is None:
            return self.leave_out(value)
        if isinstance(value, BaseEstimator):
            return self._call(name, (), changed(value))
        own = getattr(value, "__dict__", {})
        if any(map(is_generator, own.values())):
            known = inspect.signature(type(value)).parameters
            if not set(known) <= set(own):
                return self.leave_out(value)
            return self._call(name, (), {key: own[key] for key in known})
        text = shown(value, LONGEST)
        return text if text.startswith(f"{name}(") else self.leave_out(value)

    def _call(self, name, args, kwargs):
        inner = [self.write(arg) for arg in args]
        inner += [
            f"{key}={self.write(value)}"
            for key, value in self.without_generators(name, kwargs).items()
        ]
        return f"{name}({', '.join(inner)})"

    def without_generators(self, name, arguments):
        """Leave out arguments whose state at the start is not known any more."""
        drawn = [key for key, value in arguments.items() if is_generator(value)]
        self.generators += [f"{key} of {name}" for key in drawn]
        return {key: v for key, v in arguments.items() if key not in drawn}


def is_generator(value):
    """Tell whether a value draws numbers, so that it cannot be written as code.

    Parameters
    ----------
    value : object
        As for ``random_state``.

    Returns
    -------
    is_generator : bool
        False for a seed.
    """
    return isinstance(value, np.random.RandomState | np.random.Generator)


def indent(text):
    """Move code to the right."""
    return textwrap.indent(text, "    ")


def changed(estimator):
    """Give the parameters of an estimator that are not the defaults."""
    parameters = inspect.signature(type(estimator).__init__).parameters
    return {
        name: value
        for name, value in estimator.get_params(deep=False).items()
        if name not in parameters
        or safe_repr(value) != safe_repr(parameters[name].default)
    }


def code_of(search, best_params=None):
    """Write the code that makes the search.

    Parameters
    ----------
    search : estimator
        A search.
    best_params : dict, default=None
        What it found, written below.

    Returns
    -------
    code : str
        With imports, and a remark where something has no code of its own.
    """
    writer = _Writer()
    name = writer.named(type(search)) or type(search).__name__
    if "Halving" in name:
        writer.imports.add(
            "from sklearn.experimental import enable_halving_search_cv  # noqa: F401"
        )
    parameters = writer.without_generators(name, changed(search))
    lines = []
    # in the order of the constructor, which get_params does not keep
    for key in inspect.signature(type(search).__init__).parameters:
        if key in parameters:
            value = parameters[key]
            if key == "prior_results" and value is not None:
                text = writer.leave_out("prior_results: what earlier searches found")
            else:
                text = writer.write(value)
            lines.append(indent(f"{key}={text},"))
    search_code = "\n".join([f"search = {name}(", *lines, ")", "search.fit(X, y)"])
    if best_params is not None:
        search_code += f"\n\nbest_params = {writer.write(best_params)}"
    # the experimental import has to come before what it enables
    imports = sorted(writer.imports, key=lambda i: ("experimental" not in i, i))
    remarks = [f"# ... stands for {text}" for text in dict.fromkeys(writer.left_out)]
    remarks += [
        f"# {what} was a generator of random numbers, which has no code"
        for what in dict.fromkeys(writer.generators)
    ]
    return visible("\n".join([*imports, "", *remarks, search_code]).strip())


def versions(search):
    """List the versions of what the search was run with, as the page is written.

    Returns
    -------
    versions : list of (str, str)
        Names and versions.
    """
    names = [
        "sklearn-bayes-search",
        "scikit-learn",
        "numpy",
        "scipy",
        "joblib",
        "pandas",
    ]
    rows = [("Python", platform.python_version())]
    for part in [search.estimator, *search.estimator.get_params().values()]:
        top = type(part).__module__.partition(".")[0]
        known = {"sklearn", "numpy", "scipy", "builtins", "__main__", "pandas"}
        if top not in known and hasattr(part, "fit") and top not in names:
            names.append(top)
    for name in names:
        try:
            rows.append((name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            continue
    rows.append(("System", platform.platform(terse=True)))
    return rows
