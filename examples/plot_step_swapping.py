"""
Which model, and with which parameters? One search for both
===========================================================

Often the first question is not which ``C``, but whether a support vector machine is the
right model at all. A list of dicts asks both at once: each dict is a *branch*, a model
with the parameters that only it has. It is one search with one budget, spent
where scores are good, instead of the same number for every model.
"""

# %%
# Branches
# --------
# The pipeline has two steps that can be exchanged. ``"reduce"`` is left out, or is a
# principal component analysis whose number of components is searched; ``"model"`` is
# one of three. A parameter that a branch does not name does not exist there. One with
# the same name and values in several branches is shared: what is learned of it in one
# branch counts in the others.

import matplotlib.pyplot as plt
from scipy.stats import loguniform
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_bayes_search import BayesSearchCV, Integer, ParallelCoordinatesDisplay

X, y = load_breast_cancer(return_X_y=True)
pipeline = Pipeline(
    [("scale", StandardScaler()), ("reduce", "passthrough"), ("model", SVC())]
)
models = [
    {
        "model": [SVC()],
        "model__C": loguniform(1e-2, 1e3),
        "model__gamma": loguniform(1e-4, 1e0),
    },
    {
        "model": [LogisticRegression(max_iter=1000)],
        "model__C": loguniform(1e-2, 1e3),
    },
    {
        "model": [KNeighborsClassifier()],
        "model__n_neighbors": Integer(1, 30),
        "model__weights": ["uniform", "distance"],
    },
]
reductions = [
    {"reduce": ["passthrough"]},
    {"reduce": [PCA(random_state=0)], "reduce__n_components": Integer(2, 20)},
]
space = [model | reduction for model in models for reduction in reductions]
print(len(space), "branches")

# %%
# The search
# ----------

search = BayesSearchCV(
    pipeline,
    space,
    n_iter=40,
    cv=StratifiedKFold(5, shuffle=True, random_state=0),
    random_state=0,
).fit(X, y)
print(f"accuracy {search.best_score_:.4f} with {search.best_params_}")

# %%
# Where the budget went: how many candidates each pair of steps got, the best and the
# worst of their scores.

table = search.results_frame()
for step in ("model", "reduce"):
    names = [v if isinstance(v, str) else type(v).__name__ for v in table[step]]
    table[step] = names
by_branch = table.groupby(["model", "reduce"])["score"].agg(["size", "max", "min"])
print(by_branch.sort_values("max", ascending=False).round(4).to_string())

# %%
# All candidates in one picture
# -----------------------------
# A line passes below the axis of a parameter that its branch does not have.

ParallelCoordinatesDisplay.from_estimator(
    search,
    params=[
        "reduce",
        "reduce__n_components",
        "model",
        "model__C",
        "model__gamma",
        "model__n_neighbors",
        "model__weights",
    ],
)
plt.show()

# %%
# Nearest neighbours got the fewest candidates, since they scored lower from the start.
# ``GridSearchCV`` takes such lists, too, but tries every combination of every branch.
