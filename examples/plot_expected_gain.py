"""
Stop when there is nothing more to gain
=======================================

How many candidates are enough? ``stopping=ExpectedGain()`` leaves that to the model of
the search. It knows how much the next candidate may gain. Where that is small beside
the noise of the cross-validation, more candidates would only fit the folds.
"""

# %%
# A search that ends early
# ------------------------
# A support vector machine predicts the progress of diabetes. A third of the patients is
# kept, to see at the end what was missed. The search may take 80 candidates.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from sklearn_bayes_search import BayesSearchCV, ConvergenceDisplay, ExpectedGain, Real

X, X_test, y, y_test = train_test_split(
    *load_diabetes(return_X_y=True), test_size=1 / 3, random_state=0
)
model = make_pipeline(StandardScaler(), SVR())
space = {
    "svr__C": Real(0.01, 1e4, log=True),
    "svr__gamma": Real(1e-5, 10, log=True),
    "svr__epsilon": Real(0.1, 100, log=True),
    "svr__kernel": ["rbf", "sigmoid"],
}
N_ITER = 80


def diabetes_search(seed, stopping):
    """Return a search that is not fitted yet."""
    return BayesSearchCV(
        model, space, n_iter=N_ITER, cv=5, stopping=stopping, random_state=seed
    )


search = diabetes_search(1, ExpectedGain()).fit(X, y)
print(search.stop_reason_)

# %%
# What it looks at
# ----------------
# To see it, the same search runs to its end, with a rule that only takes notes: what
# gain the model expects, and where ``ExpectedGain`` would stop for three values of
# ``fraction``, the part of the noise that the gain has to fall below. A smaller one
# stops later. Before the model takes over, the gain is not known.

FRACTIONS = (0.3, 0.1, 0.03)


def watched(seed):
    """Run a whole search; return it, the gains, and where each fraction stops."""
    gains, ends = {}, dict.fromkeys(FRACTIONS, N_ITER)

    def take_notes(history, optimizer):
        n = len(history)
        gains[n] = optimizer.expected_gain()
        for fraction in FRACTIONS:
            if n < ends[fraction] and ExpectedGain(fraction)(history, optimizer):
                ends[fraction] = n

    return diabetes_search(seed, take_notes).fit(X, y), pd.Series(gains), ends


runs = {seed: watched(seed) for seed in range(3)}
whole, gains, ends = runs[1]

fig, (above, below) = plt.subplots(
    2, sharex=True, figsize=(7.6, 6), layout="constrained"
)
ConvergenceDisplay.from_estimator(whole, ax=above)
above.set(xlabel="", ylabel="R², mean over 5 folds")
below.plot(gains, color="#0072B2")
below.set(yscale="log", ylabel="expected gain", xlabel="candidates")
below.grid(alpha=0.3)
for (fraction, n), style in zip(ends.items(), (":", "--", "-."), strict=True):
    for ax in (above, below):
        ax.axvline(n, color="0.35", linestyle=style, label=f"fraction={fraction}")
below.legend(loc="upper right", fontsize="small", title="stops here")
plt.show()

# %%
# What was missed
# ---------------
# For each of three searches: how many candidates each fraction takes, the best score by
# then, and the score of that candidate on the patients that were kept. In the last row
# of each search there is no rule. Compare the last two columns: a higher score on the
# folds need not be a higher one on new patients.

rows = []
for seed, (whole, _, ends) in runs.items():
    table = whole.results_frame()
    for rule, n in [*ends.items(), ("none", N_ITER)]:
        best = table["score"][:n].idxmax()
        fitted = clone(model).set_params(**whole.cv_results_["params"][best]).fit(X, y)
        rows.append(
            {
                "search": seed,
                "fraction": rule,
                "candidates": n,
                "best score": table["score"][best],
                "on new patients": fitted.score(X_test, y_test),
            }
        )
print(pd.DataFrame(rows).set_index(["search", "fraction"]).round(4).to_string())

# %%
# Three searches of one task prove little. :doc:`/how_long_to_search` tells what the
# rule saved and missed on twelve tasks, what the other rules do, and how to write one.
# A rule that keeps notes, as here, is only for looking: rules of a search that may be
# resumed must keep nothing.
