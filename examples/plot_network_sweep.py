"""
A sweep of a network: grid, random and Bayesian search over seconds
===================================================================

The sweep that everybody does: layers, width, learning rate and batch size of a small
network on pictures, and the number of epochs. How do grid, random and Bayesian search
compare, if what counts are the seconds of training?

The Bayesian search has one advantage more here. With ``path="max_iter"`` one training
gives the scores after each number of epochs, so that epochs need not be searched.
"""

# %%
# One network, three searches
# ---------------------------
# The pictures are 400 digits of 8 × 8 pixels. Each candidate is trained on both halves
# of them. Random and Bayesian search run with three seeds. All is tiny, to be quick; a
# real sweep takes hours.

import warnings

import matplotlib.pyplot as plt
import pandas as pd
from scipy.stats import loguniform
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler

from sklearn_bayes_search import BayesSearchCV, ConvergenceDisplay, Integer

warnings.filterwarnings("ignore", category=ConvergenceWarning)

X, y = load_digits(return_X_y=True)
X, y = X[:400], y[:400]
network = Pipeline([("scale", MinMaxScaler()), ("mlp", MLPClassifier(random_state=0))])
layers = [(width,) * n for n in (1, 2) for width in (16, 32, 64, 128)]
space = {
    "mlp__hidden_layer_sizes": layers,
    "mlp__learning_rate_init": loguniform(1e-4, 1e-1),
    "mlp__batch_size": Integer(16, 128, log=True),
    "mlp__max_iter": Integer(5, 40, log=True),
}
grid = {
    "mlp__hidden_layer_sizes": [(32,), (32, 32), (128,)],
    "mlp__learning_rate_init": [1e-4, 3e-3, 1e-1],
    "mlp__batch_size": [64],
    "mlp__max_iter": [10, 40],
}
SEEDS, N_ITER = range(3), 18
cv = StratifiedKFold(2, shuffle=True, random_state=0)
searches = {
    "grid": [GridSearchCV(network, grid, cv=cv)],
    "random": [
        RandomizedSearchCV(network, space, n_iter=N_ITER, cv=cv, random_state=seed)
        for seed in SEEDS
    ],
    "Bayes, path": [
        BayesSearchCV(
            network,
            space,
            n_iter=N_ITER,
            cv=cv,
            path="mlp__max_iter",
            random_state=seed,
        )
        for seed in SEEDS
    ],
}
for runs in searches.values():
    for search in runs:
        search.fit(X, y)

# %%
# The best so far
# ---------------
# The line is the median over the seeds, and the band holds the middle half of them. The
# grid runs its 18 candidates in the order in which they are written. With a path each
# training goes on to more epochs, so that 18 candidates take more seconds: compare the
# curves where all have one.

display = ConvergenceDisplay.from_estimator(searches, x="seconds")
display.ax_.set_ylabel("accuracy, mean over the folds")
plt.show()

# %%
# In numbers: the best score of each search, lowest and median over the seeds, and the
# seconds that its trainings took.

rows = {
    name: {
        "median best": pd.Series([s.best_score_ for s in runs]).median(),
        "lowest best": min(s.best_score_ for s in runs),
        "hyperparameters of the first run": ", ".join(
            f"{key.removeprefix('mlp__')}={value:.3g}"
            if isinstance(value, float)
            else f"{key.removeprefix('mlp__')}={value}"
            for key, value in runs[0].best_params_.items()
        ),
    }
    for name, runs in searches.items()
}
with pd.option_context("display.max_colwidth", None):
    print(pd.DataFrame.from_dict(rows, orient="index").round(4).T.to_string())

# %%
# ``report(searches, "sweep.html")`` writes the same comparison as a page, with honest
# scores, the best hyperparameters and the arguments of each search: :doc:`/report`.
#
# A network of your own, in PyTorch or Keras, with dropout and all, is searched in the
# same way: :doc:`/networks`. If a hyperparameter exists only where another one has some
# value, see :doc:`/space`.
