"""What code does and changes, as far as its instructions tell.

Calls must not change a digest, or a search would be another one after its first fit: so
whatever calls may change is no part of it.
"""

import dis
import functools
import inspect
import site
import sys
import sysconfig
from collections import deque
from collections.abc import Mapping
from types import CodeType, FunctionType

import numpy as np

__all__ = [
    "changed_attributes",
    "changes_of_function",
    "content_of",
    "function_of",
    "is_installed",
    "names_read",
]

# What is installed is told by its name: a new version is no other search.
LIBRARIES = {"numpy", "pandas", "scipy", "sklearn", "sklearn_bayes_search"}
INSTALLED = tuple(
    {
        *map(sysconfig.get_path, ("stdlib", "platstdlib", "purelib", "platlib")),
        *site.getsitepackages(),
        site.getusersitepackages(),
    }
)
# Methods that make an object, and so do not change it.
MAKERS = {"__init__", "__new__", "__post_init__", "__setstate__", "set_params"}
# What changes a container: instructions, and methods of lists, dicts, sets and deques.
STORES = {"STORE_SUBSCR", "DELETE_SUBSCR", "STORE_SLICE"}
MUTATORS = {*dir(list), *dir(dict), *dir(set), *dir(deque)}
MUTATORS -= {*dir(tuple), *dir(Mapping), *dir(frozenset), "copy", "fromkeys", "maxlen"}


def changes_of_function(function):
    """Tell which names a function assigns, and whether anything is changed in place.

    Also by the functions that it calls, which may have been handed anything.
    """
    assigned, in_place, done, left = None, False, set(), [function]
    while left:
        function = function_of(left.pop())
        if function is None or function in done or is_installed(function):
            continue
        done.add(function)
        names, attributes, stores = _changes(function.__code__)
        assigned = names if assigned is None else assigned
        in_place |= stores or bool(attributes)
        found = function.__globals__
        left += [found.get(name) for name in names_read(function.__code__)]
        left += map(content_of, function.__closure__ or ())
    return assigned or set(), in_place


def changed_attributes(kind, in_code):
    """Tell which attributes the methods of a class assign, or may change in place.

    Of data, only what looks like a cache: a private attribute that methods without
    arguments assign.
    """
    assigned, changed = set(), set()
    for base in kind.__mro__:
        for name, member in vars(base).items():
            function = function_of(member)
            if isinstance(member, functools.cached_property):
                assigned.add(name)
            elif function is None or name in MAKERS or is_installed(base):
                continue
            else:
                _, attributes, stores = _changes(function.__code__)
                if in_code:
                    assigned |= attributes
                    changed |= set(function.__code__.co_names) if stores else set()
                elif function.__code__.co_argcount == 1:
                    assigned |= {name for name in attributes if name.startswith("_")}
    return assigned, changed


def _changes(code):
    """Tell which names and attributes code assigns, and if it changes containers."""
    names, attributes, in_place = set(), set(), False
    given = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    receiver = None  # the variable that an attribute is of
    for instruction in dis.get_instructions(code):
        operation, argument = instruction.opname, instruction.argval
        if operation in ("STORE_ATTR", "DELETE_ATTR"):
            attributes.add(argument)
        elif operation in ("STORE_GLOBAL", "STORE_DEREF"):
            names.add(argument)
        elif operation in STORES:
            in_place = True
        elif operation in ("LOAD_ATTR", "LOAD_METHOD") and argument in MUTATORS:
            in_place |= receiver is None or receiver in given
        is_local = operation.startswith("LOAD_FAST")
        receiver = np.ravel(argument)[-1] if is_local else None
    for inner in filter(lambda c: isinstance(c, CodeType), code.co_consts):
        more_names, more_attributes, more = _changes(inner)
        names, attributes = names | more_names, attributes | more_attributes
        in_place |= more
    return names, attributes, in_place


def function_of(member):
    """Give the function that a member of a class, or what wraps one, stands for."""
    member = getattr(member, "fget", getattr(member, "__func__", member))
    member = inspect.unwrap(member) if callable(member) else member
    return member if isinstance(member, FunctionType) else None


def names_read(code):
    """Name the globals that code reads, with the functions within."""
    inner = [names_read(c) for c in code.co_consts if isinstance(c, CodeType)]
    return set(code.co_names).union(*inner)


def content_of(cell):
    try:
        return cell.cell_contents
    except ValueError:  # nothing yet
        return None


def is_installed(function_or_class):
    """Whether something comes from an installed package, and not from the user."""
    name = str(function_or_class.__module__)
    if name.partition(".")[0] in LIBRARIES | sys.stdlib_module_names:
        return True
    file = getattr(sys.modules.get(name), "__file__", None)
    return file is not None and file.startswith(INSTALLED)
