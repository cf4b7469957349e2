"""The search space: branches of named dimensions, laid out as columns of a cube."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from scipy.stats import qmc

from sklearn_bayes_search.exceptions import did_you_mean, safe_repr
from sklearn_bayes_search.space._choices import (
    equal,
    int_and_equal_float,
    is_int,
    is_listing,
    same_value,
    shorten,
)
from sklearn_bayes_search.space._dimensions import Dimension, describe, is_number
from sklearn_bayes_search.space._dims import Dims
from sklearn_bayes_search.space._parse import (
    as_branches,
    as_dimension,
    split_branch,
)


class Space:
    """Parameters to search over.

    Every parameter that varies is a column of the unit cube. With a list of dicts, each
    dict is a *branch*: a first column tells the branch, parameters of other branches
    are inactive, and a parameter that has the same name and the same values in several
    branches is one shared column. A list that holds ranges beside values, as ``[None,
    Integer(2, 20)]``, makes a branch of each range, and one of the values together. A
    dict from choices to dicts, as ``{"dropout": {False: {}, True: {"rate": Real(0,
    0.5)}}}``, says which parameters there are with which choice: a branch for each.

    Parameters
    ----------
    param_distributions : dict or list of dicts
        Parameter names with, each, a list, tuple, range or array of **choices**, a
        frozen ``scipy.stats`` distribution, an object with ``rvs``, or a
        :class:`Real`, :class:`Integer`, :class:`Categorical` or :class:`Ordinal`; or a
        list of values and ranges, or a dict from choices to the parameters below each.
        Choices that are all numbers are ordered by size, unless ints and floats mean
        different things, as for ``max_features``: see :doc:`/space`.
    constraint : callable, default=None
        ``constraint(params) -> bool``: candidates for which it is false are never
        tried.

    Attributes
    ----------
    branches : tuple of dict
        For each branch the dimensions by parameter name, in sorted order.
    written : tuple of dict
        For each branch what was given for its parameters.
    n_dicts : int
        Number of dicts given.
    columns : tuple of (str, Dimension)
        What the columns stand for, the branch column apart.
    tied : tuple of (str, Dimension)
        What the columns after these stand for: parameters on whose choices others
        depend. The branch sets them.
    dims : Dims
        Which columns are continuous, ordinal, categorical, shared, inactive.
    reach : ndarray of shape (n_dims, 2)
        Lowest and highest position that a search chooses in each column.
    size : float
        Number of different points, before the constraint; infinite if not countable.

    Raises
    ------
    TypeError, ValueError
        If it is no dict or list of dicts, or a value is neither choices nor a
        distribution that can be used.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn_bayes_search import Space
    >>> space = Space(
    ...     [
    ...         {"kernel": ["rbf"], "C": loguniform(1e-3, 1e3), "gamma": [0.1, 1.0]},
    ...         {"kernel": ["linear"], "C": loguniform(1e-3, 1e3)},
    ...     ]
    ... )
    >>> row = space.encode({"kernel": "linear", "C": 1.0})
    >>> row.round(3).tolist()  # branch, C (shared), gamma (inactive)
    [0.75, 0.5, 0.5]
    >>> space.decode(row)["kernel"]
    'linear'
    """

    def __init__(
        self,
        param_distributions: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        constraint: Callable[[dict[str, Any]], bool] | None = None,
    ) -> None:
        if constraint is not None and not callable(constraint):
            raise TypeError(
                "The 'constraint' parameter of Space must be a callable that takes a "
                f"dict of parameters and returns a bool. Got {constraint!r}."
            )
        self.param_distributions = param_distributions
        self.constraint = constraint
        split = [
            (number, branch)
            for number, given in enumerate(as_branches(param_distributions))
            for branch in split_branch(given)
        ]
        self.written = tuple(branch.written for _, branch in split)
        self.n_dicts = split[-1][0] + 1
        # of each branch the number of its dict, and what tells it from others of that
        self._split = split
        self.branches = tuple(
            {name: as_dimension(name, branch[name]) for name in sorted(branch)}
            for branch in self.written
        )
        self._by_type = self._told_by_type()
        self._lay_out()
        sizes = [[d.n_levels or np.inf for d in b.values()] for b in self.branches]
        self.size = float(sum(np.prod(np.array(own, dtype=float)) for own in sizes))

    def _told_by_type(self) -> set[str]:
        """Return the parameters of which 1 and 1.0, in any branch, are two choices."""
        lists: dict[str, list[Sequence[Any]]] = {}
        for branch in self.branches:
            for name, dimension in branch.items():
                lists.setdefault(name, []).append(getattr(dimension, "choices", ()))
        by_type = {
            name
            for name, own in lists.items()
            if int_and_equal_float(own[0] if len(own) == 1 else [*chain(*own)])
        }
        # as a 1 beside a range of floats, or a 1.0 beside one of ints
        for branch in self.branches:
            for name, dimension in branch.items():
                if len(lists[name]) == 1 or hasattr(dimension, "choices"):
                    continue
                others = (
                    value
                    for value in chain(*lists[name])
                    if is_number(value) and is_int(value) != dimension.discrete
                )
                if any(map(dimension.contains, others)):
                    by_type.add(name)
        return by_type

    def _lay_out(self) -> None:
        columns: list[tuple[str, Dimension]] = []
        first = int(len(self.branches) > 1)
        self._column_of: list[dict[str, int | None]] = []
        for branch in self.branches:
            place: dict[str, int | None] = {}
            for name, dimension in branch.items():
                if dimension.n_levels == 1:  # nothing to model
                    place[name] = None
                    continue
                if (name, dimension) not in columns:
                    columns.append((name, dimension))
                place[name] = columns.index((name, dimension)) + first
            self._column_of.append(place)
        self.columns = tuple(columns)
        self.tied = tied = tuple(self._tied())
        kinds = [dimension for _, dimension in (*columns, *tied)]
        n_branches = len(self.branches)
        active = np.zeros((n_branches, first + len(kinds)), dtype=bool)
        active[:, :first] = True
        for b, place in enumerate(self._column_of):
            active[b, [c for c in place.values() if c is not None]] = True
        branch_levels = [(np.arange(n_branches) + 0.5) / n_branches] * first
        self.dims = Dims(
            categorical=np.array([True] * first + [k.categorical for k in kinds], bool),
            discrete=np.array([True] * first + [k.discrete for k in kinds], bool),
            levels=(*branch_levels, *(_ascending(k.positions()) for k in kinds)),
            active=active,
            branch=0 if first else None,
            tied=self._positions(tied, first) if tied else None,
        )

        reach = [(0.0, 1.0)] * first + [k.reach for k in kinds]
        self.reach = np.array(reach, dtype=float).reshape(-1, 2)

    def _tied(self) -> list[tuple[str, Dimension]]:
        """Return the parameters on which others depend: a branch sets their column.

        So what is learned of a choice counts in all branches that have it.
        """
        found: list[tuple[str, Dimension]] = []
        for _, branch in self._split:
            for name, (_, choices) in branch.switches.items():
                switch = name, as_dimension(name, choices)
                if len(choices) > 1 and switch not in found:
                    found.append(switch)
        return found

    def _positions(
        self, tied: Sequence[tuple[str, Dimension]], first: int
    ) -> np.ndarray:
        n_known = first + len(self.columns)
        positions = np.full((len(self.branches), n_known + len(tied)), np.nan)
        for b, (_, branch) in enumerate(self._split):
            for name, (choice, choices) in branch.switches.items():
                if len(choices) > 1:
                    dimension = as_dimension(name, choices)
                    column = n_known + tied.index((name, dimension))
                    positions[b, column] = dimension.encode(choice)
        return positions

    @property
    def n_alternatives(self) -> int:
        """Number of branches, those that combine switches not counted as such."""
        cases = {(number, branch.case) for number, branch in self._split}
        switches = {
            (number, name): len(choices)
            for number, branch in self._split
            for name, (_, choices) in branch.switches.items()
        }
        return len(cases) + sum(switches.values()) - len(switches)

    @property
    def n_dims(self) -> int:
        """Number of columns."""
        return self.dims.n_dims

    def snap(self, U: np.ndarray) -> np.ndarray:
        """Move points to the nearest ones that exist.

        Parameters
        ----------
        U : ndarray of shape (n_points, n_dims)
            Any points of the unit cube.

        Returns
        -------
        U : ndarray of shape (n_points, n_dims)
            Discrete columns at their levels, inactive ones at their neutral position:
            equal candidates have equal rows.
        """
        U = np.array(U, dtype=float)
        first = 0
        branch = np.zeros(len(U), dtype=int)
        if self.dims.branch is not None:
            first, branch = 1, self.dims.branch_of(U)
            U[:, 0] = (branch + 0.5) / len(self.branches)
        for column, (_, dimension) in enumerate(self.columns, start=first):
            U[:, column] = dimension.snap(U[:, column])
        if first:
            U = np.where(self.dims.active[branch], U, self.dims.rest[branch])
        return U

    @property
    def told_by_switches(self) -> bool:
        """Whether the branches are just the combinations of choices in ``tied``."""
        return bool(self.tied) and self.n_dicts == 1 and not self.value_or_range

    def switched(self, U: np.ndarray) -> np.ndarray:
        """Move points to the branches that their tied columns tell.

        Parameters
        ----------
        U : ndarray of shape (n_points, n_dims)
            Any points of the unit cube of a space that is ``told_by_switches``.

        Returns
        -------
        U : ndarray of shape (n_points, n_dims)
            The same points, each with the branch that has its choices.
        """
        U, tied = U.copy(), self.dims.tied
        assert tied is not None
        first = self.n_dims - len(self.tied)
        fits = np.ones((len(U), len(self.branches)), dtype=bool)
        for column, (_, dimension) in enumerate(self.tied, start=first):
            own = tied[:, column]
            fits &= np.isnan(own) | (dimension.snap(U[:, column])[:, np.newaxis] == own)
        U[:, self.dims.branch] = (fits.argmax(axis=1) + 0.5) / len(self.branches)
        return U

    def spread(self, n_points: int, rng: np.random.Generator) -> np.ndarray:
        """Draw scrambled Sobol points and snap them.

        Every interval of a column gets its share of the points, so branches and
        categories are covered evenly too.

        Parameters
        ----------
        n_points : int
            How many.
        rng : numpy.random.Generator
            Source of the scrambling.

        Returns
        -------
        U : ndarray of shape (n_points, n_dims)
            Snapped points; the constraint is not asked.

        References
        ----------
        .. [1] Owen, "Scrambling Sobol' and Niederreiter-Xing Points", Journal of
           Complexity 14, 1998.
        """
        n_sobol = min(self.n_dims, qmc.Sobol.MAXDIM)
        U = rng.uniform(size=(n_points, self.n_dims))
        if n_sobol:
            power = int(np.ceil(np.log2(max(n_points, 2))))
            sobol = qmc.Sobol(n_sobol, scramble=True, rng=rng)
            U[:, :n_sobol] = sobol.random_base2(power)[:n_points]
        low, high = self.reach.T
        return self.snap(low + (high - low) * U)

    def decode(self, row: np.ndarray) -> dict[str, Any]:
        """Return the candidate at a point, with the user's own objects.

        Parameters
        ----------
        row : ndarray of shape (n_dims,)
            A point; it is snapped first.

        Returns
        -------
        params : dict
            Values by parameter name, in sorted order.
        """
        return self.decode_many(row[np.newaxis])[0]

    def decode_many(self, U: np.ndarray) -> list[dict[str, Any]]:
        """Return the candidates at many points.

        Parameters
        ----------
        U : ndarray of shape (n_points, n_dims)
            Points; they are snapped first.

        Returns
        -------
        settings : list of dict, length n_points
            What `decode` returns for each.
        """
        U = self.snap(U)
        settings: list[dict[str, Any]] = [{} for _ in U]
        branch_of = self.dims.branch_of(U)
        for b in np.unique(branch_of):
            here = np.flatnonzero(branch_of == b)
            for name, dimension in self.branches[b].items():
                column = self._column_of[b][name]
                u = np.full(len(here), 0.5) if column is None else U[here, column]
                for index, value in zip(here, dimension.decode_many(u), strict=True):
                    settings[index][name] = value
        return settings

    def encode(self, params: Mapping[str, Any]) -> np.ndarray:
        """Return the point of a candidate.

        Parameters
        ----------
        params : dict
            A value for each parameter of a branch.

        Returns
        -------
        row : ndarray of shape (n_dims,)
            Its point, snapped.

        Raises
        ------
        ValueError
            If the candidate is not in the space; the message says why.
        """
        fitting = [
            b for b, names in enumerate(self.branches) if set(names) == set(params)
        ]
        if not fitting:
            raise ValueError(self._wrong_names(params))
        # the branch that has a 1.0 before the one that has a 1
        fitting.sort(key=lambda b: not self._has_types(b, params))
        problems = []
        for b in fitting:
            row = self._neutral_row(b)
            for name, dimension in self.branches[b].items():
                try:
                    position = dimension.encode(params[name])
                except ValueError as error:
                    problems.append(f"{name!r}: {error}")
                    break
                column = self._column_of[b][name]
                if column is not None:
                    row[column] = position
            else:
                if not self.allows(params):
                    raise ValueError("the constraint of the space forbids it")
                return np.asarray(self.snap(row[np.newaxis])[0])
        raise ValueError("; ".join(problems))

    def _has_types(self, branch: int, params: Mapping[str, Any]) -> bool:
        """Check whether ints and floats of a candidate are such in a branch, too."""
        for name in self._by_type.intersection(params):
            dimension = self.branches[branch][name]
            try:
                value = dimension.decode(dimension.encode(params[name]))
            except ValueError:
                return False
            if is_int(value) != is_int(params[name]):
                return False
        return True

    def same(self, params: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """Check whether two candidates have the same values.

        Parameters
        ----------
        params, other : dict
            Values by parameter name.

        Returns
        -------
        bool
            Whether names and values are equal, also where ``==`` would raise. 1 and 1.0
            are the same unless they are choices of one parameter.
        """
        return set(params) == set(other) and all(
            (same_value if name in self._by_type else equal)(value, other[name])
            for name, value in params.items()
        )

    def contains(self, params: Mapping[str, Any]) -> bool:
        """Check whether a candidate is in the space.

        Parameters
        ----------
        params : dict
            Values by parameter name.

        Returns
        -------
        bool
            Whether `encode` would place it.
        """
        try:
            self.encode(params)
        except ValueError:
            return False
        return True

    def nearest(self, params: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the candidate of the space that keeps most of another's values.

        Parameters
        ----------
        params : dict
            Values by parameter name; there may be more or fewer than the space has.

        Returns
        -------
        nearest : dict or None
            The values that are in range, a choice as it stands in the space, and the
            middle of the range for every other parameter. Of several branches the one
            that fixes fewest parameters at other values, and keeps most. None if it
            keeps no value of a parameter that varies, or the constraint forbids it.
        """
        best: tuple[tuple[int, int], dict[str, Any] | None] = ((-len(params), 0), None)
        told_by = {*self.value_or_range, *self.switches}
        for branch in self.branches:
            kept = {
                name: d.decode(d.encode(params[name])) if d.discrete else params[name]
                for name, d in branch.items()
                if name in params and d.contains(params[name])
            }
            varying = [n for n in kept if branch[n].n_levels != 1 or n in told_by]
            lost = [name for name in params if name in branch and name not in kept]
            rank = -sum(branch[name].n_levels == 1 for name in lost), len(kept)
            if varying and rank > best[0]:
                best = rank, {name: d.middle() for name, d in branch.items()} | kept
        nearest = best[1]
        return nearest if nearest is not None and self.allows(nearest) else None

    def complete(
        self, params: Mapping[str, Any], own: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return a candidate with the values given, and those that lack from another.

        Parameters
        ----------
        params : dict
            Values of some parameters of a branch.
        own : dict
            Values by parameter name, for the others; what is not in range has the
            middle of it.

        Returns
        -------
        setting : dict
            Of the branches that have all the names and values, the one that keeps most
            of ``own``. ``params`` as they are, if there is none.
        """
        if any(set(branch) == set(params) for branch in self.branches):
            return dict(params)
        best: tuple[tuple[bool, int, int], dict[str, Any]] | None = None
        for branch in self.branches:
            if not set(params) <= set(branch):
                continue
            kept, fixed, setting = 0, 0, dict(params)
            for name in branch.keys() - params.keys():
                is_kept = name in own and branch[name].contains(own[name])
                setting[name] = own[name] if is_kept else branch[name].middle()
                kept += is_kept
                fixed += not is_kept and branch[name].n_levels == 1
            rank = self.contains(setting), -fixed, kept
            if best is None or rank > best[0]:
                best = rank, setting
        return dict(params) if best is None else best[1]

    @property
    def value_or_range(self) -> list[str]:
        """Names of parameters that were given as lists with ranges among values."""
        return sorted({name for _, branch in self._split for name in branch.parts})

    @property
    def switches(self) -> list[str]:
        """Names of parameters on whose choices others depend."""
        return sorted({name for _, branch in self._split for name in branch.switches})

    def words_for(self, branch: int) -> str:
        """Return what tells a branch from the others.

        Parameters
        ----------
        branch : int
            Number of the branch.

        Returns
        -------
        words : str
            Such as "dict 1", "max_depth from [None]" or "dropout=True".
        """
        number, own = self._split[branch]
        words = [
            f"{name}={safe_repr(choice)}" for name, (choice, _) in own.switches.items()
        ]
        words += [
            f"{name} from {shorten(part) if is_listing(part) else describe(part)}"
            for name, part in own.parts.items()
        ]
        if self.n_dicts > 1:
            words.insert(0, f"dict {number}")
        return ", ".join(words)

    def example(self, branch: int) -> dict[str, Any]:
        """Return some candidate of a branch, whatever the constraint.

        Parameters
        ----------
        branch : int
            Number of the branch.

        Returns
        -------
        params : dict
            Values by parameter name.
        """
        return self.decode(self._neutral_row(branch))

    def _neutral_row(self, branch: int) -> np.ndarray:
        row: np.ndarray = self.dims.rest[branch].copy()
        if self.dims.branch is not None:
            row[self.dims.branch] = (branch + 0.5) / len(self.branches)
        return row

    def _wrong_names(self, params: Mapping[str, Any]) -> str:
        known = sorted({name for branch in self.branches for name in branch})
        for name in params:
            if name not in known:
                return (
                    f"{name!r} is no parameter of the space.{did_you_mean(name, known)}"
                )
        nearest = max(self.branches, key=lambda branch: len(set(branch) & set(params)))
        missing = [name for name in nearest if name not in params]
        if missing:
            return f"it lacks a value for {missing}"
        extra = [name for name in params if name not in nearest]
        return f"no branch of the space has {extra} beside its other parameters"

    def allows(self, setting: Mapping[str, Any] | np.ndarray) -> bool:
        """Check whether the constraint permits a candidate; without one, it does.

        Parameters
        ----------
        setting : dict or ndarray of shape (n_dims,)
            Values by parameter name, or a snapped point.

        Returns
        -------
        bool
            What the constraint says.
        """
        if self.constraint is None:
            return True
        if isinstance(setting, np.ndarray):
            setting = self.decode(setting)
        params = dict(setting)
        try:
            return bool(self.constraint(params))
        except Exception as error:
            error.add_note(
                "Raised by the 'constraint' of the search space for "
                f"{safe_repr(params)}; it must return a bool for the candidates of "
                "every branch."
            )
            raise

    def allowed(self, U: np.ndarray) -> np.ndarray:
        """Check which points the constraint permits.

        Parameters
        ----------
        U : ndarray of shape (n_points, n_dims)
            Snapped points.

        Returns
        -------
        allowed : ndarray of shape (n_points,), bool
            Which of them are permitted.
        """
        if self.constraint is None:
            return np.ones(len(U), dtype=bool)
        return np.array([self.allows(p) for p in self.decode_many(U)], dtype=bool)

    def grid(self) -> Iterator[np.ndarray]:
        """Iterate over the permitted points of a finite space, as ParameterGrid does.

        Yields
        ------
        row : ndarray of shape (n_dims,)
            A point.
        """
        if not np.isfinite(self.size):
            raise ValueError("The space has continuous parameters; it has no grid.")
        for b, branch in enumerate(self.branches):
            columns = list(self._column_of[b].values())
            for positions in _product(list(branch.values())):
                row = self._neutral_row(b)
                for column, position in zip(columns, positions, strict=True):
                    if column is not None:
                        row[column] = position
                if self.allows(row):
                    yield row

    def __repr__(self) -> str:
        branches = self.branches[0] if len(self.branches) == 1 else list(self.branches)
        rule = "" if self.constraint is None else f", constraint={self.constraint}"
        return f"Space({branches}{rule})"


def as_space(param_distributions: Any) -> Space:
    """Return the space of what a user gives: dict, list of dicts or a Space itself."""
    if isinstance(param_distributions, Space):
        return param_distributions
    return Space(param_distributions)


def _product(axes: Sequence[Dimension]) -> Iterator[tuple[float, ...]]:
    # itertools.product would first hold all positions of each axis
    if not axes:
        yield ()
        return
    for position in axes[0].each():
        for others in _product(axes[1:]):
            yield (position, *others)


def _ascending(positions: np.ndarray | None) -> np.ndarray | None:
    if positions is None or (positions[1:] > positions[:-1]).all():
        return positions  # without a copy: there may be millions
    return np.sort(positions)
