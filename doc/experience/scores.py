"""Scores of predictions, several at a time and fast.

An evaluation computes about thirty of them, and most models here fit within
milliseconds: scikit-learn's own functions would take longer than the fits. They agree
with scikit-learn's, which ``tests/test_experience.py`` checks.
"""

import numpy as np
from scipy.stats import rankdata

METRICS = {
    "classification": ("accuracy", "balanced_accuracy", "roc_auc", "neg_log_loss"),
    "regression": ("r2", "neg_mean_absolute_error", "neg_root_mean_squared_error"),
}


def of_classes(y, labels, values, are_probabilities):
    """Return the scores of predicted classes.

    Parameters
    ----------
    y, labels : ndarray of int of shape (n_rows,)
        True and predicted classes, from 0.
    values : ndarray of shape (n_rows, n_classes)
        Probabilities, or values that rank the rows for each class.
    are_probabilities : bool
        Whether there is a log loss.

    Returns
    -------
    scores : dict of str to float
        Without ``roc_auc`` where `y` lacks a class.
    """
    n_classes = values.shape[1]
    right = labels == y
    counts = np.bincount(y, minlength=n_classes)
    there = counts > 0
    recalls = np.bincount(y[right], minlength=n_classes)[there] / counts[there]
    scores = {"accuracy": right.mean(), "balanced_accuracy": recalls.mean()}
    if there.all():
        # two classes: the one curve has both
        classes = np.arange(n_classes) if n_classes > 2 else np.array([1])
        ranks = rankdata(values[:, classes], axis=0)
        of_class = y[:, None] == classes
        n_in = counts[classes]
        wins = (ranks * of_class).sum(axis=0) - n_in * (n_in + 1) / 2
        scores["roc_auc"] = (wins / (n_in * (len(y) - n_in))).mean()
    if are_probabilities:
        smallest = np.finfo(values.dtype).eps
        chances = np.clip(values, smallest, 1 - smallest)
        chances /= chances.sum(axis=1, keepdims=True)
        scores["neg_log_loss"] = np.log(chances[np.arange(len(y)), y]).mean()
    return scores


def of_numbers(y, predicted):
    """Return the scores of predicted numbers."""
    errors = y - predicted
    mean_squared = np.mean(errors**2)
    return {
        "r2": 1 - mean_squared / y.var(),
        "neg_mean_absolute_error": -np.abs(errors).mean(),
        "neg_root_mean_squared_error": -np.sqrt(mean_squared),
    }
