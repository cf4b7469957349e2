"""
A model for a phone: accuracy against size
==========================================

A model that recognises digits is downloaded with an app. It should be right, and it
should be small. How much accuracy is a kilobyte worth? The front of a search for both
shows what can be had, before anybody has to decide.
"""

# %%
# Two objectives
# --------------
# Extremely randomised trees get better with more and larger trees, and need more
# bytes. ``"neg_model_size"`` is minus the size of the pickled estimator, since greater
# is always better. For comparison, as many candidates are spread evenly over the space:
# all of them are initial points, so that none is chosen by the scores of others.

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import train_test_split

from sklearn_bayes_search import BayesSearchCV, Integer, Knee, ParetoDisplay, Real

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=900, random_state=0
)
space = {
    "n_estimators": Integer(1, 60, log=True),
    "max_leaf_nodes": Integer(4, 150, log=True),
    "max_features": Real(0.02, 1.0, log=True),
}


def searched(**options):
    """Search for both objectives."""
    return BayesSearchCV(
        ExtraTreesClassifier(random_state=0),
        space,
        n_iter=30,
        cv=3,
        objective_metric=["accuracy", "neg_model_size"],
        random_state=0,
        **options,
    ).fit(X_train, y_train)


search = searched(refit=Knee())
spread = searched(refit=False, n_initial_points=30, experience=False)

# %%
# The front
# ---------
# Dark points are those that no other candidate surpasses in both. Bars are one standard
# error of the mean over the folds. The star is the *knee*, where accuracy begins to
# cost much: the refit of this search. The other front is drawn beside it.

figure, axes = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained")
display = ParetoDisplay.from_estimator(search, ax=axes[0])
beside = ParetoDisplay.from_estimator(spread, ax=axes[1])
for title, drawn in (("BayesSearchCV", display), ("30 spread evenly", beside)):
    drawn.axes_[0].set_title(title)
    drawn.axes_[0].set(xlim=(2e3, 2e6), ylim=(0.3, 1.0))

# %%
# The hypervolume sums up a front in one number, the area below it. The area begins at
# an accuracy of 0.3 and a size of 1 MB, and it counts the logarithm of sizes.

reference = {"accuracy": 0.3, "neg_model_size": -1e6}
for name, one in (("BayesSearchCV", search), ("spread evenly", spread)):
    print(f"{name}: {one.hypervolume(reference):.3f}")

# %%
# The table says which differences are more than noise. ``differs_accuracy`` compares a
# candidate with the one in the row above. Where it is False and the candidate is much
# smaller, take the smaller one.

columns = ["n_estimators", "max_leaf_nodes", "score_accuracy", "differs_accuracy"]
search.pareto_frame()[[*columns, "score_neg_model_size"]].round(3)

# %%
# A limit instead
# ---------------
# If the app must not grow by more than 60 kB, that is a limit, and accuracy is the only
# objective. The candidates crowd below the limit now, where the best one is.

limited = BayesSearchCV(
    ExtraTreesClassifier(random_state=0),
    space,
    n_iter=30,
    cv=3,
    scoring="accuracy",
    limits={"neg_model_size": -60_000},
    random_state=0,
).fit(X_train, y_train)
display = ParetoDisplay.from_estimator(limited, metrics=["accuracy", "neg_model_size"])
best = limited.results_frame(all_metrics=True).loc[limited.best_index_]
print(f"accuracy {limited.best_score_:.3f} with {-best['score_neg_model_size']:,.0f} B")
print(f"accuracy on new data {limited.score(X_test, y_test):.3f}")
