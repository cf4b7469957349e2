"""The documentation holds: its code runs, links lead somewhere, no name is missing.

Every `>>>` example of doc/*.rst is a doctest; the python blocks of README.md are run in
their order, as a reader would.
"""

import ast
import doctest
import importlib.util
import pkgutil
import re
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest

import sklearn_bayes_search

ROOT = Path(__file__).parents[1]
PAGES = sorted(ROOT.glob("doc/*.rst"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


PUBLIC_MODULES = [
    "sklearn_bayes_search",
    *(
        info.name
        for info in pkgutil.walk_packages(
            sklearn_bayes_search.__path__, prefix="sklearn_bayes_search."
        )
        if "._" not in info.name
    ),
]


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


# What the code of some pages imports, and the extra that has it. They take their time.
NEEDS = {
    "on_a_cluster.rst": (["distributed", "ray"], "'dask' and 'ray'"),
    "boosting.rst": (["catboost", "lightgbm", "xgboost"], "'integrations'"),
    "networks.rst": (["keras", "scikeras", "skorch", "torch"], "'networks'"),
}


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(
            page, marks=pytest.mark.slow if page.name in NEEDS else (), id=page.name
        )
        for page in PAGES
    ],
)
# of Keras 3.15 with PyTorch and numpy 2
@pytest.mark.filterwarnings("default:__array__ implementation:DeprecationWarning")
def test_examples_of_a_page_run(page):
    packages, extra = NEEDS.get(page.name, ([], ""))
    for package in packages:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"needs {package}, of the extra {extra}")
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed, _ = doctest.testfile(
        str(page), module_relative=False, optionflags=flags, encoding="utf-8"
    )
    assert not failed, f"{failed} examples of {page.name} give something else."


@pytest.mark.slow
def test_the_script_for_a_cluster_runs_as_it_stands(tmp_path):
    pytest.importorskip("distributed", reason="needs the extra 'dask'")
    page = (ROOT / "doc" / "on_a_cluster.rst").read_text(encoding="utf-8")
    (block,) = re.findall(r"code-block:: python\n\n((?:    .*\n|\n)+)", page)
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(block), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=300
    )
    assert run.stdout.startswith("{'C': "), run.stderr
    assert run.stdout.count("\n") == 1


def imported(path):
    """Name the packages that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [
        alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names
    ]
    names += [n.module for n in nodes if isinstance(n, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names)


def test_the_extra_for_the_pages_has_what_the_examples_import():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needs = [*project["dependencies"], *project["optional-dependencies"]["doc"]]
    known = {re.split("[<>= ]", need)[0] for need in needs}
    called = {"sklearn": "scikit-learn", "dask": "distributed"}
    for path in ROOT.glob("examples/*.py"):
        names = imported(path) - {"sklearn_bayes_search"}
        assert {called.get(name, name) for name in names} <= known, path.name


def test_python_code_of_the_readme_runs(capsys):
    namespace = {"__name__": "readme"}
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), namespace)
    assert "evaluated n_iter=20 candidates" in capsys.readouterr().out


def test_readme_starts_with_how_to_try_and_how_to_test():
    # .ci/run takes the second block as the command that runs the tests
    first, second = blocks("bash")
    assert "pip install . &&" in first
    assert "pytest" in second
    assert re.findall(r"^## (.*)", README, re.MULTILINE)[:2] == [
        "Try it",
        "Run the tests",
    ]


def test_links_of_the_readme_lead_to_files():
    targets = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


@pytest.mark.parametrize("module", PUBLIC_MODULES)
def test_every_public_name_is_on_a_page_of_names(module):
    pages = [ROOT / "doc" / "api.rst", ROOT / "doc" / "extending.rst"]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    missing = [
        name
        for name in importlib.import_module(module).__all__
        if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)
    ]
    assert not missing, f"doc/api.rst and extending.rst lack {missing} of {module}."


def test_the_citation_has_the_version():
    version = sklearn_bayes_search.__version__
    (entry,) = blocks("bibtex")
    assert f"version = {{{version}}}" in entry


def test_every_example_has_a_place_in_the_gallery():
    order = (ROOT / "doc" / "gallery_order.py").read_text(encoding="utf-8")
    names = [path.stem.removeprefix("plot_") for path in ROOT.glob("examples/*.py")]
    assert names
    assert [name for name in names if f'"{name}",' not in order] == []


def test_what_contributors_are_sent_to_is_there():
    text = (ROOT / "doc" / "contributing.rst").read_text(encoding="utf-8")
    tasks = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["poe"]
    named = set(re.findall(r"``poe (\w+)``", text))
    assert named
    assert named <= tasks["tasks"].keys()
    paths = set(re.findall(r"``([\w./]+(?:/|\.\w+))``", text)) - {"-D"}
    assert len(paths) > 20
    roots = [ROOT, ROOT / "sklearn_bayes_search"]
    roots += [path for path in ROOT.glob("sklearn_bayes_search/*/**") if path.is_dir()]
    missing = [
        path
        for path in sorted(paths)
        if "its_name" not in path and not any((root / path).exists() for root in roots)
    ]
    assert not missing
