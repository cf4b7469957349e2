"""What code does and changes, as far as its instructions tell.

Calls must not change a digest, or a search would be another one after its first fit: so
whatever calls may change is no part of it.
"""

import bisect
import dis
import functools
import heapq
import inspect
import re
import site
import sys
import sysconfig
from collections import deque
from collections.abc import Mapping
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

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
# What changes a container, and where the stack has it: instructions; and methods of
# lists, dicts, sets and deques, and functions that are handed one.
STORES = {"STORE_SUBSCR": -2, "DELETE_SUBSCR": -2, "STORE_SLICE": -3}
MUTATORS = {*dir(list), *dir(dict), *dir(set), *dir(deque)}
MUTATORS |= {*heapq.__all__, *filter(lambda name: "insort" in name, dir(bisect))}
MUTATORS |= {"move_to_end", "fill", "put", "copyto", "putmask"}
MUTATORS -= {*dir(tuple), *dir(Mapping), *dir(frozenset), "copy", "fromkeys", "maxlen"}
# Operators that change sets and dicts. Others, as +=, are of numbers more often.
OF_SETS = {"|=", "&=", "^="}
# What gives a part of a container, and instructions that leave nothing on the stack.
ITEMS = {"BINARY_SUBSCR", "BINARY_SLICE"}
LEAVES_NOTHING = re.compile(
    "STORE|DELETE|POP|JUMP|RESUME|NOP|CACHE|KW_NAMES|EXTENDED_ARG|COPY_FREE_VARS"
    "|MAKE_CELL|NOT_TAKEN"
)
Place = tuple[str, tuple[str, ...]]  # a variable, and attributes on the way from there
# Variables in place of which something is: unknown, of a call, or made by the code.
ANYTHING, RESULT, MADE = "*", ("()", ()), (None, ())


def changes_of_function(function: Any) -> tuple[set[str], set[str]]:
    """List the names that a function assigns, and those whose contents it may change.

    `ANYTHING` among the latter if that cannot be told: functions that it calls may have
    been handed anything.
    """
    assigned: set[str] | None = None
    changed: set[str] = set()
    done: set[FunctionType] = set()
    left = [function]
    while left:
        function = function_of(left.pop())
        if function is None or function in done or is_installed(function):
            continue
        done.add(function)
        code, found = function.__code__, function.__globals__
        names, _, places = _changes(code)
        roots = {root for root, _ in places}
        handed = {root for root, of in places if not _is_sum(of)}
        if assigned is not None and handed & set(_arguments(code)):
            roots.add(ANYTHING)
        if any(isinstance(found.get(root), ModuleType) for root in roots):
            roots.add(ANYTHING)  # as np.add(total, 1, out=total)
        assigned = names if assigned is None else assigned
        changed |= roots
        left += [found.get(name) for name in names_read(code)]
        left += map(content_of, function.__closure__ or ())
    return assigned or set(), changed


def changed_attributes(kind: type, in_code: bool) -> tuple[set[str], set[str]]:
    """List the attributes that the methods of a class assign, or may change in place.

    Of data, only what looks like a cache: a private attribute that methods without
    arguments assign.
    """
    assigned: set[str] = set()
    changed: set[str] = set()
    for base in kind.__mro__:
        for name, member in vars(base).items():
            if isinstance(member, functools.cached_property):
                assigned.add(name)
            if name in MAKERS or is_installed(base):
                continue
            for function in _layers(member):
                code = function.__code__
                _, attributes, places = _changes(code)
                if in_code:
                    assigned |= attributes
                    changed = changed.union(*(of for _, of in places))
                    unclear = any(root == ANYTHING for root, _ in places)
                    changed |= set(code.co_names) if unclear else set()
                elif code.co_argcount == 1:
                    assigned |= {name for name in attributes if name.startswith("_")}
    return assigned, changed


def _changes(code: CodeType) -> tuple[set[str], set[str], set[Place]]:
    """List the names and attributes that code assigns, and where it changes contents.

    A place is a variable, and the attributes on the way from there: that of
    ``self.seen[k] = v`` is ``("self", ("seen",))``, and that of ``seen |= v`` is
    ``("seen", ("|=",))``. What the code has made itself, as a local list, is no place.
    The stack is followed line by line, whatever jumps there are: only its upper end
    matters.
    """
    names: set[str] = set()
    attributes: set[str] = set()
    places: set[Any] = set()
    stack: list[Any] = []
    local: dict[str, Any] = {}
    for instruction in dis.get_instructions(code):
        operation, argument = instruction.opname, instruction.argval
        effect = dis.stack_effect(instruction.opcode, instruction.arg, jump=False)
        stack = [(ANYTHING, ())] * (4 - len(stack)) + stack
        if operation in ("STORE_ATTR", "DELETE_ATTR"):
            attributes.add(argument)
            places.add(stack[-1])
        elif operation in ("STORE_GLOBAL", "STORE_DEREF"):
            names.add(argument)
        elif operation in STORES:
            places.add(stack[STORES[operation]])
        elif operation == "BINARY_OP" and instruction.argrepr.endswith("="):
            root, of = stack[-2]
            if root != ANYTHING:  # more likely to be a number, or a mask
                places.add((root, (*of, instruction.argrepr)))
        elif operation in ("LOAD_ATTR", "LOAD_METHOD") and argument in MUTATORS:
            places.add(stack[-1])
        if moves := re.findall("(LOAD|STORE)_FAST", operation):
            for move, name in zip(moves, np.ravel(argument).tolist(), strict=True):
                if move == "LOAD":
                    stack.append(local.get(name, (name, ())))
                else:
                    local[name] = stack.pop()
                    if local[name] == RESULT:
                        local[name] = MADE
        elif operation in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLASSDEREF"):
            stack += [(argument, ())] * effect
        elif operation in ("LOAD_ATTR", "LOAD_METHOD"):
            root, of = stack.pop()
            of = of if root is None else (*of, argument)
            stack += [(root, of)] * (effect + 1)
        elif operation == "COPY":
            stack.append(stack[-argument] if argument <= len(stack) else RESULT)
        elif operation == "SWAP" and argument <= len(stack):
            stack[-1], stack[-argument] = stack[-argument], stack[-1]
        elif operation in ITEMS or (
            operation == "BINARY_OP" and instruction.argrepr == "[]"
        ):
            whole = stack[effect - 1]
            del stack[effect - 1 :]
            stack.append(whole)  # what is within counts as the whole
        elif effect < 0:
            del stack[effect:]
            if not LEAVES_NOTHING.match(operation) and stack:
                stack[-1] = RESULT if "CALL" in operation else MADE
        elif operation.startswith(("BUILD", "LOAD_CONST")):
            stack += [MADE] * effect
            stack[-1] = MADE
        elif not LEAVES_NOTHING.match(operation):
            stack += [(ANYTHING, ())] * effect
            if operation.startswith(("UNARY", "CALL", "PRECALL", "FOR_ITER")):
                stack[-1] = RESULT if "CALL" in operation else (ANYTHING, ())
    places = {
        (ANYTHING, of) if root == RESULT[0] else (root, of) for root, of in places
    }
    for inner in filter(lambda c: isinstance(c, CodeType), code.co_consts):
        more_names, more_attributes, more = _changes(inner)
        names, attributes = names | more_names, attributes | more_attributes
        handed = {RESULT[0], ANYTHING, *_arguments(inner)}
        places |= {
            (ANYTHING, of) if root in handed else (root, of) for root, of in more
        }
    places = {(r, of) for r, of in places if r != ANYTHING or not _is_sum(of)}
    return names, attributes, {place for place in places if place[0] is not None}


def _is_sum(of: tuple[str, ...]) -> bool:
    """Check whether a place is changed by +=, or another operator of numbers."""
    return bool(of) and of[-1].endswith("=") and of[-1] not in OF_SETS


def _layers(member: Any) -> list[FunctionType]:
    """List the function that a member stands for, and those that it wraps."""
    function = function_of(member)
    if function is None:
        return []
    return [function, *_layers(getattr(function, "__wrapped__", None))]


def _arguments(code: CodeType) -> tuple[str, ...]:
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def function_of(member: Any) -> FunctionType | None:
    """Return the function that a member of a class, or what wraps one, stands for."""
    member = getattr(member, "fget", getattr(member, "__func__", member))
    if callable(member) and not isinstance(member, FunctionType):
        member = inspect.unwrap(member)
    return member if isinstance(member, FunctionType) else None


def names_read(code: CodeType) -> set[str]:
    """Name the globals that code reads, with the functions within."""
    inner = [names_read(c) for c in code.co_consts if isinstance(c, CodeType)]
    return set(code.co_names).union(*inner)


def content_of(cell: CellType) -> Any:
    """Return what a cell of a closure holds."""
    try:
        return cell.cell_contents
    except ValueError:  # nothing yet
        return None


def is_installed(function_or_class: Any) -> bool:
    """Check whether something comes from an installed package, not from the user."""
    name = str(function_or_class.__module__)
    if name.partition(".")[0] in LIBRARIES | sys.stdlib_module_names:
        return True
    file = getattr(sys.modules.get(name), "__file__", None)
    return file is not None and file.startswith(INSTALLED)
