"""The parameter whose lengths are all in one fit: which one it is, and its lengths."""

import inspect
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import clone

from sklearn_bayes_search.exceptions import (
    check_number,
    did_you_mean,
    safe_repr,
    stack_level,
)
from sklearn_bayes_search.execution._path._growers import Grower, Kind, kind_of
from sklearn_bayes_search.space import Space
from sklearn_bayes_search.space._choices import is_listing, ranges_among
from sklearn_bayes_search.space._dimensions import Dimension, is_whole
from sklearn_bayes_search.space._parse import as_branches

AUTO = "auto"
OF = "The 'path' parameter of BayesSearchCV"
# Where estimators that are no ensembles hold the one that does the work.
INSIDE = ("regressor",)


@dataclass(frozen=True)
class FitPath:
    """A parameter whose values are all scored in one fit, such as the number of trees.

    It is taken out of the search space. Instead, each fit grows, and is scored on the
    way at several values of the parameter, its *lengths*: a grid from one end of the
    parameter's range to the other. A candidate gets the length with the best mean over
    its folds; among equals, the shortest.

    A candidate's first fold runs alone. Its fit ends once its curve of scores is past
    its peak, or if it cannot reach the best candidate so far on this fold, even if each
    doubling of the length brought as much as the last one did. The other folds go one
    length past the best one of the first, or further while the mean of both curves
    rises. Only lengths that all folds of a candidate have reached count.

    Parameters
    ----------
    name : str, default="auto"
        The parameter, named as for ``set_params``. "auto" finds it for a known
        estimator, which may be the last step of a pipeline.
    patience : float, default=1.0
        How far the first fit goes on past the best length of its curve, as a share of
        that length, > 0. With 1.0, it goes on until it is twice as long. With
        ``numpy.inf``, no fit ends early. Fits of forests and bagging, which have no
        peak, never end early.
    n_lengths : int, default=12
        How many lengths are scored at most, >= 2. They are about evenly spaced on a
        logarithmic scale.
    grow : callable, default=None
        A :class:`~sklearn_bayes_search.execution.Grower`, for an estimator that is not
        among the known ones.

    Raises
    ------
    ValueError
        If a value is out of its range.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import GradientBoostingClassifier
    >>> from sklearn_bayes_search import BayesSearchCV, FitPath, Integer, Real
    >>> search = BayesSearchCV(
    ...     GradientBoostingClassifier(random_state=0, max_features=4),
    ...     {
    ...         "learning_rate": Real(0.03, 1.0, log=True),
    ...         "n_estimators": Integer(2, 40),
    ...     },
    ...     n_iter=3,
    ...     path=FitPath("n_estimators", patience=0.5),
    ...     random_state=0,
    ... ).fit(*load_breast_cancer(return_X_y=True))
    >>> search.best_estimator_.n_estimators == search.best_params_["n_estimators"]
    True
    """

    name: str = AUTO
    patience: float = 1.0
    n_lengths: int = 12
    grow: Grower | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise TypeError(
                "The 'name' parameter of FitPath must be that of a parameter, or "
                f"'auto'. Got {self.name!r} instead."
            )
        if self.patience != np.inf:
            check_number("patience", self.patience, of="FitPath", above=0)
        n = self.n_lengths
        check_number("n_lengths", n, of="FitPath", whole=True, least=2)
        if self.grow is not None and not callable(self.grow):
            raise TypeError(
                "The 'grow' parameter of FitPath must be a function that fits an "
                f"estimator. Got {self.grow!r} instead."
            )


@dataclass(frozen=True)
class Lengths:
    """A path that is resolved: the parameter, the lengths, ascending, and the rest."""

    name: str
    grid: tuple[int, ...]
    patience: float
    grow: Grower | None

    @property
    def place(self) -> str:
        """Where the estimator that grows is; "" if it is the outermost."""
        return self.name.rpartition("__")[0]

    @property
    def last(self) -> str:
        """The parameter's name in the estimator that grows."""
        return self.name.rpartition("__")[2]

    def owner(self, estimator: Any) -> Any:
        """Return the estimator that grows."""
        return estimator.get_params()[self.place] if self.place else estimator

    def turn_off(self, estimator: Any) -> None:
        """Turn off what would end a fit by another rule."""
        owner = self.owner(estimator)
        kind = kind_of(owner)
        if kind is not None and self.grow is None:
            given = owner.get_params(deep=False)
            owner.set_params(
                **{n: v for n, v in kind.off.items() if v is False or n in given}
            )

    def left_out(self, params: Any) -> Any:
        """Return parameters without the length; what is no dict, as it is."""
        if not isinstance(params, Mapping):
            return params
        return {name: value for name, value in params.items() if name != self.name}

    def of_point(self, point: Any) -> Any:
        """Return an initial point without the length; refuse one out of range."""
        low, high = self.grid[0], self.grid[-1]
        length = point.get(self.name, low) if isinstance(point, Mapping) else low
        if not is_whole(length) or not low <= length <= high:
            raise ValueError(
                "The 'initial_points' parameter of BayesSearchCV: one has "
                f"{self.name}={safe_repr(length)}, and the lengths of the 'path' go "
                f"from {low} to {high}. Leave it out of the point, since the path "
                "finds the length, or give the space a wider range."
            )
        return self.left_out(point)

    def without(self, space: Space) -> Space:
        """Return the space that is searched."""
        return _like(space, [self.left_out(branch) for branch in _given(space)])

    def within(self, space: Space) -> Space:
        """Return the space with the lengths in each branch."""
        lengths = {self.name: list(self.grid)}
        return _like(space, [{**branch, **lengths} for branch in _given(space)])


def as_lengths(value: Any, estimator: Any, space: Space) -> Lengths | None:
    """Return the lengths of a path; None without one.

    Raises where the estimator does not grow, or the space has no lengths for it.
    """
    if value is None:
        return None
    path = value if isinstance(value, FitPath) else FitPath(value)
    name = path.name
    if name == AUTO:
        name = _find(estimator, path.grow is not None)
    lengths = Lengths(name, (1,), float(path.patience), path.grow)
    for number in range(len(space.branches)):
        for probe in _probes(estimator, lengths, space, number):
            _check(lengths, probe, space.branches[number])
    return replace(lengths, grid=_grid(name, path.n_lengths, estimator, space))


def _given(space: Space) -> list[Mapping[str, Any]]:
    return as_branches(space.param_distributions)


def _like(space: Space, branches: list[dict[str, Any]]) -> Space:
    """Return a space of other branches with the same constraint."""
    given: Any = branches[0] if len(branches) == 1 else branches
    return Space(given, constraint=space.constraint)


def _find(estimator: Any, is_own: bool) -> str:
    """Return the name of a known estimator's parameter of lengths."""
    prefix, inner = "", estimator
    while True:
        kind = kind_of(inner)
        if kind is not None and kind.exact and not is_own:
            return prefix + kind.names[0]
        if getattr(inner, "steps", None):
            step, inner = inner.steps[-1]
            prefix += f"{step}__"
            continue
        held = [name for name in INSIDE if hasattr(getattr(inner, name, None), "fit")]
        if kind is not None or not held:
            break
        prefix, inner = f"{prefix}{held[0]}__", getattr(inner, held[0])
    if is_own:
        raise ValueError(
            f"{OF} must name the parameter that its 'grow' lengthens. Got 'auto'."
        )
    if kind is not None:
        raise ValueError(
            f"{OF}: for {type(inner).__name__} 'auto' finds nothing, since its lengths "
            "are those of repeated partial_fit, which is not quite what fit does. "
            f"Write path={prefix + kind.names[0]!r} if that will do."
        )
    raise ValueError(
        f"{OF}: 'auto' does not know how {type(inner).__name__} grows. It knows "
        "gradient boosting, AdaBoost, bagging, forests and networks of scikit-learn, "
        "XGBoost, LightGBM and CatBoost. For others give FitPath(name, grow=...)."
    )


def _grid(name: str, n_lengths: int, estimator: Any, space: Space) -> tuple[int, ...]:
    """Return lengths from one end of the parameter's range to the other."""
    ranges = [branch[name] for branch in space.branches if name in branch]
    for branch in as_branches(space.param_distributions):
        written = branch.get(name, ())
        if is_listing(written) and ranges_among(written):
            raise ValueError(
                f"{OF}: the values of {name!r} must be one range, such as Integer(10, "
                f"300), or a list of ints. Got {safe_repr(written)}, a list with a "
                "range in it."
            )
    if any(other != ranges[0] for other in ranges[1:]):
        raise ValueError(
            f"{OF}: {name!r} must have the same values in all dicts of the search "
            "space. Give it in one of them, or the same in each."
        )
    values = _values(name, ranges[0]) if ranges else (1, _own(name, estimator))
    wanted = np.geomspace(min(values), max(values), n_lengths)
    if not isinstance(values, list):
        return tuple(np.unique(np.rint(wanted).astype(int)).tolist())
    nearest = (min(values, key=lambda v: abs(v - length)) for length in wanted)
    return tuple(sorted(set(nearest)))


def _values(name: str, dimension: Dimension) -> list[int] | tuple[int, int]:
    """Return the values of a list, or both ends of a range."""
    listed = getattr(dimension, "choices", None)
    ends = listed or [dimension.decode(float(u)) for u in dimension.reach]
    whole = all(is_whole(value) and value >= 1 for value in ends)
    if not whole or not dimension.discrete:
        raise ValueError(
            f"{OF}: the values of {name!r} must be ints >= 1, such as Integer(10, 300) "
            f"or a list of them. Got {safe_repr(dimension)}."
        )
    if listed is not None:
        return [int(value) for value in listed]
    return int(ends[0]), int(ends[1])


def _own(name: str, estimator: Any) -> int:
    """Return the estimator's own length."""
    place, _, last = name.rpartition("__")
    params = estimator.get_params()
    own = params.get(name)
    kind = kind_of(params.get(place) if place else estimator)
    if own is None and kind is not None and last in kind.names:
        own = kind.longest
    elif name not in params:
        raise ValueError(
            f"{OF} must be a parameter of {safe_repr(estimator)}. Got {name!r}."
            f"{did_you_mean(name, params)}"
        )
    if not is_whole(own) or own < 1:
        raise ValueError(
            f"{OF}: the search space has no {name!r}, so that the estimator's own "
            f"value would be the longest, and that is {safe_repr(own)}. Give it a "
            "range in the space, such as Integer(10, 300)."
        )
    return int(own)


def _probes(
    estimator: Any, lengths: Lengths, space: Space, number: int
) -> Iterator[Any]:
    """Yield the estimator as a branch sets it, with each choice of what grows.

    And with each choice of what decides whether that grows.
    """
    branch, example = space.branches[number], space.example(number)
    holders = [n for n in branch if lengths.name.startswith(f"{n}__")]
    place = f"{lengths.place}__" if lengths.place else ""
    for held in _choices(branch, holders) or [{}]:
        probe = _set(estimator, {**example, **held, lengths.name: 1})
        if probe is None or (lengths.place and lengths.place not in probe.get_params()):
            continue  # a name that does not exist: check_names says so
        yield probe
        kind = kind_of(lengths.owner(probe))
        names = () if kind is None else (place + name for name in kind.decided_by)
        for decided in _choices(branch, names):
            other = _set(probe, decided)
            if other is not None:
                yield other


def _choices(
    branch: Mapping[str, Dimension], names: Iterable[str]
) -> list[dict[str, Any]]:
    """Return each choice of each of these parameters, as far as they are searched."""
    return [
        {name: choice}
        for name in names
        if name in branch
        for choice in getattr(branch[name], "choices", ())
    ]


def _set(estimator: Any, params: Mapping[str, Any]) -> Any:
    """Return a clone with parameters; None if it lacks one."""
    try:
        return clone(estimator).set_params(**clone(params, safe=False))
    except (AttributeError, ValueError):
        return None


def _check(lengths: Lengths, probe: Any, branch: Mapping[str, Any]) -> None:
    """Refuse an estimator that does not grow; warn of what is turned off."""
    _check_place(lengths, probe)
    owner, last, place = lengths.owner(probe), lengths.last, lengths.place
    if lengths.grow is not None:
        return
    kind = kind_of(owner)
    if kind is None:
        raise ValueError(
            f"{OF} is {lengths.name!r}, and it is not known how "
            f"{type(owner).__name__} grows. Give FitPath({lengths.name!r}, grow=...), "
            "or search it as any other parameter."
        )
    if last not in kind.names:
        name = f"{place and place + '__'}{kind.names[0]}"
        raise ValueError(
            f"{OF} must be what {type(owner).__name__} has more and more of as it is "
            f"fitted, {name!r}. Got {lengths.name!r}."
        )
    problem = kind.problem(owner)
    if problem is not None:
        raise ValueError(
            f"{OF} is {lengths.name!r}, and {type(owner).__name__} has no lengths: "
            f"{problem}."
        )
    _refuse_other_rules(kind, owner, place, branch)


def _check_place(lengths: Lengths, probe: Any) -> None:
    """Refuse what is fitted several times, or before other steps."""
    inner = probe
    for part in lengths.place.split("__") if lengths.place else ():
        last = [inner.steps[-1][0]] if getattr(inner, "steps", None) else []
        if part not in (*last, *INSIDE):
            raise ValueError(
                f"{OF} must be a parameter of the estimator, of the last step of a "
                "pipeline, or of the regressor of TransformedTargetRegressor. Got "
                f"{lengths.name!r}, of {part!r} in {type(inner).__name__}."
            )
        inner = inner.get_params()[part]


def _refuse_other_rules(
    kind: Kind, owner: Any, place: str, branch: Mapping[str, Any]
) -> None:
    """Refuse a search for another rule that ends fits; warn of one that is set."""
    known = inspect.signature(type(owner).__init__).parameters
    for name, off in kind.off.items():
        full = f"{place and place + '__'}{name}"
        if full in branch and branch[full].n_levels != 1:
            raise ValueError(
                f"{OF} decides on the length of fits, and so does {full!r}. Leave that "
                "out of the search space."
            )
        own = owner.get_params(deep=False).get(name)
        default = known[name].default if name in known else None
        if own is not None and own not in (off, default):
            warnings.warn(
                f"{OF} decides on the length of fits: {full}={own!r} is turned off.",
                UserWarning,
                stacklevel=stack_level(),
            )
