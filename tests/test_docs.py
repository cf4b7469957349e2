"""The documentation holds: its code runs, links lead somewhere, no name is missing.

Every `>>>` example of doc/*.rst is a doctest; the python blocks of README.md are run in
their order, as a reader would.
"""

import ast
import doctest
import importlib.util
import pkgutil
import re
import sys
import tomllib
from pathlib import Path

import pytest

import sklearn_bayes_search
from sklearn_bayes_search.optimizer.acquisition import ACQUISITIONS
from sklearn_bayes_search.optimizer.proposer._names import SURROGATES

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
# So does that of these; README, getting started and the space are run by default.
LONG = {
    f"{name}.rst"
    for name in (
        *("common_mistakes", "extending", "fewer_fits", "how_good_is_the_best"),
        *("how_long_to_search", "index", "large_data", "migrating", "parallel"),
        *("pareto", "path", "report", "see_the_search", "when_things_go_wrong"),
    )
}


class NearEnough(doctest.OutputChecker):
    """Lets numbers with a point be others by a tenth, as of other versions."""

    NUMBER = r"-?\d+\.\d+(?:e[+-]?\d+)?"

    def check_output(self, want, got, optionflags):
        if super().check_output(want, got, optionflags):
            return True
        pair = [[float(n) for n in re.findall(self.NUMBER, t)] for t in (want, got)]
        plain = [re.sub(self.NUMBER, "0.0", text) for text in (want, got)]
        same = super().check_output(*plain, optionflags) and "..." not in want
        return same and all(
            abs(one - other) <= max(0.1 * abs(one), 0.02)
            for one, other in zip(*pair, strict=True)
        )


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(
            page,
            marks=pytest.mark.slow if page.name in {*NEEDS, *LONG} else (),
            id=page.name,
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
    text = page.read_text(encoding="utf-8")
    test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    failed, _ = doctest.DocTestRunner(NearEnough(), optionflags=flags).run(test)
    assert not failed, f"{failed} examples of {page.name} give something else."


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


# Each thing has one word, that of doc/glossary.rst.
DROPPED = {
    r"settings?": "candidate, hyperparameters or parameters",
    r"(un)?luck(y|ier|iest)?": "optimism or chance",
    r"hopeless": "very poor",
    r"hyper-parameters?": "hyperparameter",
    r"(refining|exploring)": "exploration and exploitation",
}
# A trial is what a black box is asked for; pages about others' use others' word.
TRIALS = {
    *("api", "architecture", "black_box", "contributing", "extending", "glossary"),
    *("migrating", "plot_black_box", "plot_gold_mining"),
}


def prose(text):
    """Leave out code, and what is quoted from elsewhere."""
    block = r"^\.\. (?:plot|code-block)::.*\n(?:(?: .*)?\n)*"
    text = re.sub(block, "", text, flags=re.MULTILINE)
    text = re.sub(
        r"```.*?```|``.*?``|`[^`]*`_?|\"[^\"\n]*\"", "", text, flags=re.DOTALL
    )
    lines = [
        line
        for line in text.split("\n")
        if not line.lstrip().startswith((">>>", "..."))
    ]
    return "\n".join(lines)


def texts():
    """Yield name and prose of each page, example, public docstring and the README."""
    for path in [*PAGES, ROOT / "README.md"]:
        yield path.name, prose(path.read_text(encoding="utf-8"))
    for path in [*ROOT.glob("examples/*.py"), *ROOT.glob("doc/tutorial/*.py")]:
        source = path.read_text(encoding="utf-8")
        comments = re.findall(r"^# ?(.*)", source, re.MULTILINE)
        yield (
            path.stem,
            prose("\n".join([ast.get_docstring(ast.parse(source)), *comments])),
        )
    for module in PUBLIC_MODULES:
        found = importlib.import_module(module)
        for name in found.__all__:
            thing = getattr(found, name)
            of_class = vars(thing).items() if isinstance(thing, type) else ()
            parts = [thing, *(v for k, v in of_class if not k.startswith("_"))]
            docs = [part.__doc__ for part in parts if isinstance(part.__doc__, str)]
            # names of parameters may be what they are
            text = re.sub(r"^ *\w+(, \w+)* : .*", "", "\n".join(docs), flags=re.M)
            yield f"{module}.{name}", prose(text)


@pytest.mark.parametrize(("word", "instead"), DROPPED.items())
def test_words_that_were_dropped_do_not_come_back(word, instead):
    found = [
        f"{name}: {line.strip()}"
        for name, text in texts()
        for line in text.split("\n")
        if re.search(rf"\b{word}\b", line, re.IGNORECASE)
    ]
    assert not found, f"Write {instead}:\n" + "\n".join(found)


def test_a_trial_is_one_of_a_black_box():
    found = {
        name.removesuffix(".rst")
        for name, text in texts()
        if re.search(r"\btrials?\b", text, re.IGNORECASE)
    }
    pages = {name for name in found if not name.startswith("sklearn_bayes_search")}
    assert pages <= TRIALS


def test_the_page_of_names_has_each_short_name_in_the_order_of_its_classes():
    text = (ROOT / "doc" / "api.rst").read_text(encoding="utf-8")
    _, *parts = re.split(r"^(.+)\n-{3,}\n", text, flags=re.MULTILINE)
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    for heading, members in (
        ("Model", SURROGATES),
        ("Acquisition functions", ACQUISITIONS),
    ):
        section = sections[heading]
        names = re.findall(r'``"(\w+)"``', section)
        classes = re.findall(r"^   ([A-Z]\w+)$", section, re.MULTILINE)
        assert set(names) == members.keys()
        assert [members[name].__name__ for name in names] == classes


def test_mathematics_needs_no_network():
    mathml = pytest.importorskip("latex2mathml.converter", reason="needs 'doc'")
    pages = [path.read_text(encoding="utf-8") for path in PAGES]
    formulas = [f for page in pages for f in re.findall(r":math:`([^`]+)`", page)]
    assert formulas
    for formula in formulas:
        assert mathml.convert(formula.replace("\\\\", "\\")).startswith("<math")
