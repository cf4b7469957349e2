"""
A path: all numbers of trees in one fit
=======================================

A boosting fit of 150 trees holds the models of all fewer trees. As any other parameter,
``n_estimators`` would take a fit for each number that is tried, and a search would have
to learn that it goes with the learning rate. With ``path="n_estimators"`` each fit is
scored on the way, and the parameter leaves the search.
"""

# %%
# One candidate, all lengths
# --------------------------
# Gradient boosting on 500 rows, 5 folds. A candidate has the number of trees with the
# best mean over its folds. A fit ends early once it is past the peak of its curve.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.datasets import make_classification
from sklearn.ensemble import GradientBoostingClassifier

from sklearn_bayes_search import (
    BayesSearchCV,
    ConvergenceDisplay,
    Integer,
    PathDisplay,
    Real,
)

X, y = make_classification(
    500, 12, n_informative=6, flip_y=0.1, class_sep=0.7, random_state=0
)
SPACE = {
    "learning_rate": Real(0.02, 1.0, log=True),
    "max_depth": [1, 2, 3, 4],
    "n_estimators": Integer(5, 150, log=True),
}


def searched(path):
    """Search with or without a path."""
    return BayesSearchCV(
        GradientBoostingClassifier(max_features=4, random_state=0),
        SPACE,
        n_iter=10,
        path=path,
        scoring="neg_log_loss",
        random_state=0,
    ).fit(X, y)


with_path = searched("n_estimators")
print(with_path.best_params_)

# %%
# The curves
# ----------
# The leading candidates: a dot is the number of trees that each has. Small learning
# rates need many trees, large ones end early.

PathDisplay.from_estimator(with_path)
plt.show()

print(with_path.results_frame().round(3).to_string())

# %%
# Beside the search without
# -------------------------
# The best so far against the seconds of all fits and their scoring. A candidate with a
# path takes longer, since it grows up to its peak, and fewer candidates are needed.

plain = searched(None)
display = ConvergenceDisplay.from_estimator(
    {"n_estimators is searched": plain, "path": with_path}, x="seconds"
)
display.ax_.set(ylabel="log loss, negative, mean over 5 folds")
plt.show()

searches = {"n_estimators is searched": plain, "path": with_path}
table = pd.DataFrame(
    {
        name: {"best score": search.best_score_, **search.best_params_}
        for name, search in searches.items()
    }
).T
print(table.round(4).to_string())
