"""Docstrings: public ones pass numpydoc's checks, all begin with the field's verbs."""

import ast
import importlib
import inspect
import pkgutil
import tomllib
from pathlib import Path

import pytest

import sklearn_bayes_search

validation = pytest.importorskip("numpydoc.validate")

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
CONFIG = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]
# "all" comes first in the list: the other entries are the checks left out.
EXCLUDED = set(CONFIG["numpydoc_validation"]["checks"]) - {"all"}


def public_modules():
    """Yield the package and its modules without a leading underscore."""
    yield sklearn_bayes_search
    for info in pkgutil.walk_packages(
        sklearn_bayes_search.__path__, prefix="sklearn_bayes_search."
    ):
        if not any(part.startswith("_") for part in info.name.split(".")):
            yield importlib.import_module(info.name)


def public_objects():
    """Map the full name of each class and function in an ``__all__`` to the object."""
    objects = {}
    for module in public_modules():
        for name in getattr(module, "__all__", ()):
            obj = getattr(module, name)
            if inspect.isclass(obj) or inspect.isroutine(obj):
                objects[f"{obj.__module__}.{obj.__qualname__}"] = obj
    return objects


def own_methods(cls):
    """Yield the names of public methods and properties that the class documents.

    Inherited ones are left out, scikit-learn's and those made by its metadata routing
    among them, and so are overrides that let the docstring of a base class speak.
    """
    for name, member in vars(cls).items():
        if name.startswith("_") and name != "__call__":
            continue
        kinds = property | classmethod | staticmethod
        if not inspect.isroutine(member) and not isinstance(member, kinds):
            continue
        if member.__doc__ or not inspect.getdoc(getattr(cls, name)):
            yield name


def documented():
    for name, obj in sorted(public_objects().items()):
        yield name
        if inspect.isclass(obj):
            yield from (f"{name}.{method}" for method in own_methods(obj))


def errors_of(name):
    """Return numpydoc's complaints about a name as pairs of code and text."""
    return validation.validate(name)["errors"]


MODULES = {module.__name__: module for module in public_modules()}
OBJECTS = public_objects()


@pytest.mark.parametrize("name", MODULES)
def test_public_module_says_what_is_public(name):
    module = MODULES[name]
    missing = [each for each in module.__all__ if not hasattr(module, each)]
    assert not missing, f"{name}.__all__ names what is not there: {missing}"


@pytest.mark.parametrize("name", list(documented()))
def test_public_docstring_is_valid(name):
    excluded = set(EXCLUDED)
    if getattr(OBJECTS.get(name), "_is_protocol", False):
        excluded.add("PR01")  # the *args and **kwargs that typing.Protocol adds
    errors = errors_of(name)
    wrong = [f"{code}: {text}" for code, text in errors if code not in excluded]
    assert not wrong, f"\n{name}\n" + "\n".join(wrong)


@pytest.mark.parametrize("name", sklearn_bayes_search.__all__)
def test_class_at_the_top_level_shows_an_example(name):
    cls = getattr(sklearn_bayes_search, name)
    if inspect.isclass(cls) and not issubclass(cls, Exception):
        full_name = f"{cls.__module__}.{cls.__qualname__}"
        codes = [code for code, _ in errors_of(full_name)]
        assert "EX01" not in codes, f"{name} has no Examples section"


SOURCES = Path(sklearn_bayes_search.__file__).parent
# Return, Compute, Check, Fit and Draw say what comes of a call.
NOT_OF_THE_FIELD = {"Give", "Gives", "Tell", "Tells", "Say", "Says"}


def first_words(source):
    """Yield the line and the first word of each docstring of a function or class."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            words = (ast.get_docstring(node) or "").split(maxsplit=1)
            if words:
                yield node.lineno, words[0].strip(".,:;")


def test_docstrings_begin_with_verbs_of_the_field():
    wrong = [
        f"{path.relative_to(SOURCES)}:{line} {word}"
        for path in sorted(SOURCES.rglob("*.py"))
        for line, word in first_words(path.read_text(encoding="utf-8"))
        if word in NOT_OF_THE_FIELD
    ]
    assert not wrong, "write Return, Compute, Check, Fit, Draw, ...: " + ", ".join(
        wrong
    )


def test_a_docstring_that_begins_with_another_verb_is_found():
    source = 'class A:\n    def f(self):\n        """Give, in order, all."""\n'
    assert list(first_words(source)) == [(2, "Give")]
