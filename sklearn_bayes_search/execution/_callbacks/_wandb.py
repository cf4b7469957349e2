"""Searches in Weights & Biases."""

from typing import Any

from sklearn_bayes_search.execution._callbacks._artifacts import artifacts
from sklearn_bayes_search.execution._callbacks._base import (
    BeginsWithSearch,
    CandidateRecord,
    RunningSearch,
    SearchCallback,
)
from sklearn_bayes_search.results._short_text import shown


class WandbLogger(SearchCallback, BeginsWithSearch):
    """Logs a search to Weights & Biases, candidate by candidate, as it runs.

    It is a callback of `BayesSearchCV`. The search is a run, and each candidate is a
    step of it, with its parameters, the mean of every metric, the best score so far and
    its seconds. The run has the arguments of the search as its configuration, the best
    score and the parameters that ``refit`` chose in its summary, a table of the
    candidates, and the tables and the report as files.

    Parameters
    ----------
    **options : dict
        Passed to ``wandb.init``, such as ``project="iris"`` or ``mode="offline"``.

    See Also
    --------
    MLflowLogger : The same for MLflow.

    Notes
    -----
    It needs ``wandb``.

    Examples
    --------
    >>> from sklearn_bayes_search import BayesSearchCV, WandbLogger
    >>> from sklearn.svm import SVC
    >>> logger = WandbLogger(project="iris", mode="offline")
    >>> search = BayesSearchCV(SVC(), callback=logger)
    """

    def __init__(self, **options: Any) -> None:
        self.options = options

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.options.items())
        return f"WandbLogger({given})"

    def __getstate__(self) -> dict[str, Any]:
        return {"options": self.options}  # a run cannot be pickled

    def begin(self, running: RunningSearch) -> None:
        import wandb

        self._search = running.search
        params = running.search.get_params(deep=False)
        config = {n: _plain(v) for n, v in params.items() if n != "callback"}
        options = {
            **self.options,
            "config": {**config, **self.options.get("config", {})},
        }
        self._run = wandb.init(**options)

    def __call__(self, record: CandidateRecord) -> None:
        if record.status == "end":
            self._end(record)
            return
        self._run.log(
            {
                "candidate": record.number,
                **{f"param/{name}": _plain(v) for name, v in record.params.items()},
                **record.scores,
                "status": record.status,
                "best_score": record.best_score,
                "seconds": record.seconds,
            }
        )

    def _end(self, record: CandidateRecord) -> None:
        import wandb

        params = record.best_params
        if record.error is None:  # what refit chose, by another metric or by a rule
            params = getattr(self._search, "best_params_", params)
        try:
            self._run.summary.update(
                {
                    "stop_reason": record.stop_reason,
                    "best_score": record.best_score,
                    "best_params": {n: _plain(v) for n, v in params.items()},
                }
            )
            if record.error is None:
                table = self._search.results_frame(all_metrics=True).reset_index()
                objects = table.select_dtypes(exclude=["number", "bool"]).columns
                table[objects] = table[objects].map(shown)
                self._run.log({"candidates": wandb.Table(dataframe=table)})
                with artifacts(self._search) as paths:
                    files = wandb.Artifact(f"search-{self._run.id}", "search")
                    for path in paths:
                        files.add_file(str(path))
                    self._run.log_artifact(files)
        finally:
            self._run.finish(exit_code=0 if record.error is None else 1)


def _plain(value: Any) -> Any:
    """Keep numbers and booleans; turn all else into text."""
    value = value.item() if hasattr(value, "item") else value
    return value if isinstance(value, bool | int | float | None) else shown(value)
