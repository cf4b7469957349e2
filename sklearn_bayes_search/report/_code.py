"""The Python code of a search, as far as it can be told from the object."""

import ast
import importlib.metadata
import inspect
import platform
import re
from contextlib import suppress
from typing import Any

from sklearn_bayes_search.report._expressions import Writer, changed, indent
from sklearn_bayes_search.results._short_text import visible

ENABLE_HALVING = (
    "from sklearn.experimental import enable_halving_search_cv  # noqa: F401"
)
# What every search depends on.
PACKAGES = ("scikit-learn", "numpy", "scipy", "joblib", "pandas")


def code_of(search: Any, best_params: dict[str, Any] | None = None) -> str:
    """Write the code that makes a search, with imports, and what it found.

    A remark stands where something has no code of its own.
    """
    writer = Writer()
    name = writer.named(type(search))
    if name is None:
        name = re.sub(r"\W", "_", type(search).__name__)
        writer.undefined[name] = None
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
    used = {n.id for n in ast.walk(ast.parse(search_code)) if isinstance(n, ast.Name)}
    imports = {line for known, line in writer.imports.items() if known in used}
    ordered = sorted(imports)
    if "Halving" in name:  # before what it enables
        ordered.insert(0, ENABLE_HALVING)
    remarks = [f"# ... stands for {text}" for text in writer.left_out]
    own = [known for known in writer.undefined if known in used]
    remarks += [f"# {known} is defined where the search was run" for known in own]
    drawn = "was a generator of random numbers, which has no code"
    remarks += [f"# {what} {drawn}" for what in writer.generators]
    return visible("\n".join([*ordered, "", *remarks, search_code]).strip())


def versions(search: Any) -> list[tuple[str, str]]:
    """List the versions of what the search was run with, as the page is written."""
    parts = [search.estimator, *search.estimator.get_params().values()]
    classes = [type(part) for part in parts if hasattr(type(part), "fit")]
    tops = [cls.__module__.partition(".")[0] for cls in classes]
    rows = [("Python", platform.python_version())]
    for name in dict.fromkeys(["sklearn-bayes-search", *PACKAGES, *tops]):
        with suppress(importlib.metadata.PackageNotFoundError):
            rows.append((name, importlib.metadata.version(name)))
    rows.append(("System", platform.platform(terse=True)))
    return rows
