"""
Racing: most candidates need not be scored on all folds
=======================================================

With ten folds, each candidate costs ten fits. But most are plainly worse than the best
one, and two or three folds show it. ``racing=True`` runs the folds of a candidate one
after another, and pauses it as soon as it is unlikely to win. At the end of the search
the paused ones get more folds, until none of them is likely to be the best. Only a
candidate with all folds can be the best.
"""

# %%
# The same search with and without
# --------------------------------
# Four seeds each: 30 candidates, ten folds. The score is the accuracy.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import TwoSlopeNorm
from scipy.stats import loguniform
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_bayes_search import BayesSearchCV, ConvergenceDisplay

X, y = load_breast_cancer(return_X_y=True)
SEEDS = range(4)


def searched(racing, seed):
    """Search with ten folds."""
    return BayesSearchCV(
        Pipeline([("scale", StandardScaler()), ("svc", SVC())]),
        {"svc__C": loguniform(1e-3, 1e3), "svc__gamma": loguniform(1e-5, 1e1)},
        n_iter=30,
        cv=StratifiedKFold(10, shuffle=True, random_state=0),
        racing=racing,
        random_state=seed,
    ).fit(X, y)


every_fold = [searched(False, seed) for seed in SEEDS]
raced = [searched(True, seed) for seed in SEEDS]

# %%
# Which folds were run
# --------------------
# One row for each fold, one column for each candidate, in the order of the search, with
# the first seed. Colours compare the score with the median of that fold: some folds are
# easy for all candidates, which says nothing about which candidate is better. Grey
# folds were not run.

results = raced[0].cv_results_
folds = np.array([results[f"split{i}_test_score"] for i in range(10)])
against = folds - np.nanmedian(folds, axis=1, keepdims=True)

fig, ax = plt.subplots(figsize=(9, 3.6), layout="constrained")
image = ax.pcolormesh(
    np.arange(1, 31),
    np.arange(1, 11),
    against,
    cmap="RdBu",
    norm=TwoSlopeNorm(0, vmin=-0.1, vmax=0.1),
    edgecolor="white",
    lw=0.5,
    shading="nearest",
)
fig.colorbar(image, ax=ax, label="accuracy against\nthe fold's median", extend="min")
best = raced[0].best_index_ + 1
ax.annotate(
    "best",
    (best, 10.5),
    xytext=(best, 11.6),
    ha="center",
    arrowprops={"arrowstyle": "->"},
    annotation_clip=False,
)
n_fits = np.isfinite(folds).sum()
ax.set(xlabel="candidate", ylabel="fold", yticks=range(1, 11))
ax.set_facecolor("0.75")
ax.set_title(f"{n_fits} of {folds.size} fits were run", loc="left", pad=24)
plt.show()

# %%
# What it saves, and what it costs
# --------------------------------
# The best so far against the number of fits: the median of the four seeds, and the
# middle half of them.

display = ConvergenceDisplay.from_estimator(
    {"all folds": every_fold, "racing": raced}, x="fits"
)
display.ax_.set(ylabel="accuracy, mean over 10 folds", ylim=(0.97, 0.985))
plt.show()

table = pd.DataFrame(
    {
        name: {
            "fits": np.mean([len(search.folds_frame()) for search in searches]),
            "mean best": np.mean([search.best_score_ for search in searches]),
            "worst seed": np.min([search.best_score_ for search in searches]),
        }
        for name, searches in {"all folds": every_fold, "racing": raced}.items()
    }
).T
print(table.round(4).to_string())

# %%
# The best scores are level, with two thirds of the fits. How many are saved
# depends on the problem. Racing saves most where candidates differ much and there are
# many folds; where a search spends its time among candidates that are equally good, all
# their folds are needed.
