"""Where the variance of a function over a search space comes from.

``V`` are points of another unit cube, one row a point, one column a *factor*: a
parameter, whatever the number of its columns in the space, since only one of them is
active at a time. Its values are uniform and independent, which those of the space's
columns are not before inactive ones are snapped.

References
----------
.. [1] A. Saltelli et al., "Variance Based Sensitivity Analysis of Model Output. Design
   and Estimator for the Total Sensitivity Index", Computer Physics Communications 181,
   2010. ``A``, ``B`` and ``A_B^(i)``: section 3; estimators: table 2, (b) and (f).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc, sobol_indices

from sklearn_bayes_search.space import Space

# Takes points of the space, (n_points, n_dims).
Function = Callable[[np.ndarray], np.ndarray]

# Variance below this share of the square of a function is rounding error.
NEGLIGIBLE = 1e-20


@dataclass(frozen=True)
class Factor:
    """A parameter of a space.

    For the choice among branches the ``name`` is those of the parameters that it fixes,
    "max_depth: value or range" or "which dict of the list". At most one of its
    ``columns`` in the space is active at a time. ``ordered`` is whether its values have
    an order.
    """

    name: str
    columns: tuple[int, ...]
    ordered: bool


def factors(space: Space) -> list[Factor]:
    """List the parameters that vary: what tells branches apart, then by column."""
    found, first = [], int(space.dims.branch is not None)
    columns: dict[str, list[int]] = {}
    if space.told_by_switches:
        switches = enumerate(space.tied, start=first + len(space.columns))
        columns = {name: [column] for column, (name, _) in switches}
    elif space.dims.branch is not None:
        found.append(Factor(_name_of_branch(space), (space.dims.branch,), False))
    for column, (name, _) in enumerate(space.columns, start=first):
        columns.setdefault(name, []).append(column)
    for name, own in columns.items():
        ordered = not space.dims.categorical[own].any()
        found.append(Factor(name, tuple(own), ordered))
    return found


def _name_of_branch(space: Space) -> str:
    """Name the parameters that have one value in each branch, and not the same."""
    everywhere = set.intersection(*(set(branch) for branch in space.branches))
    fixed = [
        name
        for name in sorted(everywhere)
        if all(branch[name].n_levels == 1 for branch in space.branches)
        and any(branch[name] != space.branches[0][name] for branch in space.branches)
    ]
    if space.n_dicts == 1:
        fixed = [f"{name}: value or range" for name in space.value_or_range]
        fixed += space.switches
    return ", ".join(fixed) or "which dict of the list"


class VarianceDesign:
    """Points at which a function is evaluated to tell where its variance comes from.

    The constraint of the ``space`` is not asked. ``n_samples`` is a power of 2; the
    function is evaluated ``n_samples * (n_factors + 2)`` times.
    """

    def __init__(self, space: Space, n_samples: int, rng: np.random.Generator) -> None:
        self.space, self.n_samples = space, n_samples
        self.factors = factors(space)
        n = len(self.factors)
        if n > 0:
            both = qmc.Sobol(2 * n, rng=rng).random(n_samples)
            self._A, self._B = both[:, :n], both[:, n:]

    def points(self, V: np.ndarray) -> np.ndarray:
        """Return snapped points for values (n_points, n_factors) of the factors."""
        U = np.full((len(V), self.space.n_dims), 0.5)
        low, high = self.space.reach.T
        for factor, v in zip(self.factors, V.T, strict=True):
            for column in factor.columns:
                U[:, column] = low[column] + (high[column] - low[column]) * v
        if self.space.told_by_switches:
            U = self.space.switched(U)
        return self.space.snap(U)

    def shares(self, function: Function) -> tuple[np.ndarray, np.ndarray]:
        """Compute the share of each factor alone and in total, 0 where nothing varies.

        ``function`` takes points of the space and returns one or more values for each,
        (n_points,) or (n_functions, n_points). Returns Sobol indices of first order and
        total ones, (n_factors,) or (n_functions, n_factors).
        """
        A, B = self._A, self._B
        mixed = [self._mix([i]) for i in range(len(self.factors))]
        values = function(self.points(np.concatenate([A, B, *mixed])))
        several = np.atleast_2d(values).reshape(-1, len(mixed) + 2, self.n_samples)
        varies = several.var(axis=(1, 2)) > NEGLIGIBLE * (several**2).mean(axis=(1, 2))
        main, total = np.zeros((2, len(several), len(mixed)))
        if len(mixed) == 1:  # all is its own, and SciPy 1.17 fails at one factor
            main[varies] = total[varies] = 1.0
        elif varies.any():
            f = several[varies]
            indices = sobol_indices(
                func={
                    "f_A": f[:, 0],
                    "f_B": f[:, 1],
                    "f_AB": f[:, 2:].transpose(1, 0, 2),
                },
                n=self.n_samples,
            )
            # estimates of small shares may be negative, of large ones above 1
            shape = varies.sum(), len(mixed)
            main[varies] = np.clip(indices.first_order.reshape(shape), 0.0, 1.0)
            total[varies] = np.clip(indices.total_order.reshape(shape), 0.0, 1.0)
        return (main[0], total[0]) if np.ndim(values) == 1 else (main, total)

    def pair_shares(self, function: Function) -> np.ndarray:
        """Compute the share of each pair beyond what the two do alone.

        Sobol indices of second order, (n_factors, n_factors), with 0 on the diagonal.
        """
        n = len(self.factors)
        f_A, f_B = function(self.points(self._A)), function(self.points(self._B))
        middle = np.concatenate([f_A, f_B]).mean()
        f_A, f_B = f_A - middle, f_B - middle
        variance = np.concatenate([f_A, f_B]).var()
        shares = np.zeros((n, n))
        if not variance > NEGLIGIBLE * middle**2:
            return shares

        def closed(members: list[int]) -> float:
            f_AB = function(self.points(self._mix(members))) - middle
            return float(np.mean(f_B * (f_AB - f_A)) / variance)  # table 2, (b)

        alone = [closed([i]) for i in range(n)]
        for i in range(n):
            for j in range(i):
                share = closed([i, j]) - alone[i] - alone[j]
                shares[i, j] = shares[j, i] = np.clip(share, 0.0, 1.0)
        return shares

    def curve(self, function: Function, index: int, n_steps: int = 9) -> np.ndarray:
        """Compute means of a function over the other factors at values of one.

        The values are the middles of equal parts of its range; the points of the other
        factors are the same for each.
        """
        others = self._A[:256]
        V = np.tile(others, (n_steps, 1))
        V[:, index] = np.repeat((np.arange(n_steps) + 0.5) / n_steps, len(others))
        values = function(self.points(V)).reshape(n_steps, -1)
        return np.asarray(values.mean(axis=1))

    def _mix(self, members: Sequence[int]) -> np.ndarray:
        """Take these columns from B, the others from A."""
        mixed = self._A.copy()
        mixed[:, members] = self._B[:, members]
        return mixed
