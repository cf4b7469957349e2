"""Other libraries behind one interface: ask for a setting, tell its score.

Every library runs with its own defaults and its own seed; what is not its default is
said where it stands. Libraries minimise, so scores change their sign here. A library is
imported when it is first used.

Each class takes a `Layout`, a seed, the number of evaluations to come, how many of them
are pending at a time, and the setting to evaluate first or None. ``ask`` gives a handle
and the setting, ``tell`` takes the handle and the score, NaN if the evaluation failed.
``preload`` tells settings that were evaluated before the search.
"""

from peers.hebo_gp import HEBO
from peers.hyperopt_tpe import Hyperopt
from peers.optuna_samplers import OptunaGP, OptunaTPE
from peers.scikit_optimize import Skopt
from peers.smac_forest import SMAC

__all__ = ["HEBO", "SMAC", "Hyperopt", "OptunaGP", "OptunaTPE", "Skopt"]
