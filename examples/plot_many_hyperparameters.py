"""
More than twenty hyperparameters
================================

A real pipeline has many hyperparameters, and it is seldom known beforehand which of
them matter. How well does a search do in so large a space? And which hyperparameters
made the difference in the end?
"""

# %%
# A model of five models
# ----------------------
# The progress of diabetes is predicted by the mean of five regressors: a linear model
# of splines, one of products, a support vector machine, nearest neighbours and trees.
# Each has its own preparation of the data.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesRegressor, VotingRegressor
from sklearn.feature_selection import SelectPercentile, f_regression
from sklearn.linear_model import ElasticNet, Ridge
from sklearn.model_selection import KFold, RandomizedSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    PolynomialFeatures,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import SVR

from sklearn_bayes_search import (
    BayesSearchCV,
    ConvergenceDisplay,
    Integer,
    Real,
    parameter_importance,
)

X, y = load_diabetes(return_X_y=True)
splines = Pipeline(
    [
        ("make", SplineTransformer()),
        ("select", SelectPercentile(f_regression)),
        ("model", Ridge()),
    ]
)
products = Pipeline(
    [
        ("make", PolynomialFeatures()),
        ("scale", StandardScaler()),
        ("model", ElasticNet(max_iter=2000, tol=0.01)),
    ]
)
vectors = Pipeline(
    [("scale", StandardScaler()), ("reduce", PCA(random_state=0)), ("model", SVR())]
)
neighbors = Pipeline(
    [
        ("scale", StandardScaler()),
        ("select", SelectPercentile(f_regression)),
        ("model", KNeighborsRegressor()),
    ]
)
trees = ExtraTreesRegressor(n_estimators=10, random_state=0)
model = VotingRegressor(
    [
        ("splines", splines),
        ("products", products),
        ("vectors", vectors),
        ("neighbors", neighbors),
        ("trees", trees),
    ]
)
space = {
    "splines__make__n_knots": Integer(3, 12),
    "splines__make__degree": [1, 2, 3],
    "splines__select__percentile": Integer(10, 100),
    "splines__model__alpha": Real(1e-3, 1e3, log=True),
    "products__make__interaction_only": [False, True],
    "products__model__alpha": Real(0.1, 100, log=True),
    "products__model__l1_ratio": Real(0, 1),
    "vectors__reduce__n_components": Integer(1, 10),
    "vectors__reduce__whiten": [False, True],
    "vectors__model__C": Real(0.1, 1000, log=True),
    "vectors__model__gamma": Real(1e-4, 1, log=True),
    "vectors__model__epsilon": Real(0.1, 100, log=True),
    "neighbors__scale": [StandardScaler(), MinMaxScaler(), "passthrough"],
    "neighbors__select__percentile": Integer(10, 100),
    "neighbors__model__n_neighbors": Integer(1, 50, log=True),
    "neighbors__model__weights": ["uniform", "distance"],
    "neighbors__model__p": [1, 2],
    "trees__max_features": Real(0.1, 1),
    "trees__min_samples_leaf": Integer(1, 40, log=True),
    "trees__min_samples_split": Integer(2, 40, log=True),
    "trees__bootstrap": [False, True],
}
cv = KFold(3, shuffle=True, random_state=0)
untuned = cross_val_score(model, X, y, cv=cv)
print(f"{len(space)} hyperparameters; without a search R² is {untuned.mean():.3f}")

# %%
# Random and Bayesian search
# --------------------------
# Each gets 40 candidates, with three seeds. The line is the median over the seeds, and
# the band holds the middle half of them.

SEEDS, N_ITER = range(3), 40
searches = {
    name: [
        kind(model, space, n_iter=N_ITER, cv=cv, random_state=seed).fit(X, y)
        for seed in SEEDS
    ]
    for name, kind in [("random", RandomizedSearchCV), ("Bayes", BayesSearchCV)]
}
display = ConvergenceDisplay.from_estimator(searches)
display.ax_.set_ylabel("R², mean over 3 folds")
plt.show()

# %%
# In numbers, the best score of each search:

best_scores = {
    name: [search.best_score_ for search in runs] for name, runs in searches.items()
}
print(pd.DataFrame(best_scores, index=pd.Index(SEEDS, name="seed")).round(3))

# %%
# What made the difference
# ------------------------
# ``parameter_importance`` says for the whole space which hyperparameters matter. With
# twice as many candidates as hyperparameters it can seldom tell, and it says so. Here
# is for how many it gives each answer:

search = max(searches["Bayes"], key=lambda search: search.best_score_)
print(parameter_importance(search)["matters"].value_counts().to_string())

# %%
# Around the best candidate it is easy to find out. Give one hyperparameter after
# another the value that it has without a search, and look how much of the score is
# lost. The lines are one standard error of the loss on the folds, to both sides. Where
# a line reaches 0, the default may be as good.

best, own = search.best_params_, model.get_params()
tuned = cross_val_score(clone(model).set_params(**best), X, y, cv=cv)
losses = {}
for name in space:
    changed = clone(model).set_params(**{**best, name: own[name]})
    losses[name] = tuned - cross_val_score(changed, X, y, cv=cv)
losses = pd.DataFrame(losses).T
table = pd.DataFrame(
    {
        "best": pd.Series(best),
        "default": pd.Series({name: own[name] for name in space}),
        "loss": losses.mean(axis=1),
        "standard error": losses.sem(axis=1),
    }
).sort_values("loss", ascending=False)

fig, ax = plt.subplots(figsize=(7.6, 6.4), layout="constrained")
ax.barh(
    table.index,
    table["loss"],
    xerr=table["standard error"],
    color="#0072B2",
    ecolor="#D55E00",
)
ax.invert_yaxis()
ax.axvline(0, color="0.4", linewidth=0.8)
ax.grid(axis="x", alpha=0.3)
ax.set_xlabel("R² that is lost with the default value")
plt.show()

# %%
# The same with the values. A negative loss is a gain by the default.

for column in ("best", "default"):
    table[column] = [
        f"{value:.3g}" if isinstance(value, float) else str(value)
        for value in table[column]
    ]
print(table.round(4).to_string())
gain = search.best_score_ - untuned.mean()
print(f"\ngain of the search: {gain:.3f}, sum of the losses: {table['loss'].sum():.3f}")

# %%
# The next search of this model can leave out what made no difference, and spend its
# candidates on the others. The losses need not add up to the gain of the search:
# hyperparameters work together, and one may stand in for another. The best score is
# also optimistic, as always: :doc:`/how_good_is_the_best`.
