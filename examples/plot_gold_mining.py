"""
Gold mining: how the next value is chosen
=========================================

A strip of land is ten kilometres long, and somewhere under it there is gold. Drilling
tells how much there is at one place, and drilling is dear. Where do we drill next? The
story is that of Agnihotri and Batra, "Exploring Bayesian Optimization" (Distill, 2020),
told anew: other words, other code, another curve.

Whoever wants the map of the gold drills where least is known. We only want the richest
place, so that poor land need not be known well. For that we need two things: a *model*
that says, for every place, what we believe about its gold and how sure we are; and an
*acquisition function* that makes one number of the two, how promising the place is. The
place where it is highest is drilled next. This example shows what the choice of that
function does.
"""

# %%
# The land
# --------
# There is a broad hill of gold in the west, and a higher, narrow one in the east. The
# search does not know this curve. It only gets the values that it pays for.

# sphinx_gallery_thumbnail_number = 2
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sklearn_bayes_search import (
    AcquisitionDisplay,
    BayesianOptimizer,
    ExpectedImprovement,
    ProbabilityOfImprovement,
    Real,
    ThompsonSampling,
    UpperConfidenceBound,
)

LAND = {"x": Real(0, 10)}


def gold(x):
    """Return the kilograms of gold at kilometre x."""
    west = 5.0 * np.exp(-(((x - 2.4) / 1.5) ** 2))
    east = 8.0 * np.exp(-(((x - 7.0) / 1.2) ** 2))
    return 1 + west + east


km = np.linspace(0, 10, 501)
most = gold(km).max()
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.plot(km, gold(km), "--", color="black")
ax.annotate(
    f"the most: {most:.1f} kg at km {km[gold(km).argmax()]:.1f}",
    xy=(km[gold(km).argmax()], most),
    xytext=(3.6, 8.6),
    arrowprops={"arrowstyle": "->"},
)
ax.set(xlabel="place, km", ylabel="gold, kg", title="What nobody knows", ylim=(0, 10))
plt.show()

# %%
# Ask, drill, tell
# ----------------
# ``BayesianOptimizer`` is the search without scikit-learn. ``ask`` gives the next
# place, ``tell`` takes what was found there. All rules below begin with the same three
# holes, at kilometres 0.5, 3 and 9.


def optimizer(acquisition, start=(0.5, 3.0, 9.0), seed=0):
    """Make a search that begins with given holes."""
    return BayesianOptimizer(
        LAND,
        acquisition=acquisition,
        initial_points=[{"x": x} for x in start],
        n_initial_points=len(start),
        random_state=seed,
    )


def drill(search, until):
    """Drill until there are so many holes; give the most gold after each."""
    while len(search.history) < until:
        trial = search.ask()
        search.tell(trial, gold(trial.params["x"]))
    return np.maximum.accumulate(search.history.scores)


search = optimizer(ExpectedImprovement())
drill(search, until=3)
display = AcquisitionDisplay.from_estimator(search, truth=gold, n_samples=3)
display.axes_[0].set(ylabel="gold, kg")
display.axes_[1].set(xlabel="place, km")
plt.show()

# %%
# The band holds 95 % of the belief: narrow near the holes, wide where nobody has
# drilled. The thin lines are three of the many curves that the model holds possible.
# The lower picture is the acquisition function, here the expected improvement. A belief
# can be wrong: the eastern hill is far above the band. So little do three holes tell.
#
# Probability of improvement
# --------------------------
# The oldest idea: drill where it is most *probable* to find more than the best so far,
#
# .. math:: \operatorname{PI}(x) = P\bigl(f(x) > f^* + \xi\bigr).
#
# The margin :math:`\xi`, ``xi`` in this package, is the article's :math:`\varepsilon`:
# by how much a place must beat the best to count. Here it is not in kilograms but in
# standard deviations of the values found so far, so that the same ``xi`` suits a score
# of any size: 0.01 asks for a hundredth of the spread, 3 for three times the spread.

HOLES = (4, 6, 9)


def frames(acquisition, title):
    """Draw the search after 4, 6 and 9 holes."""
    search = optimizer(acquisition)
    fig, axes = plt.subplots(1, 3, figsize=(8.4, 3.9), layout="constrained")
    for ax, n in zip(axes, HOLES, strict=True):
        best = drill(search, until=n)[-1]
        shown = AcquisitionDisplay.from_estimator(
            search, truth=gold, legend=False, ax=ax
        )
        upper, lower = shown.axes_
        upper.set(title=f"{n} holes, best {best:.1f} kg", ylim=(-4, 12))
        upper.set_ylabel("gold, kg" if n == HOLES[0] else "")
        lower.set(xlabel="place, km")
        if n != HOLES[0]:
            lower.set_ylabel("")
        handles, labels = upper.get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside lower center", ncols=6, frameon=False)
    fig.suptitle(title, fontweight="bold")
    plt.show()


# %%
# With a margin of 0.01 a tiny gain is enough. It is most probable right beside the best
# hole, and the search stays there.

frames(ProbabilityOfImprovement(xi=0.01), "probability of improvement, xi=0.01")

# %%
# With 0.3 the neighbourhood of the best hole is soon used up, and the search looks
# elsewhere.

frames(ProbabilityOfImprovement(xi=0.3), "probability of improvement, xi=0.3")

# %%
# With 3 hardly any place can win so much. What decides is where the least is known, so
# that the search maps the land.

frames(ProbabilityOfImprovement(xi=3.0), "probability of improvement, xi=3")

# %%
# Expected improvement
# --------------------
# How probable a gain is says nothing about how large it is. Expected improvement weighs
# each gain by its probability, and needs no margin to look around,
#
# .. math:: \operatorname{EI}(x) = E\bigl[\max(f(x) - f^*, 0)\bigr].
#
# ``BayesSearchCV`` maximises its logarithm, ``acquisition="log_ei"``, unless told
# otherwise.

frames(ExpectedImprovement(), "expected improvement")

# %%
# Here is its whole story, hole by hole: the belief after 3 to 8 holes. The dotted line
# is where it drills next.

search = optimizer(ExpectedImprovement())
fig, axes = plt.subplots(3, 2, figsize=(8.4, 8.4), sharex=True, sharey=True)
for ax, n in zip(axes.flat, range(3, 9), strict=True):
    best = drill(search, until=n)[-1]
    belief = search.predict([{"x": x} for x in km])
    low, high = belief.mean - 2 * belief.std, belief.mean + 2 * belief.std
    ax.fill_between(km, low, high, color="#0072B2", alpha=0.2, lw=0)
    ax.plot(km, belief.mean, color="#0072B2")
    ax.plot(km, gold(km), "--", color="black", lw=1)
    drilled = [outcome.trial.params["x"] for outcome in search.history]
    ax.plot(drilled, search.history.scores, "o", color="black", ms=5)
    trial = search.ask()
    ax.axvline(trial.params["x"], color="#D55E00", ls=":", lw=2)
    search.tell(trial, gold(trial.params["x"]))
    ax.set(title=f"{n} holes, best {best:.1f} kg", ylim=(-4, 12))
for ax in axes[-1]:
    ax.set_xlabel("place, km")
for ax in axes[:, 0]:
    ax.set_ylabel("gold, kg")
fig.tight_layout()
plt.show()

# %%
# Upper confidence bound
# ----------------------
# Be an optimist: believe the mean plus ``kappa`` deviations, and drill where that is
# highest. With a small ``kappa`` the search exploits what it knows, and stays on the
# western hill.

frames(UpperConfidenceBound(kappa=0.5), "upper confidence bound, kappa=0.5")

# %%
# The default is 2, a balance of exploration and exploitation.

frames(UpperConfidenceBound(kappa=2.0), "upper confidence bound, kappa=2")

# %%
# With a large ``kappa`` it explores: it drills wherever little is known.

frames(UpperConfidenceBound(kappa=6.0), "upper confidence bound, kappa=6")

# %%
# Thompson sampling
# -----------------
# Draw one of the curves that the model holds possible, and drill at its top. Uncertain
# places have a high top in some of the draws, so exploration is left to chance.

frames(ThompsonSampling(), "Thompson sampling")

# %%
# Which is best?
# --------------
# One start proves nothing. So every rule runs with 12 sets of three first holes, the
# same for all, beside a driller who picks places at random.

N_SEEDS, N_HOLES = 12, 12
rules = {
    "PI, xi=0.01": ProbabilityOfImprovement(xi=0.01),
    "PI, xi=0.3": ProbabilityOfImprovement(xi=0.3),
    "PI, xi=3": ProbabilityOfImprovement(xi=3.0),
    "EI": ExpectedImprovement(),
    "log EI (default)": "log_ei",
    "UCB, kappa=0.5": UpperConfidenceBound(kappa=0.5),
    "UCB, kappa=2": UpperConfidenceBound(kappa=2.0),
    "UCB, kappa=6": UpperConfidenceBound(kappa=6.0),
    "Thompson": ThompsonSampling(),
}
starts = np.random.default_rng(0).uniform(0, 10, size=(N_SEEDS, 3))
found = {
    name: np.array(
        [
            drill(optimizer(rule, start, seed), N_HOLES)
            for seed, start in enumerate(starts)
        ]
    )
    for name, rule in rules.items()
}
drawn = np.random.default_rng(1).uniform(0, 10, size=(N_SEEDS, N_HOLES - 3))
found["random"] = np.maximum.accumulate(gold(np.hstack([starts, drawn])), axis=1)

fig, axes = plt.subplots(5, 2, figsize=(8.4, 10), sharex=True, sharey=True)
holes = np.arange(1, N_HOLES + 1)
for ax, (name, best) in zip(axes.flat, found.items(), strict=True):
    color = "#8C8C8C" if name == "random" else "#0072B2"
    low, middle, high = np.quantile(best, [0.1, 0.5, 0.9], axis=0)
    ax.fill_between(holes, low, high, step="post", color=color, alpha=0.25, lw=0)
    ax.step(holes, middle, where="post", color=color, lw=2)
    ax.axhline(most, color="black", ls="--", lw=1)
    near = np.mean(best[:, -1] > 0.95 * most)
    ax.set_title(f"{name}\n{near:.0%} of starts end near the top", fontsize="medium")
for ax in axes[-1]:
    ax.set(xlabel="holes drilled", xticks=range(2, N_HOLES + 1, 2))
for ax in axes[:, 0]:
    ax.set_ylabel("most gold so far, kg")
fig.suptitle(
    f"{N_SEEDS} starts: median and the middle 80 %. Dashed: the most there is",
    fontweight="bold",
)
fig.tight_layout()
plt.show()

# %%
# The same in numbers: the most gold after 12 holes, and in how many of the 12 starts it
# is within 5 % of the most there is.

table = {
    name: {
        "median kg": np.median(best[:, -1]),
        "worst kg": best[:, -1].min(),
        "near the top": f"{(best[:, -1] > 0.95 * most).sum()} of {N_SEEDS}",
        "median kg after 8": np.median(best[:, 7]),
    }
    for name, best in found.items()
}
print(pd.DataFrame.from_dict(table, orient="index").round(2).to_string())

# %%
# A small margin makes the probability of improvement timid, a large one restless, and
# in between there is one that suits this land, which nobody knows beforehand. The other
# rules need no margin that has to be guessed. They differ less from each other than
# from a driller who does not learn. Where one of them fails, it has found the western
# hill, believes that there is nothing higher, and stays there; with 12 starts, one or
# two failures more or less are chance. The default counts only a part of very large
# gains, so it explores a little less than plain expected improvement: scores of
# estimators have a ceiling, and land has none.
