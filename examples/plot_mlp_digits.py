"""
A neural network on digits: numbers, names and sizes in one space
=================================================================

A small neural network has parameters of every kind: a learning rate that ranges over
orders of magnitude, a batch size that is a whole number, an activation function that is
a name, layers that are a tuple. All of them go into one space. The search tries the
network's own parameters first, so it knows from the start what has to be beaten.
"""

# %%
# The space
# ---------
# - ``loguniform`` is a range of numbers where the order of magnitude matters.
# - ``Integer(..., log=True)`` is the same for whole numbers.
# - A list is a set of choices, which may be any objects.
#
# Training is cut short after 30 passes over 500 digits, to be quick; scikit-learn warns
# about that, and we know.

import warnings

import matplotlib.pyplot as plt
import pandas as pd
from scipy.stats import loguniform
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler

from sklearn_bayes_search import (
    BayesSearchCV,
    ConvergenceDisplay,
    Integer,
    ParallelCoordinatesDisplay,
    ParameterImportanceDisplay,
)

warnings.filterwarnings("ignore", category=ConvergenceWarning)

X_train, X_test, y_train, y_test = train_test_split(
    *load_digits(return_X_y=True), train_size=500, random_state=0
)
network = Pipeline(
    [
        ("scale", MinMaxScaler()),
        ("mlp", MLPClassifier(batch_size=200, max_iter=30, random_state=0)),
    ]
)
space = {
    "mlp__learning_rate_init": loguniform(1e-4, 1e-1),
    "mlp__batch_size": Integer(16, 256, log=True),
    "mlp__activation": ["relu", "tanh", "logistic"],
    "mlp__hidden_layer_sizes": [(20,), (50,), (100,), (50, 50)],
}

# %%
# The search
# ----------

search = BayesSearchCV(
    network,
    space,
    n_iter=20,
    cv=StratifiedKFold(3, shuffle=True, random_state=0),
    random_state=0,
).fit(X_train, y_train)

table = search.results_frame()
table.columns = table.columns.str.removeprefix("mlp__")
shown = [
    "learning_rate_init",
    "batch_size",
    "activation",
    "hidden_layer_sizes",
    "score",
]
print(table[shown].head(3).to_string())

# %%
# The first row has the network's own parameters, for all of them lie in the space.
# Where one does not, the middle of its range takes its place. In the picture it is the
# first point: this is what has to be beaten.

display = ConvergenceDisplay.from_estimator(search)
display.ax_.set_ylabel("accuracy, mean over 3 folds")
plt.show()

# %%
# What good candidates have in common
# -----------------------------------
# Each line is a candidate, from its parameters to its score. Good ones are bright, and
# the best is thick.

ParallelCoordinatesDisplay.from_estimator(search)
plt.show()

# %%
# Which parameters matter
# -----------------------
# The model of the search tells how much of the differences between scores comes from
# each parameter alone, and how much from it together with others. Twenty candidates
# tell the large differences only.

ParameterImportanceDisplay.from_estimator(search)
plt.show()

# %%
# Was it worth it?
# ----------------
# The score that counts is that on digits which the search has not seen.

own = network.fit(X_train, y_train).score(X_test, y_test)
print(
    pd.DataFrame(
        {
            "cross-validated": [table["score"].iloc[0], search.best_score_],
            f"{len(y_test)} new digits": [own, search.score(X_test, y_test)],
        },
        index=["the network's own parameters", "best of the search"],
    ).round(4)
)
