"""
Something that is no estimator: a thermostat
============================================

Not everything that has parameters and a score is an estimator. ``BayesianOptimizer`` is
the search without scikit-learn: ask for a candidate, find its score in any way, and
tell it. Here it tunes a thermostat for a room that is slow to warm up.
"""

# %%
# The room
# --------
# A radiator heats the room, with a delay, and the winter cools it. Every minute the
# thermostat looks how far the room is from 21 degrees, and sets the power of the
# radiator: by ``gain`` for the present difference, and by ``memory`` for the sum of
# past ones. The ``sensor`` hangs beside the window or in the middle of the room. With
# too much of both the room gets far too hot. Beyond 30 degrees nobody looks any
# further: such a candidate *fails*, and has no score.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sklearn_bayes_search import BayesianOptimizer, Real, Space

MINUTES, WANTED, DELAY = 240, 21.0, 8


def simulate(gain, memory, sensor):
    """Return the temperature of the room, minute by minute."""
    room, radiator = np.full(MINUTES, 12.0), np.zeros(MINUTES)
    total = 0.0
    for t in range(1, MINUTES):
        seen = room[t - 1] - (1.5 if sensor == "window" else 0.0)
        difference = WANTED - seen
        total += difference
        power = np.clip(gain * difference + memory * total, 0, 100)  # per cent
        radiator[t] = radiator[t - 1] + (power - radiator[t - 1]) / 10
        late = radiator[t - DELAY] if t >= DELAY else 0.0
        room[t] = room[t - 1] + 0.006 * late - 0.012 * (room[t - 1] - 5)
    return room


def score(params):
    """Return minus the mean deviation in degrees; NaN where the room gets too hot."""
    room = simulate(**params)
    if room.max() > 30:
        return np.nan
    return -np.abs(room - WANTED).mean()


# %%
# Ask and tell
# ------------
# Higher scores are better, so the deviation gets a minus. NaN tells that a candidate
# failed; the search keeps away from similar ones.

space = Space(
    {
        "gain": Real(0.1, 100, log=True),
        "memory": Real(1e-3, 10, log=True),
        "sensor": ["window", "middle"],
    }
)
optimizer = BayesianOptimizer(space, random_state=0)
for _ in range(30):
    trial = optimizer.ask()
    optimizer.tell(trial, score(trial.params))
print("best:", optimizer.best.trial.params, f"score {optimizer.best.score:.3f}")
scores = optimizer.history.scores
print(np.isnan(scores).sum(), "of", len(scores), "candidates failed")

# %%
# What it found
# -------------

fig, axes = plt.subplots(1, 2, figsize=(8.4, 3.6), layout="constrained")
first = next(iter(optimizer.history)).trial.params
for label, params, color, style in [
    ("first candidate", first, "#8C8C8C", "--"),
    ("best of 30", optimizer.best.trial.params, "#0072B2", "-"),
]:
    axes[0].plot(simulate(**params), color=color, ls=style, lw=2, label=label)
axes[0].axhline(WANTED, color="black", lw=1, ls=":", label="wanted")
axes[0].set(xlabel="minutes", ylabel="temperature, °C")
axes[0].legend()

number = np.arange(1, len(scores) + 1)
failed = np.isnan(scores)
axes[1].scatter(number, -scores, color="#0072B2", alpha=0.6, label="a candidate")
best = np.fmin.accumulate(-scores)
axes[1].step(number, best, where="post", color="#0072B2", lw=2, label="best so far")
axes[1].plot(
    number[failed],
    np.full(failed.sum(), 0.03),
    "x",
    color="#D55E00",
    transform=axes[1].get_xaxis_transform(),
    label="failed",
)
axes[1].set(xlabel="candidate", ylabel="mean deviation, degrees")
axes[1].legend()
plt.show()

# %%
# Thirty random candidates, for comparison
# ----------------------------------------
# Ten seeds each. ``Space.decode`` makes a candidate of a point of the unit cube, so
# that random points give random candidates. The table tells the deviation in degrees
# that the best of 30 candidates has.


def best_of(seed, learn):
    """Return the lowest deviation of 30 candidates."""
    if learn:
        optimizer = BayesianOptimizer(space, random_state=seed)
        for _ in range(30):
            trial = optimizer.ask()
            optimizer.tell(trial, score(trial.params))
        return -optimizer.best.score
    rng = np.random.default_rng(seed)
    drawn = rng.random((30, space.n_dims))
    return -np.nanmax([score(space.decode(row)) for row in drawn])


rows = {
    name: np.array([best_of(seed, learn) for seed in range(10)])
    for name, learn in {"random": False, "Bayesian": True}.items()
}
print(
    pd.DataFrame(
        {
            name: {"mean": best.mean(), "deviation": best.std(), "worst": best.max()}
            for name, best in rows.items()
        }
    )
    .T.round(3)
    .to_string()
)

# %%
# No candidate has a deviation of 0, since the room takes a while to warm up in any
# case.
#
# Several candidates may be asked for before any is told, for machines that work side by
# side, and what was found elsewhere can be told, too: ``tell({...}, score)``.
