"""
A search for four seconds
=========================

Often one does not know how many candidates one can afford, but when the result must be
there. ``timeout`` is a number of seconds for everything: the search, and the fit of the
best candidate on all data at its end. With ``n_iter=None`` the time alone decides.

What is shown here depends on the clock, so that it is not the same every time, and not
the same on your machine.
"""

# %%
# The budget
# ----------
# With gradient boosting 200 trees take forty times as long as 5, and deep ones longer
# than shallow ones. The search may take four seconds.

import time

import matplotlib.pyplot as plt
import pandas as pd
from scipy.stats import loguniform
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier

from sklearn_bayes_search import BayesSearchCV, ConvergenceDisplay, Integer

X, y = load_breast_cancer(return_X_y=True)
BUDGET = 4.0


def timed(acquisition):
    """Search for a while; give the search and how long it took."""
    search = BayesSearchCV(
        GradientBoostingClassifier(n_estimators=20, max_features=5, random_state=0),
        {
            "n_estimators": Integer(5, 200, log=True),
            "learning_rate": loguniform(0.01, 1.0),
            "max_depth": Integer(1, 6),
        },
        n_iter=None,
        timeout=BUDGET,
        cv=3,
        acquisition=acquisition,
        random_state=0,
    )
    start = time.perf_counter()
    search.fit(X, y)
    return search, time.perf_counter() - start


by_gain, seconds = timed("log_ei")
print(by_gain.stop_reason_)
print(f"{seconds:.1f} s in all, {by_gain.refit_time_:.1f} s of them for the final fit")

# %%
# No fit is begun that would probably end too late. A fit that runs is not stopped, so a
# little more than the budget is possible; for single fits that hang there is
# ``fit_timeout``.
#
# Gain per second
# ---------------
# By default the search asks how much a candidate may gain, not how long it takes. With
# a budget of time, cheap candidates may come first: ``acquisition="ei_per_second"``
# divides the expected gain by the predicted time, which a second model learns.

per_second, seconds_too = timed("ei_per_second")
searches = {"expected gain": by_gain, "expected gain per second": per_second}

fig, axes = plt.subplots(1, 2, figsize=(8.4, 4), layout="constrained")
ConvergenceDisplay.from_estimator(searches, x="seconds", show_points=True, ax=axes[0])
axes[0].set(
    xlabel="seconds of fitting and scoring", ylabel="accuracy, mean over 3 folds"
)
axes[0].set_title("score")
for (name, search), color, mark in zip(
    searches.items(), ("#0072B2", "#D55E00"), "os", strict=True
):
    table = search.results_frame()
    axes[1].scatter(
        table["n_estimators"],
        table["seconds"],
        color=color,
        marker=mark,
        alpha=0.7,
        label=f"{name}: {len(table)} candidates",
    )
axes[1].set(xscale="log", xlabel="trees", ylabel="seconds for 3 folds", ylim=(0, None))
axes[1].set_xticks([5, 10, 20, 50, 100, 200], [5, 10, 20, 50, 100, 200])
axes[1].minorticks_off()
axes[1].set_title("what a candidate costs")
axes[1].legend(fontsize="small")
plt.show()

print(
    pd.DataFrame(
        {
            "candidates": [search.n_iter_ for search in searches.values()],
            "best accuracy": [search.best_score_ for search in searches.values()],
            "trees of the best": [
                search.best_params_["n_estimators"] for search in searches.values()
            ],
            "seconds in all": [seconds, seconds_too],
        },
        index=list(searches),
    )
    .round(3)
    .to_string()
)

# %%
# Divided by the time, cheap candidates come first, and expensive ones wait until they
# promise more. Whether that ends higher depends on where the good candidates are: if
# they are the slow ones, it finds them later. One run, as here, proves nothing about
# that. Without a limit of time leave it out.
