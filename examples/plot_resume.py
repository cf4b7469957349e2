"""
Stop a search and go on later
=============================

A search that runs for hours will sooner or later be interrupted: by Ctrl-C, by a crash,
by someone who needs the machine. With ``checkpoint`` it keeps a journal, a file in
which every fold is written down when it ends. Run the same script again, and it goes on
where it was.
"""

# %%
# A search that is interrupted
# ----------------------------
# To have an interruption at hand, the model below raises ``KeyboardInterrupt``, as
# Ctrl-C does, when it is fitted for the 41st time.

import os
import tempfile

import matplotlib.pyplot as plt
from scipy.stats import loguniform
from sklearn.datasets import load_wine
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_bayes_search import BayesSearchCV, ConvergenceDisplay, read_journal

fits = {"count": 0, "interrupt at": 41}


class InterruptedSVC(SVC):
    """A support vector machine in whose fit somebody presses Ctrl-C, once."""

    def fit(self, X, y, sample_weight=None):
        """Fit, or be interrupted."""
        fits["count"] += 1
        if fits["count"] == fits["interrupt at"]:
            raise KeyboardInterrupt
        return super().fit(X, y, sample_weight)


X, y = load_wine(return_X_y=True)
folder = tempfile.TemporaryDirectory()
path = os.path.join(folder.name, "search.jsonl")


def new_search(n_iter=20, checkpoint=path):
    """Make the search; the same arguments each time."""
    return BayesSearchCV(
        Pipeline([("scale", StandardScaler()), ("svc", InterruptedSVC())]),
        {"svc__C": loguniform(1e-3, 1e3), "svc__gamma": loguniform(1e-5, 1e1)},
        n_iter=n_iter,
        random_state=0,
        checkpoint=checkpoint,
    )


search = new_search()
try:
    search.fit(X, y)
except KeyboardInterrupt:
    print("Interrupted. The search:", search.stop_reason_)

# %%
# The interrupted search is fitted with what was complete: here one could stop, and use
# it.

print(f"{search.n_iter_} of 20 candidates, the best {search.best_score_:.4f}")
before = search.n_iter_

# %%
# What the journal holds
# ----------------------
# ``read_journal`` gives a table with a row for each fold, also while the search is
# running in another process.

table = read_journal(path)
print(table[["candidate", "fold", "param_svc__C", "param_svc__gamma"]].tail(3))
print(len(table), "folds")

# %%
# Going on
# --------
# The same search, fitted again. What the journal holds is not fitted again.

fits["count"] = 100  # nobody presses Ctrl-C any more
resumed = new_search().fit(X, y)
print(resumed.stop_reason_)
print(fits["count"] - 100, "fits, one of them the final fit on all data")

# %%
# The result is that of a search which was never interrupted, candidate by candidate.

whole = new_search(checkpoint=None).fit(X, y)
same = resumed.cv_results_["params"] == whole.cv_results_["params"]
print("the same candidates and the same best score:", same, end=", ")
print(resumed.best_score_ == whole.best_score_)

# %%
# More candidates
# ---------------
# ``n_iter`` is the total. A larger one goes on with a finished search.

more = new_search(n_iter=30).fit(X, y)
display = ConvergenceDisplay.from_estimator(more)
ax = display.ax_
low, high = ax.get_ylim()
ax.set_ylim(low, high + 0.25 * (high - low))
for at, text in [(before, "interrupted"), (20, "finished, then\nn_iter raised to 30")]:
    ax.axvline(at + 0.5, color="black", ls="--", lw=1)
    ax.text(at + 0.7, ax.get_ylim()[1], text, va="top", fontsize="small")
ax.set_ylabel("accuracy, mean over 5 folds")
plt.show()

folder.cleanup()
