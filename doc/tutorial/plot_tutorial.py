"""
Tutorial: from a table to a decision
====================================

A phone company wants to know which customers are about to leave, so that it can call
them first. This tutorial goes from the table to a model that can be defended, in eight
short steps. It takes about ten minutes to read and less than a minute to run.
"""

# %%
# The table
# ---------
# The data are **made up**: 1,200 customers, three columns of categories and three of
# numbers. Who leaves is drawn at random, with a probability that depends on the
# columns. A third of the customers leave.

# sphinx_gallery_thumbnail_number = 3
import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
n = 1200
table = pd.DataFrame(
    {
        "contract": rng.choice(
            ["monthly", "one year", "two years"], n, p=[0.5, 0.3, 0.2]
        ),
        "payment": rng.choice(["card", "invoice", "debit"], n),
        "region": rng.choice(list("ABCDEFGH"), n),
        "months": rng.integers(1, 73, n),
        "price": rng.normal(60, 20, n).clip(15).round(),
        "calls": rng.poisson(1.5, n),
    }
)
of_contract = {"monthly": 1.0, "one year": -0.6, "two years": -1.6}
of_region = dict(zip("ABCDEFGH", rng.normal(0, 0.6, 8), strict=True))
risk = (
    table["contract"].map(of_contract)
    + table["region"].map(of_region)
    + 0.5 * (table["payment"] == "invoice")
    + 0.5 * (table["calls"] >= 3)
    - 0.03 * table["months"]
    + 0.02 * (table["price"] - 60) * (table["contract"] == "monthly")
)
leaves = (rng.random(n) < 1 / (1 + np.exp(-risk))).to_numpy()
X = table.astype(dict.fromkeys(("contract", "payment", "region"), "category"))
X.assign(leaves=leaves).head()

# %%
# 400 customers are set aside. No choice depends on them, so they can judge the result
# at the end.

from sklearn.model_selection import train_test_split

X_train, X_test, y_train, y_test = train_test_split(
    X, leaves, train_size=800, stratify=leaves, random_state=0
)

# %%
# Step 1: a baseline
# ------------------
# Gradient boosting takes categories as they are. The score is the area under the ROC
# curve: how often a customer who leaves is ranked above one who stays. Guessing has
# 0.5.

from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_score

model = HistGradientBoostingClassifier(random_state=0)
cv = StratifiedKFold(5, shuffle=True, random_state=0)
baseline = cross_val_score(model, X_train, y_train, cv=cv, scoring="roc_auc").mean()
print(f"defaults: {baseline:.3f}")

# %%
# Step 2: a space, or none
# ------------------------
# Which hyperparameters should vary, and in which ranges? For scikit-learn's estimators
# you need not know: a search without a space uses this one.

from sklearn_bayes_search import default_space

for name, values in default_space(model, X_train, y_train).items():
    print(f"{name:18s} {values}")

# %%
# It is a plain dict. Change a range, or write your own space, if you know better.
#
# Step 3: search, and watch it
# ----------------------------
# The search tries 25 candidates, each on the same five folds. It begins with the
# defaults: all but ``l2_regularization=0``, which is not in the space, so that the
# middle of its range takes its place. Then comes a candidate that did well on other
# data sets. After a few more, a model of the scores chooses.

from sklearn_bayes_search import BayesSearchCV, ProgressLine

search = BayesSearchCV(
    model,
    n_iter=25,
    cv=cv,
    scoring="roc_auc",
    callback=ProgressLine(),
    random_state=0,
).fit(X_train, y_train)

# %%
# ``ProgressLine`` is a line that counts up while the search runs. ``LivePage`` shows
# charts in the browser instead; :doc:`/watch` has a picture of it.
#
# Step 4: is it still improving?
# ------------------------------
# Each point is a candidate, and the line is the best so far. If the line has been flat
# for a while, stop. If it still rises, more candidates will probably help.

import matplotlib.pyplot as plt

from sklearn_bayes_search import ConvergenceDisplay

ConvergenceDisplay.from_estimator(search)
plt.show()

# %%
# The first candidate has the defaults, but for ``l2_regularization``. Most of the gain
# came early, and the second half of the search added little: 25 candidates were enough.
#
# Step 5: what matters, and how sure is that?
# -------------------------------------------
# Each bar is the share of the differences in score that comes from a hyperparameter.
# The whiskers show how uncertain that share is.

from sklearn_bayes_search import ParameterImportanceDisplay

ParameterImportanceDisplay.from_estimator(search)
plt.show()

# %%
# Grey bars mean that these candidates cannot tell. That is an honest answer. A Bayesian
# search stays where the scores are good. It tried almost no high learning rates, so it
# cannot know how bad they are. To rank hyperparameters, run a random search with a few
# dozen candidates, and draw the same chart of it.
#
# Is any range too narrow? ``check_ranges`` looks at its ends.

from textwrap import fill

from sklearn_bayes_search import check_ranges

findings = check_ranges(search)["text"].tolist()
print(fill(" ".join(findings) or "No range looks too narrow."))

# %%
# Step 6: an honest score
# -----------------------
# The best of 25 scores is a little too good, because it is the best of 25. This is its
# *optimism*. ``honest_score`` estimates it from the folds, and gives an interval for
# new data.

honest = search.honest_score()
print(f"best score:   {search.best_score_:.3f}")
print(
    f"honest score: {honest.score:.3f}, between {honest.low:.3f} and {honest.high:.3f}"
)

# %%
# Now, once, the 400 customers that were set aside:

model.fit(X_train, y_train)
of_defaults = search.scorer_(model, X_test, y_test)
print(f"tuned model:  {search.score(X_test, y_test):.3f}")
print(f"defaults:     {of_defaults:.3f}")

# %%
# Step 7: a smaller model that is nearly as good
# ----------------------------------------------
# Many candidates differ from the best one by less than the folds can tell. Among those
# within one standard error of the best, take the one with the fewest leaves: it is the
# smallest and the fastest.

from sklearn_bayes_search import OneStandardError


def n_leaves(params):
    """Return the most leaves that a model may have."""
    return params["max_iter"] * params["max_leaf_nodes"]


scores = search.cv_results_["mean_test_score"]
sizes = [n_leaves(params) for params in search.cv_results_["params"]]
small = OneStandardError(n_leaves)(search.cv_results_)

fig, ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
ax.scatter(sizes, scores, color="#8C8C8C", label="a candidate")
best = search.best_index_
ax.plot(sizes[best], scores[best], "*", ms=17, color="#D55E00", label="the best")
ax.plot(sizes[small], scores[small], "o", ms=10, color="#0072B2", label="the small one")
error = search.results_frame()["standard_error"][best]
ax.axhline(scores[best] - error, color="black", ls="--", lw=1)
ax.annotate(
    "one standard error below the best",
    (0.02, scores[best] - error),
    xycoords=("axes fraction", "data"),
    xytext=(0, 4),
    textcoords="offset points",
)
ax.set(
    xscale="log", xlabel="most leaves of the model", ylabel="area under the ROC curve"
)
ax.legend()
plt.show()

# %%
# The search can do this itself, with ``refit=OneStandardError(n_leaves)``. Here we fit
# the small model and check it on the customers that were set aside:

small_model = model.set_params(**search.cv_results_["params"][small])
small_model.fit(X_train, y_train)
small_score = search.scorer_(small_model, X_test, y_test)
print(f"the best:  {sizes[best]:5d} leaves, {search.score(X_test, y_test):.3f}")
print(f"the small: {sizes[small]:5d} leaves, {small_score:.3f}")

# %%
# Step 8: what to tell the boss
# -----------------------------

print(
    fill(
        "If we pick one customer who leaves and one who stays, the model ranks them "
        f"right in {honest.score:.0%} of cases (for customers like these, between "
        f"{honest.low:.0%} and {honest.high:.0%}). With the defaults it was "
        f"{baseline:.0%}. The model has {sizes[small]} leaves at most, "
        f"{sizes[best] / sizes[small]:.1f} times fewer than the best one, and is as "
        "good as far as we can tell."
    )
)

# %%
# For everything else there is the report: one file with all charts, the table of
# candidates and the code of the search. ``search.report("report.html")`` writes it. See
# :doc:`/report` for two examples.
#
# Where to go from here:
#
# - :doc:`/space` to write a space of your own,
# - :doc:`/fewer_fits` and :doc:`/path` for searches that take too long,
# - :doc:`/how_good_is_the_best` for more about honest scores,
# - :doc:`/migrating` if you come from another search.
