"""
A search on a dask cluster
==========================

One line moves a search from this process to a cluster: joblib's ``parallel_config``.
The search itself stays here. It sends the folds of each candidate to the workers, and
gets their scores back. Here the cluster is two workers in this very process, so that
the example runs anywhere; with the address of a scheduler, ``Client("address:8786")``,
it is any number of machines.

The example needs ``distributed``: ``pip install "sklearn-bayes-search[dask]"``.
"""

# %%
# The search
# ----------

import matplotlib.pyplot as plt
from dask.distributed import Client, LocalCluster
from joblib import parallel_config
from scipy.stats import loguniform
from sklearn.datasets import load_digits
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_bayes_search import BayesSearchCV, TimelineDisplay

X, y = load_digits(return_X_y=True)
search = BayesSearchCV(
    Pipeline([("scale", StandardScaler()), ("svc", SVC())]),
    {"svc__C": loguniform(1e-3, 1e3), "svc__gamma": loguniform(1e-5, 1e1)},
    n_iter=12,
    max_pending=2,
    random_state=0,
)

# %%
# On the cluster
# --------------
# Workers with one thread each suit fits that hold Python's lock.

with (
    LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster,
    Client(cluster),
    parallel_config(backend="dask"),
):
    search.fit(X[:600], y[:600])
print(f"accuracy {search.best_score_:.4f} with {search.best_params_}")

# %%
# Who did what
# ------------
# A bar is a fit of one candidate on one fold. ``max_pending=2`` candidates are in
# flight at a time; the default follows the number of workers.

TimelineDisplay.from_estimator(search)
plt.show()

# %%
# The same without a cluster
# --------------------------
# With the same ``max_pending`` the candidates and their scores are the same, wherever
# the fits run.

scores = list(search.cv_results_["mean_test_score"])
search.fit(X[:600], y[:600])
print("the same scores:", scores == list(search.cv_results_["mean_test_score"]))
