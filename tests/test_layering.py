"""The house rules of the package, read from its source without importing it.

A rule is a function from the imports and sizes of a package to a list of complaints.
The last test shows each rule a package that breaks it, and one that breaks none.
"""

import ast
import sys
import textwrap
import warnings
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "sklearn_bayes_search"

# Imports point to a smaller number. A sub-package has one row and is free inside.
ROWS = {
    0: ("exceptions", "_sklearn_compat"),
    1: ("space",),  # what is searched
    2: ("optimizer",),  # what decides
    3: ("results", "experience"),  # what reads results, what is known beforehand
    4: ("display", "execution"),  # what shows, what runs
    5: ("report", "testing"),  # what tells all of it, and checks members
    6: ("_search",),
    7: ("__init__", "__main__"),
}
ROW_OF = {module: row for row, modules in ROWS.items() for module in modules}
ENGINE = {"exceptions", "space", "optimizer"}
ENGINE_NEEDS = {"numpy", "scipy", "threadpoolctl"}
# A forest of our own would be worse and slower than scikit-learn's.
EXCEPTIONS = {("optimizer/surrogate/_forest.py", "sklearn")}
REQUIRED = {*ENGINE_NEEDS, "sklearn", "joblib", "pandas"}
MAX_LINES = 800
NAMELESS = {"utils", "helpers", "common", "misc"}


@dataclass(frozen=True)
class Import:
    """One imported name, wherever it stands in its file."""

    package: Path
    file: Path
    line: int
    module: str  # 'a.b' in 'from a.b import c' and in 'import a.b'
    name: str  # 'c' and ''
    relative: bool
    in_function: bool

    @property
    def where(self):
        return f"{place(self.file, self.package)}:{self.line}"

    @property
    def source(self):
        """The module of the house, one name a row entry, that holds the import."""
        return room(self.file, self.package)

    @property
    def target(self):
        """The module of the house that is imported, or None."""
        top, _, below = self.module.partition(".")
        if top != self.package.name:
            return None
        if below:
            return below.partition(".")[0]
        candidates = (f"{self.name}.py", f"{self.name}/__init__.py")
        is_module = any((self.package / path).exists() for path in candidates)
        return self.name if is_module else "__init__"

    @property
    def top(self):
        return self.module.partition(".")[0]

    @property
    def outside(self):
        """Whether it comes from neither this package nor the standard library."""
        ours = self.relative or self.top == self.package.name
        return not ours and self.top not in sys.stdlib_module_names


def place(file, package):
    return file.relative_to(package.parent).as_posix()


def room(file, package):
    """Name a file's place in ROWS: its own name, or that of its sub-package."""
    return file.relative_to(package).with_suffix("").parts[0]


def files(package):
    return sorted(package.rglob("*.py"))


def imports(package):
    for file in files(package):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        yield from _imports_below(tree, file, package, in_function=False)


def _imports_below(parent, file, package, *, in_function):
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, ast.Import | ast.ImportFrom):
            plain = isinstance(node, ast.Import)
            for alias in node.names:
                yield Import(
                    file=file,
                    line=node.lineno,
                    module=alias.name if plain else node.module or "",
                    name="" if plain else alias.name,
                    relative=not plain and node.level > 0,
                    in_function=in_function,
                    package=package,
                )
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        inner = in_function or function
        yield from _imports_below(node, file, package, in_function=inner)


def unlisted(package):
    return [
        f"{place(file, package)}:1: {room(file, package)!r} has no row. Give it one "
        "in ROWS, as low as its imports allow."
        for file in files(package)
        if room(file, package) not in ROW_OF
    ]


def not_downwards(package):
    return [
        f"{i.where}: {i.source!r} (row {ROW_OF[i.source]}) imports {i.target!r} (row "
        f"{ROW_OF[i.target]}). Move what is needed to a row below both, or pass it in "
        "as an argument."
        for i in imports(package)
        if i.source in ROW_OF and i.target in ROW_OF
        if i.source != i.target and ROW_OF[i.source] <= ROW_OF[i.target]
    ]


def engine_needs_more(package):
    return [
        f"{i.where}: the engine imports {i.module!r}. It has {sorted(ENGINE_NEEDS)} "
        "and the standard library: do it with these, or in a room above."
        for i in imports(package)
        if i.source in ENGINE
        if (i.outside and i.top not in ENGINE_NEEDS) or i.target == "_sklearn_compat"
        if (i.file.relative_to(package).as_posix(), i.top) not in EXCEPTIONS
    ]


def private_of_sklearn(package):
    def is_private(part):
        return part.startswith("_") and not part.startswith("__")

    return [
        f"{i.where}: {i.module}{'.' * bool(i.name)}{i.name} is private in "
        "scikit-learn. Import it in _sklearn_compat.py, and from there."
        for i in imports(package)
        if i.top == "sklearn" and i.source != "_sklearn_compat"
        if any(map(is_private, [*i.module.split("."), i.name]))
    ]


def relative(package):
    return [
        f"{i.where}: a relative import. Write it out: 'from {package.name}... import'."
        for i in imports(package)
        if i.relative
    ]


def optional_at_module_level(package):
    return [
        f"{i.where}: {i.module!r} is optional. Import it in the function that needs it."
        for i in imports(package)
        if i.outside and i.top not in REQUIRED and not i.in_function
    ]


def nameless(package):
    return [
        f"{place(path, package)}:1: the name does not say what is inside. Put each "
        "function beside its user, or name the module after what they do."
        for path in sorted(package.rglob("*"))
        if path.stem.strip("_") in NAMELESS
    ]


def keep(rule):
    complaints = rule(PACKAGE)
    assert not complaints, "\n" + "\n".join(complaints)


def test_every_module_has_a_row():
    assert files(PACKAGE), f"no module in {PACKAGE}"
    keep(unlisted)


def test_imports_point_strictly_down():
    keep(not_downwards)


def test_the_engine_needs_numpy_scipy_and_threadpoolctl_only():
    keep(engine_needs_more)


def test_private_names_of_scikit_learn_are_imported_in_one_module():
    keep(private_of_sklearn)


def test_the_top_level_is_seen_at_a_glance():
    entries = {entry.name for entry in PACKAGE.iterdir()} - {"__pycache__"}
    assert len(entries) <= 14


@pytest.mark.filterwarnings("default")
def test_long_modules_are_named():
    for file in files(PACKAGE):
        if len(file.read_text(encoding="utf-8").splitlines()) > MAX_LINES:
            warnings.warn(f"{file} is over {MAX_LINES} lines", stacklevel=2)


def test_imports_are_absolute():
    keep(relative)


def test_optional_packages_are_imported_in_functions_only():
    keep(optional_at_module_level)


def test_no_module_has_a_name_that_says_nothing():
    keep(nameless)


ALLOWED = {
    "__init__.py": "from fake._search import Search\nfrom fake import space",
    "_search.py": """
        import joblib, numpy as np, pandas as pd
        from sklearn.base import BaseEstimator
        from fake.optimizer import ask
        from fake._sklearn_compat import BaseSearchCV
        def draw():
            import matplotlib.pyplot as plt
    """,
    "results/__init__.py": "import pandas\nfrom fake.optimizer._trial import Trial",
    "optimizer/__init__.py": "import math, scipy.stats\nfrom fake import space",
    "optimizer/_trial.py": "from __future__ import annotations\nimport numpy",
    "optimizer/surrogate/_forest.py": "def fit():\n    from sklearn.tree import grow",
    "space/__init__.py": "from fake.space._parse import parse",
    "space/_parse.py": "import fake.space\nfrom fake.exceptions import Exhausted",
    "exceptions.py": "",
    "_sklearn_compat.py": "from sklearn.model_selection._search import BaseSearchCV",
}
BROKEN = [
    (unlisted, "notes.py", ""),
    (unlisted, "parts/deep.py", ""),
    (not_downwards, "space/_parse.py", "from fake.optimizer import ask"),
    (not_downwards, "space/_parse.py", "import fake.optimizer"),
    (not_downwards, "optimizer/_trial.py", "from fake import results"),
    (not_downwards, "optimizer/_trial.py", "from fake import experience"),
    (not_downwards, "results/_table.py", "from fake.execution._loop import run"),
    (not_downwards, "display/_axes.py", "from fake.execution import run"),
    (not_downwards, "_search.py", "from fake import Search"),
    (not_downwards, "exceptions.py", "import fake"),
    (not_downwards, "exceptions.py", "def f():\n    from fake.space import Real"),
    (not_downwards, "space/_a.py", "if TYPE_CHECKING:\n    from fake.results import A"),
    (engine_needs_more, "optimizer/_trial.py", "import joblib"),
    (engine_needs_more, "exceptions.py", "def f():\n    from sklearn import clone"),
    (engine_needs_more, "space/_parse.py", "from fake import _sklearn_compat"),
    (engine_needs_more, "optimizer/surrogate/_forest.py", "import joblib"),
    (engine_needs_more, "optimizer/surrogate/_other.py", "import sklearn"),
    (private_of_sklearn, "_search.py", "from sklearn.utils._tags import Tags"),
    (private_of_sklearn, "_search.py", "from sklearn.base import _fit_context"),
    (private_of_sklearn, "_search.py", "import sklearn.utils._tags as tags"),
    (private_of_sklearn, "_search.py", "from sklearn.utils import _tags"),
    (relative, "_search.py", "from .optimizer import ask"),
    (relative, "_search.py", "from . import optimizer"),
    (optional_at_module_level, "display.py", "import matplotlib.pyplot as plt"),
    (optional_at_module_level, "display.py", "try:\n    import rich\nfinally: pass"),
    (optional_at_module_level, "display.py", "class A:\n    from dask import delayed"),
    (nameless, "utils.py", ""),
    (nameless, "space/_helpers.py", ""),
    (nameless, "common/__init__.py", ""),
]


@pytest.fixture
def fake(tmp_path):
    for name, source in ALLOWED.items():
        write(tmp_path / "fake" / name, source)
    return tmp_path / "fake"


def write(file, source):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(textwrap.dedent(source), encoding="utf-8")


@pytest.mark.parametrize("rule", list(dict.fromkeys(rule for rule, _, _ in BROKEN)))
def test_a_rule_accepts_what_is_allowed(rule, fake):
    assert rule(fake) == []


@pytest.mark.parametrize(("rule", "name", "source"), BROKEN)
def test_a_rule_rejects_what_breaks_it(rule, name, source, fake):
    write(fake / name, source)
    (complaint,) = rule(fake)
    assert complaint.startswith(f"fake/{name.removesuffix('/__init__.py')}")
