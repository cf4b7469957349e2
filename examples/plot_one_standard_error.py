"""
The simplest candidate that is good enough
==========================================

The highest cross-validated score belongs to one candidate, but others are as good
within what the folds can tell. Of these one may take the simplest: it is easier to
read, faster, and less likely to have been chosen by chance. The *one-standard-error
rule* does so: among all candidates whose score is at most one standard error below the
best, it takes the simplest.
"""

# %%
# A model of few terms
# --------------------
# The lasso predicts how far diabetes has progressed, from ten measurements, their
# squares and products: 65 terms. The larger ``alpha``, the more terms it leaves out.
# ``OneStandardError("-lasso__alpha")`` says what simple means: the minus stands where
# larger is simpler. It also works as ``refit`` of ``GridSearchCV`` and
# ``RandomizedSearchCV``.
#
# A Bayesian search spends its candidates close to the best score, and may have hardly
# any simple ones to choose from. So ``alpha`` has a list of 26 values here, and
# ``n_iter=26`` runs all of them.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Lasso
from sklearn.model_selection import KFold, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from sklearn_bayes_search import BayesSearchCV, FoldsDisplay, OneStandardError

X_train, X_test, y_train, y_test = train_test_split(
    *load_diabetes(return_X_y=True), train_size=0.6, random_state=0
)


def searched(refit):
    """Search for alpha; ``refit`` decides which candidate is taken."""
    return BayesSearchCV(
        Pipeline(
            [
                ("terms", PolynomialFeatures(2, include_bias=False)),
                ("scale", StandardScaler()),
                ("lasso", Lasso(max_iter=10_000)),
            ]
        ),
        {"lasso__alpha": np.logspace(-1, 1.5, 26)},
        n_iter=26,
        cv=KFold(10, shuffle=True, random_state=0),
        refit=refit,
        random_state=0,
    ).fit(X_train, y_train)


highest = searched(refit=True)
simplest = searched(refit=OneStandardError("-lasso__alpha"))

# %%
# The search is the same, only the choice at its end differs. The yellow band reaches
# from the highest score to one standard error below.

table = simplest.results_frame()
i_high, i_simple = highest.best_index_, simplest.best_index_
top, error = table["score"][i_high], table["standard_error"][i_high]

fig, ax = plt.subplots(figsize=(7.5, 4.4), layout="constrained")
ax.axhspan(top - error, top, color="#E69F00", alpha=0.25, lw=0)
alpha = table["lasso__alpha"]
ax.scatter(alpha, table["score"], s=30, color="#8C8C8C", label="a candidate")
marks = {
    "highest score": (highest, "#D55E00", "*", 220),
    "simplest within one standard error": (simplest, "#0072B2", "D", 70),
}
for label, (search, color, mark, size) in marks.items():
    i = search.best_index_
    terms = (search.best_estimator_["lasso"].coef_ != 0).sum()
    ax.scatter(
        alpha[i],
        table["score"][i],
        s=size,
        color=color,
        marker=mark,
        ec="white",
        zorder=4,
        label=f"{label}: {terms} terms",
    )
ax.text(0.1, top - error, "one standard error", va="bottom", fontsize="small")
ax.set(
    xscale="log",
    xlabel="alpha: to the right the model is simpler",
    ylabel="R², mean over 10 folds",
    xlim=(0.09, 35),
)
ax.legend(loc="lower left", fontsize="small")
plt.show()

# %%
# On data that the search has not seen
# ------------------------------------

rows = {
    label: {
        "alpha": alpha[search.best_index_],
        "terms": (search.best_estimator_["lasso"].coef_ != 0).sum(),
        "cross-validated R²": table["score"][search.best_index_],
        f"R² of {len(y_test)} others": search.score(X_test, y_test),
    }
    for label, (search, *_) in marks.items()
}
print(pd.DataFrame.from_dict(rows, orient="index").round(3).to_string())

# %%
# Here six terms predict other patients as well as seventeen do. That need not be so:
# the rule gives up a little of the score for simplicity.
#
# A sharper comparison
# --------------------
# The standard error of a score overstates how uncertain a *difference* is: some folds
# are easy for every candidate. ``equivalent_params_`` compares fold by fold. It has the
# candidates that cannot be told from the best, and ``FoldsDisplay`` shows the leading
# ones.

n_equivalent = len(highest.equivalent_params_)
print(n_equivalent, "of", len(table), "candidates cannot be told from the best")
FoldsDisplay.from_estimator(highest)
plt.show()
