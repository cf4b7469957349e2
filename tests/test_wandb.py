"""Searches in Weights & Biases, offline."""

import json
import pickle

import pytest
import toy_estimators as toys
from sklearn.base import clone

from sklearn_bayes_search import BayesSearchCV, WandbLogger

wandb = pytest.importorskip("wandb", reason="needs the extra 'integrations'")

SPACE = {"a": [0.0, 0.3, 0.9], "b": [0, 1]}
X = [[0.0, 1.0]] * 12


@pytest.fixture
def logger(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_SILENT", "true")
    yield WandbLogger(
        project="tests", mode="offline", dir=str(tmp_path), config={"data": "toys"}
    )
    wandb.teardown()


class Watched(WandbLogger):
    """Keeps what was logged to a run, which cannot be read back offline."""

    def __init__(self, **options):
        super().__init__(**options)
        self.logged, self.exit_codes = [], []

    def begin(self, running):
        super().begin(running)
        log, finish = self._run.log, self._run.finish
        self.config = dict(self._run.config)

        def watched_log(values):
            self.logged.append(values)
            log(values)

        def watched_finish(exit_code):
            self.summary = dict(self._run.summary)
            self.exit_codes.append(exit_code)
            finish(exit_code=exit_code)

        self._run.log, self._run.finish = watched_log, watched_finish


def test_each_candidate_is_a_step_and_the_run_has_the_best(logger, tmp_path):
    watched = Watched(**logger.options)
    search = BayesSearchCV(
        toys.Toy(), SPACE, cv=2, callback=watched, random_state=0
    ).fit(X)
    *steps, last = watched.logged
    assert len(steps) == 6
    for number, (step, params) in enumerate(
        zip(steps, search.cv_results_["params"], strict=True)
    ):
        assert step["candidate"] == number
        assert (step["param/a"], step["param/b"]) == (params["a"], params["b"])
        score = search.cv_results_["mean_test_score"][number]
        assert step["score"] == score
    assert steps[-1]["best_score"] == search.best_score_
    assert len(last["candidates"].data) == 6
    assert watched.config["data"] == "toys"
    assert watched.config["cv"] == 2
    assert "callback" not in watched.config
    assert watched.summary["best_score"] == search.best_score_
    assert watched.summary["best_params"]["b"] == search.best_params_["b"]
    assert watched.summary["stop_reason"] == search.stop_reason_
    assert watched.exit_codes == [0]
    (table,) = tmp_path.glob("wandb/offline-run-*/files/media/table/*.json")
    assert len(json.loads(table.read_text())["data"]) == 6


def test_its_best_parameters_are_those_that_refit_chose(logger):
    watched = Watched(**logger.options)
    search = BayesSearchCV(toys.Toy(), SPACE, cv=2, n_iter=3, callback=watched)
    search.set_params(refit=lambda results: results["mean_test_score"].argmin()).fit(X)
    assert watched.summary["best_params"]["a"] == search.best_params_["a"]
    assert watched.summary["best_params"]["b"] == search.best_params_["b"]


def test_a_search_that_raises_ends_the_run_as_failed(logger):
    watched = Watched(**logger.options)
    search = BayesSearchCV(
        toys.Fragile(), {"a": [0.9]}, cv=2, error_score="raise", callback=watched
    )
    with pytest.raises(toys.FitFailure):
        search.fit(X)
    assert watched.exit_codes == [1]


def test_a_logger_is_pickled_and_cloned_with_its_search(logger):
    search = BayesSearchCV(toys.Toy(), SPACE, cv=2, n_iter=2, callback=logger).fit(X)
    assert clone(search).callback is logger
    assert pickle.loads(pickle.dumps(search)).callback.options == logger.options
