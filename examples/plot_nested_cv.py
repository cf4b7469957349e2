"""
Nested cross-validation: how good is what the search found?
===========================================================

The best score of a search is the highest of many, and part of what made it the highest
is chance. It is too good to be true, the more so the smaller the data. Nested
cross-validation has no such optimism: an outer loop holds data back, a search runs on
the rest, and its best estimator is scored on what it has not seen. This works because a
search is an estimator like any other.
"""

# %%
# Data from which nothing can be learned
# --------------------------------------
# To see the optimism and nothing else, the labels are tosses of a coin, and do not
# depend on the data. Whatever a model has learned, its accuracy on new data is 0.5. The
# model is a single tree. There are ten data sets of 100 samples each.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import BayesSearchCV

inner = StratifiedKFold(5, shuffle=True, random_state=0)
outer = StratifiedKFold(5, shuffle=True, random_state=1)
search = BayesSearchCV(
    DecisionTreeClassifier(random_state=0),
    {
        "max_depth": range(1, 9),
        "min_samples_leaf": range(1, 16),
        "max_features": np.linspace(0.1, 1, 10),
    },
    n_iter=15,
    cv=inner,
    random_state=0,
)

# %%
# Three estimates
# ---------------
# - ``best_score_`` comes with the search.
# - ``honest_score()`` takes the optimism out of it, from the scores on the folds that
#   are there already. It fits nothing.
# - ``cross_val_score`` of the search is the nested one: five searches more.

rows = []
for seed in range(10):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(100, 10)), rng.permutation(np.arange(100) % 2)
    search.fit(X, y)
    rows.append(
        {
            "best_score_": search.best_score_,
            "honest_score()": search.honest_score().score,
            "nested": cross_val_score(search, X, y, cv=outer).mean(),
        }
    )
table = pd.DataFrame(rows)

# %%
# How far they are from the truth
# -------------------------------

fig, ax = plt.subplots(figsize=(7.5, 3.2), layout="constrained")
COLORS = ["#D55E00", "#E69F00", "#0072B2"]
for row, values in enumerate(table.to_numpy().T):
    jitter = np.linspace(-0.2, 0.2, len(values))
    ax.scatter(values, row + jitter, color=COLORS[row], s=36, alpha=0.8)
    ax.plot([values.mean()] * 2, [row - 0.35, row + 0.35], color="black", lw=2)
ax.axvline(0.5, color="#8C8C8C", ls="--", lw=1)
ax.text(0.502, 2.45, "the truth", color="#5C5C5C")
ax.set(
    xlabel="estimated accuracy",
    yticks=range(3),
    yticklabels=table.columns,
    ylim=(2.5, -0.5),
    title="A point for each of 10 data sets, a black line at their mean",
)
plt.show()

summary = pd.DataFrame(
    {
        "mean": table.mean(),
        "its standard error": table.sem(),
        "above 0.5 in": (table > 0.5).sum().astype(str) + " of 10",
        "searches": [1, 1, 6],
    }
)
print(summary.round(3).to_string())

# %%
# The best score says that something has been learned, which cannot be. The more
# candidates a search tries, and the fewer the data, the more it promises. The nested
# score is right in the mean, but a single one may still be far off: 100 samples tell no
# more. ``honest_score()`` takes away a part of the optimism at no cost.
#
# The nested score judges the way in which you search, not one candidate: each of its
# five searches may choose another. To use a model, fit the search on all data.
#
# With a lot of data none of this is needed. Hold some back, and score the fitted search
# on it.
