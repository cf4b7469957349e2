"""
What the search believes: a support vector machine on two moons
===============================================================

A search sees some candidates only, and believes something about all others. With two
parameters, and a model that is fitted in a few milliseconds, we can compute the true
score everywhere and compare.
"""

# %%
# The true surface
# ----------------
# Two half moons, blurred with noise, are told apart by a support vector machine with
# the parameters ``C`` and ``gamma``. A grid of 25 × 25 candidates shows the whole
# truth, at the price of 625 candidates on three folds.

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import loguniform
from sklearn.datasets import make_moons
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.svm import SVC

from sklearn_bayes_search import BayesSearchCV, SurrogateDisplay

X, y = make_moons(n_samples=150, noise=0.3, random_state=0)
cv = StratifiedKFold(3, shuffle=True, random_state=0)

C, gamma = np.logspace(-2, 4, 25), np.logspace(-4, 2, 25)
grid = GridSearchCV(SVC(), {"C": C, "gamma": gamma}, cv=cv, refit=False).fit(X, y)
truth = grid.cv_results_["mean_test_score"].reshape(25, 25)

# %%
# Twenty candidates
# -----------------
# ``scoring`` is the share of right answers, as by default. The search may try 20
# candidates, a thirtieth of the grid. With ``experience=False`` it begins without
# knowledge from other data: all that it believes follows from these candidates.

search = BayesSearchCV(
    SVC(),
    {"C": loguniform(1e-2, 1e4), "gamma": loguniform(1e-4, 1e2)},
    n_iter=20,
    cv=cv,
    experience=False,
    random_state=0,
).fit(X, y)

# %%
# ``optimizer_`` is the model of the fitted search. Its ``predict`` tells what it
# believes of any candidates: the mean, and the standard deviation of what it is not
# sure of.

settings = [{"C": c, "gamma": g} for c in C for g in gamma]
belief = search.optimizer_.predict(settings)

# %%
# Truth, belief and doubt
# -----------------------
# The numbers tell the order in which the candidates were tried; the star is the best.
# The last picture is a part of the second, enlarged.

fig, axes = plt.subplots(2, 2, figsize=(8.4, 9), layout="constrained")
score = {"cmap": "viridis", "vmin": 0.7, "vmax": truth.max()}
mean, std = belief.mean.reshape(25, 25), belief.std.reshape(25, 25)
for ax, values, title, label, colors in [
    (axes[0, 0], truth, "truth: 25 × 25 candidates", "accuracy", score),
    (axes[0, 1], mean, "belief after 20 candidates", "predicted accuracy", score),
    (axes[1, 0], std, "doubt", "standard deviation of the belief", {"cmap": "cividis"}),
    (axes[1, 1], mean, "belief near the best", "predicted accuracy", score),
]:
    image = ax.pcolormesh(gamma, C, values, shading="nearest", **colors)
    fig.colorbar(image, ax=ax, label=label, location="bottom", shrink=0.9)
    ax.set(xscale="log", yscale="log", xlabel="gamma", ylabel="C", title=title)
    best = search.best_params_
    ax.plot(best["gamma"], best["C"], "*", ms=19, color="#D55E00", mec="white")
axes[1, 1].set(xlim=(0.9, 4), ylim=(0.9, 12))
axes[1, 1].set_xticks([1, 2, 3], [1, 2, 3], minor=False)
axes[1, 1].set_xticks([], minor=True)
axes[1, 1].set_yticks([1, 2, 5, 10], [1, 2, 5, 10], minor=False)
axes[1, 1].set_yticks([], minor=True)

for i, params in enumerate(search.cv_results_["params"], start=1):
    at = params["gamma"], params["C"]
    axes[1, 0].plot(*at, "o", ms=5, color="white", mec="black")
    for ax in (axes[0, 1], axes[1, 1]):
        near = 0.9 < at[0] < 4 and 0.9 < at[1] < 12
        if near and ax is axes[0, 1]:
            ax.plot(*at, "o", ms=4, color="white", mec="black")
        elif near or ax is axes[0, 1]:
            ax.annotate(
                str(i),
                at,
                ha="center",
                va="center",
                fontsize=9,
                bbox={"boxstyle": "circle,pad=0.1", "fc": "white", "ec": "black"},
            )
plt.show()

print(f"best of the grid, 625 candidates:  {grid.best_score_:.4f}")
print(f"best of the search, 20 candidates: {search.best_score_:.4f}")

# %%
# The belief is right where it matters and vague elsewhere. Good candidates lie on a
# ridge, and most numbers are close to its top. Where the search has hardly been, its
# belief is flat and its doubt large, and it does not care: there the score would have
# to be far better than anything seen to be worth a look. So do not read the belief as a
# map of the score. If you want the map, pay for the grid.

# %%
# The belief in one line
# ----------------------
# ``SurrogateDisplay`` draws what a model makes of any search, of ``GridSearchCV``, too:
# along each parameter, with the other one as in the best candidate, and over both.

SurrogateDisplay.from_estimator(search, params=["C", "gamma", ("gamma", "C")])
plt.show()
