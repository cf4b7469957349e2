"""Searches for several metrics, and within limits: front, choice and all around it."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import (
    BayesianOptimizer,
    BayesSearchCV,
    ConvergenceDisplay,
    ExpectedGain,
    FoldsDisplay,
    GreedyEnsemble,
    HypervolumeGain,
    Integer,
    Knee,
    OneStandardError,
    ParallelCoordinatesDisplay,
    Patience,
    ProgressLine,
    SurrogateDisplay,
    TargetScore,
    WithinLimits,
    read_journal,
)
from sklearn_bayes_search.execution._costs import COSTS
from sklearn_bayes_search.optimizer import hypervolume
from sklearn_bayes_search.optimizer._hypervolume import on_front
from sklearn_bayes_search.report._figures import figures
from sklearn_bayes_search.report._findings import find
from sklearn_bayes_search.report._journal_search import JournalSearch
from sklearn_bayes_search.report._live._board import JournalBoard
from sklearn_bayes_search.report._page import page
from sklearn_bayes_search.results import honest_score, pareto_frame
from sklearn_bayes_search.results._goals import COST_NAMES, Goals, as_compared

X, Y = make_classification(
    160, n_informative=4, n_clusters_per_class=2, flip_y=0.1, random_state=0
)
TREE = DecisionTreeClassifier(random_state=0)
SPACE = {"max_leaf_nodes": Integer(2, 60), "min_samples_leaf": Integer(1, 30)}
BOTH = ["accuracy", "neg_model_size"]


class FailsForMany(DecisionTreeClassifier):
    def fit(self, X, y):
        if self.max_leaf_nodes > 20:
            raise ValueError("too many")
        return super().fit(X, y)


def search_for(objective_metric=BOTH, **options):
    options = {"refit": False, "n_iter": 9, "cv": 3, "random_state": 0} | options
    return BayesSearchCV(TREE, SPACE, objective_metric=objective_metric, **options)


@pytest.fixture(scope="module")
def search():
    return search_for(refit=Knee()).fit(X, Y)


@pytest.fixture(scope="module")
def grid():
    return GridSearchCV(
        TREE,
        {"max_leaf_nodes": [2, 4, 8, 16, 32], "min_samples_leaf": [1, 20]},
        scoring=["accuracy", "recall", "precision"],
        refit=Knee(("recall", "precision")),
        cv=3,
    ).fit(X, Y)


def means(search, *names):
    return np.array([search.cv_results_[f"mean_test_{name}"] for name in names]).T


class TestFront:
    def test_nothing_dominates_it(self, search):
        values = means(search, *BOTH)
        frame = search.pareto_frame()
        assert sorted(frame.index) == np.flatnonzero(on_front(values)).tolist()
        assert frame["score_accuracy"].is_monotonic_decreasing
        assert frame["score_neg_model_size"].is_monotonic_increasing
        assert search.pareto_params_ == [
            search.cv_results_["params"][row] for row in frame.index
        ]

    def test_the_optimizer_has_the_same(self, search):
        rows = [o.trial.number for o in search.optimizer_.pareto]
        assert rows == search.pareto_frame().index.tolist()

    def test_the_table_says_what_the_noise_leaves(self, search):
        frame = search.pareto_frame()
        assert list(frame.columns[:2]) == ["max_leaf_nodes", "min_samples_leaf"]
        for name in BOTH:
            differs = frame[f"differs_{name}"]
            assert differs.dtype == "boolean"
            assert differs.isna().tolist() == [True] + [False] * (len(frame) - 1)
            row = frame.index[0]
            folds = [search.cv_results_[f"split{k}_test_{name}"][row] for k in range(3)]
            error = np.std(folds, ddof=1) / 3**0.5
            assert frame[f"standard_error_{name}"].iloc[0] == pytest.approx(error)

    def test_sizes_differ_where_accuracies_do_not(self):
        nearly = {
            f"split{k}_test_{name}": np.array(values)
            for k in range(3)
            for name, values in {
                "a": [0.9 + 0.02 * k, 0.901 + 0.02 * (k == 1)],
                "b": [0.5 + 0.001 * k, 0.3 + 0.001 * k],
            }.items()
        }
        table = {"params": [{"x": 1}, {"x": 2}], "param_x": [1, 2], **nearly}
        for name in "ab":
            folds = [nearly[f"split{k}_test_{name}"] for k in range(3)]
            table[f"mean_test_{name}"] = np.mean(folds, axis=0)
        table["mean_test_a"][0] -= 0.02
        for k in range(3):
            table[f"split{k}_test_a"][0] -= 0.02
        frame = pareto_frame(table)
        assert frame["differs_a"].iloc[1:].tolist() == [False]
        assert frame["differs_b"].iloc[1:].tolist() == [True]
        assert not pareto_frame(table, level=1e-6)["differs_a"].isna().all()
        with pytest.raises(ValueError, match="'level' parameter"):
            pareto_frame(table, level=95)

    def test_any_search_has_one(self, grid):
        frame = pareto_frame(grid, ["recall", "precision"])
        assert frame["score_recall"].is_monotonic_decreasing
        values = means(grid, "recall", "precision")
        assert sorted(frame.index) == np.flatnonzero(on_front(values)).tolist()
        of_table = pareto_frame(pd.DataFrame(grid.cv_results_), ["recall", "precision"])
        assert of_table.index.tolist() == frame.index.tolist()
        assert len(pareto_frame(grid)) >= len(frame)  # by all three

    def test_the_hypervolume_is_that_of_the_means(self, search):
        low = {"neg_model_size": -20_000.0, "accuracy": 0.5}
        accuracy, size = means(search, *BOTH).T
        values = np.array([accuracy, -np.log(-size)]).T
        expected = hypervolume(values, [0.5, -np.log(20_000)])
        assert search.hypervolume(low) == pytest.approx(expected)
        assert search.hypervolume([0.5, -20_000.0]) == pytest.approx(expected)
        pairs = [0.5, 20_000.0], [np.nan, -1e4], [0.5, -1e4, 1.0], ["a", "b"]
        assert search.hypervolume(pd.Series(low)) == pytest.approx(expected)
        for wrong in ({"accuracy": 0.5}, {**low, "c": 1}, [0.5], *pairs, 0.5, None):
            with pytest.raises(ValueError, match="a value for each of"):
                search.hypervolume(wrong)

    def test_one_objective_has_none(self):
        single = BayesSearchCV(TREE, SPACE, n_iter=2, cv=2).fit(X, Y)
        with pytest.raises(ValueError, match="one objective"):
            single.pareto_frame()
        assert not hasattr(single, "pareto_params_")
        with pytest.raises(ValueError, match="two or three metrics"):
            pareto_frame(single)

    def test_rounding_of_means_puts_nothing_on_it(self):
        folds = np.array([[0.8, 0.8, 0.8], [0.9, 0.5, 1.0], [0.7, 0.7, 0.7]])
        a, b = folds.mean(axis=1), np.array([-9.0, -2.0, -1.0])
        assert a[0] > a[1]  # by rounding
        table = {"params": [{"x": x} for x in range(3)], "param_x": [0, 1, 2]}
        table |= {"mean_test_a": a, "mean_test_b": b}
        assert pareto_frame(table).index.tolist() == [1, 2]
        optimizer = BayesianOptimizer({"x": [0, 1, 2]}, n_objectives=2)
        for x in range(3):
            optimizer.tell({"x": x}, scores=[a[x], b[x]])
        assert [o.trial.params["x"] for o in optimizer.pareto] == [1, 2]

    def test_of_a_search_with_one_objective_it_is_that_of_all_metrics(self, grid):
        search = BayesSearchCV(TREE, SPACE, n_iter=5, cv=2, random_state=0)
        search.set_params(scoring=["accuracy", "recall"], refit=Knee()).fit(X, Y)
        frame = pareto_frame(search)
        assert frame.index.tolist() == pareto_frame(search.cv_results_).index.tolist()
        assert search.best_index_ in frame.index

    def test_a_metric_that_is_unknown_is_refused(self, grid):
        with pytest.raises(ValueError, match="of the 'metrics' must be one of"):
            pareto_frame(grid, ["accuracy", "auc"])
        with pytest.raises(ValueError, match="of the 'limits' must be one of"):
            pareto_frame(grid, limits={"auc": 0.5})
        for wrong in ("accuracy", ["recall", "recall"], 2):
            with pytest.raises(ValueError, match="two or three metrics"):
                pareto_frame(grid, wrong)

    def test_limits_of_a_search_may_be_lifted(self):
        limited = search_for(limits={"neg_model_size": -2300.0}).fit(X, Y)
        lifted = pareto_frame(limited, limits={})
        assert lifted.index.tolist() == pareto_frame(limited.cv_results_).index.tolist()
        assert (limited.pareto_frame()["score_neg_model_size"] >= -2300).all()
        assert lifted["score_neg_model_size"].min() < -2300

    def test_costs_that_are_not_negative_are_named(self):
        table = {"params": [{"x": 1}], "mean_test_a": [1.0]}
        table["mean_test_neg_model_size"] = [1000.0]
        with pytest.raises(ValueError, match="'neg_model_size' must be negative"):
            pareto_frame(table)

    def test_three_objectives(self):
        three = search_for([*BOTH, "recall"], n_iter=8).fit(X, Y)
        assert three.optimizer_.n_objectives == 3
        assert "differs_recall" in three.pareto_frame()


class TestKnee:
    def test_it_has_the_highest_sum_of_shares(self, search):
        frame = search.pareto_frame()
        values = np.array([as_compared(n, frame[f"score_{n}"]) for n in BOTH]).T
        assert (np.ptp(values, axis=0) > 0).all()
        shares = (values - values.min(axis=0)) / np.ptp(values, axis=0)
        assert search.best_index_ == frame.index[shares.sum(axis=1).argmax()]
        assert (
            search.best_estimator_.get_params()["max_leaf_nodes"]
            == (search.best_params_["max_leaf_nodes"])
        )

    def test_the_first_metric_is_the_score(self, search):
        assert search.objective_metric_ == "accuracy"
        assert search.objective_metrics_ == BOTH
        assert search.score(X, Y) == search.best_estimator_.score(X, Y)

    def test_it_is_on_the_front_of_a_grid(self, grid):
        frame = pareto_frame(grid, ["recall", "precision"])
        assert grid.best_index_ in frame.index

    def test_two_costs_that_say_the_same_count_as_one(self):
        size = np.geomspace(1e3, 1e6, 20)
        table = {"params": [{"x": x} for x in size], "mean_test_a": 1 - 30 / size**0.5}
        table |= {"mean_test_neg_model_size": -size}
        two = Knee(["a", "neg_model_size"])(table)
        assert 0 < two < 10
        table |= {"mean_test_neg_score_time": -size / 1e9, "mean_test_same": size * 0}
        assert Knee(["a", "neg_model_size", "neg_score_time"])(table) == two
        assert Knee(["a", "same", "neg_model_size"])(table) == two
        # what differs a little differs little
        table["mean_test_neg_score_time"][::2] *= 1.01
        assert abs(Knee(["a", "neg_model_size", "neg_score_time"])(table) - two) < 2

    def test_without_a_choice_it_is_what_there_is(self):
        table = {"params": [{"x": 1}, {"x": 2}]}
        table |= {"mean_test_a": [0.5, 0.5], "mean_test_b": [0.1, 0.1]}
        assert Knee()(table) == 0

    def test_of_a_front_without_a_bulge_it_is_the_first_end(self):
        table = {"params": [{"x": x} for x in range(3)]}
        table |= {"mean_test_a": [1.0, 0.0, 0.0], "mean_test_b": [0.0, 0.0, 1.0]}
        middles = np.random.default_rng(0).uniform(0, 0.45, (30, 2))
        for table["mean_test_a"][1], table["mean_test_b"][1] in middles:
            assert Knee()(table) == 0  # and not by rounding the other one

    def test_it_warns_where_nothing_is_within_the_limits(self):
        limited = search_for(refit=Knee(), limits={"recall": 2.0}, n_iter=3)
        with pytest.warns(UserWarning, match="recall is .* and should be 2"):
            limited.fit(X, Y)
        assert limited.hypervolume([0.0, -1e9]) == 0.0

    def test_it_keeps_the_limits_of_its_search(self):
        limited = search_for(refit=Knee(), limits={"neg_model_size": -2500}).fit(X, Y)
        size = limited.cv_results_["mean_test_neg_model_size"][limited.best_index_]
        assert size >= -2500
        assert (limited.pareto_frame()["score_neg_model_size"] >= -2500).all()


LIMITS = {"neg_model_size": -3000.0, "recall": 0.6}
NO_RACE = {"objective_metric": None, "limits": LIMITS, "racing": True}


class TestLimits:
    def test_the_best_reaches_them(self):
        search = search_for(None, limits=LIMITS, refit=True, n_iter=15).fit(X, Y)
        values = means(search, "score", *LIMITS)
        reaching = (values[:, 1:] >= list(LIMITS.values())).all(axis=1)
        assert reaching.any()
        assert not reaching.all()
        best = np.where(reaching, values[:, 0], -np.inf)
        assert search.best_index_ == best.argmax()
        assert search.best_score_ == best.max()
        assert search.score(X, Y) == search.best_estimator_.score(X, Y)
        assert search.optimizer_.best.trial.number == search.best_index_
        assert search.multimetric_
        # what is told of the best is told of this one
        luckless = honest_score(search, index=int(search.best_index_))
        assert search.honest_score() == luckless

    def test_all_that_is_told_of_the_best_is_of_those_within(self, tmp_path):
        path = tmp_path / "journal.jsonl"
        limits = {"neg_model_size": -2300.0, "recall": 0.6}
        search = search_for(None, limits=limits, n_iter=15, checkpoint=path).fit(X, Y)
        values = means(search, "score", *limits)
        reaching = (values[:, 1:] >= list(limits.values())).all(axis=1)
        assert values[~reaching, 0].max() > search.best_score_
        known = search.cv_results_["params"]
        rows = [known.index(params) for params in search.equivalent_params_]
        assert rows[0] == search.best_index_
        assert reaching[rows].all()
        assert search.honest_score().score <= search.best_score_
        best = np.fmax.accumulate(np.where(reaching, values[:, 0], np.nan))
        run = ConvergenceDisplay.from_estimator(search).runs["search"][0]
        np.testing.assert_array_equal(run["best"], best)
        assert (run["status"] == np.where(reaching, "ok", "outside")).all()
        assert FoldsDisplay.from_estimator(search).candidates[0] == search.best_index_
        lines = ParallelCoordinatesDisplay.from_estimator(search)
        assert lines.best_index_ == search.best_index_
        for each in (search, JournalSearch(path).fit()):
            found = find(each, "score")
            assert found.scored.top == found.scored.chosen == search.best_index_
            n = int(reaching.sum())
            assert found.limits.startswith(f"{n} of 15 candidates reach neg_model_size")
            assert "outside of the limits" in page(found, "")
        board = JournalBoard(path)
        board.refresh()
        assert board.snapshot().results.within.tolist() == reaching.tolist()
        assert search.best_index_ == SurrogateDisplay.from_estimator(search).best_index
        of_optimizer = SurrogateDisplay.from_estimator(search.optimizer_)
        assert of_optimizer.best_index == search.best_index_

    @pytest.mark.parametrize("refit", [False, "accuracy"])
    def test_the_best_so_far_is_one_of_those_within(self, refit, capsys):
        records = []
        search = search_for("accuracy", limits={"neg_model_size": -2000}, refit=refit)
        search.set_params(callback=[records.append, ProgressLine()], verbose=1)
        search.fit(X, Y)
        score, size = means(search, "accuracy", "neg_model_size").T
        reaching = size >= -2000
        assert not reaching[0]
        assert score[~reaching].max() > score[reaching][0]
        best = np.fmax.accumulate(np.where(reaching, score, np.nan))
        told = [record.best_score for record in records]
        np.testing.assert_array_equal(told, [*best, best[-1]])
        assert records[0].best_number is None
        assert records[-1].best_number == search.best_index_
        assert records[-1].best_params == search.best_params_
        *lines, progress = capsys.readouterr().out.splitlines()[-10:]
        for line, own, is_in in zip(lines, best, reaching, strict=True):
            assert ("outside of the limits" in line) == (not is_in)
            told = "none within the limits yet" if np.isnan(own) else f"best {own:.4g}"
            assert f", {told}, " in line
        assert f", best {search.best_score_:.4g}, " in progress
        assert f"best {search.best_score_:.4g} at" in repr(search.optimizer_)

    @pytest.mark.parametrize("scoring", [None, "accuracy"])
    def test_what_is_maximised_may_have_one(self, scoring):
        name = scoring or "score"
        search = search_for(None, limits={name: 0.6}, scoring=scoring).fit(X, Y)
        assert search.best_score_ == search.cv_results_[f"mean_test_{name}"].max()
        assert not any(outcome.failed for outcome in search.optimizer_.history)
        reaching = search.cv_results_[f"mean_test_{name}"] >= 0.6
        told = map(search.optimizer_.reaches_limits, search.optimizer_.history)
        assert list(told) == reaching.tolist()

    def test_a_mean_reaches_the_limit_that_it_is(self):
        def scoring(estimator, X, y):
            # of the first, its mean is 0.7999999999999999
            b = [0.9, 0.5, 1.0] if estimator.max_leaf_nodes > 20 else [0.5, 0.5, 0.5]
            return {"a": estimator.max_leaf_nodes, "b": b[len(X) - 53]}

        cv = [(np.arange(100), np.arange(100, 153 + k)) for k in range(3)]
        search = search_for("a", scoring=scoring, limits={"b": 0.8}, n_iter=4, cv=cv)
        records = []
        search.set_params(callback=records.append).fit(X, Y)  # without a warning
        a, b = means(search, "a", "b").T
        assert 0.8 - 1e-12 < b[search.best_index_] < 0.8
        assert a[search.best_index_] == a.max()
        assert records[-1].best_number == search.best_index_
        within = search.results_frame()["within_limits"]
        assert within.tolist() == (a > 20).tolist()
        told = map(search.optimizer_.reaches_limits, search.optimizer_.history)
        assert list(told) == within.tolist()

    @pytest.mark.parametrize("read", [lambda s: s, lambda s: s.cv_results_])
    def test_the_best_of_an_earlier_search_is_one_within_them(self, read):
        earlier = search_for("accuracy", limits={"neg_model_size": -1e9}, n_iter=8)
        accuracy, size = means(earlier.fit(X, Y), "accuracy", "neg_model_size").T
        highest = accuracy.argmax()
        limits = {"neg_model_size": size[highest] + 1, "precision": 0.1}
        best = np.where(size > size[highest], accuracy, -np.inf).argmax()
        params = earlier.cv_results_["params"]
        # of precision it knows nothing
        search = search_for("accuracy", limits=limits, n_iter=3)
        search.set_params(prior_results=read(earlier)).fit(X, Y)
        assert search.cv_results_["params"][0] == params[best]
        assert params[highest] not in search.cv_results_["params"]
        several = search_for(BOTH, limits=limits, n_iter=4, prior_results=earlier)
        assert params[best] in several.fit(X, Y).cv_results_["params"]

    def test_of_several_that_come_as_near_it_is_the_best(self):
        def scoring(estimator, X, y):
            return {"score": estimator.score(X, y), "rest": 0.0}

        search = search_for(None, scoring=scoring, limits={"rest": 1.0}, n_iter=5)
        with pytest.warns(UserWarning, match="No candidate reaches"):
            search.fit(X, Y)
        assert search.best_score_ == search.cv_results_["mean_test_score"].max()
        assert search.optimizer_.best.trial.number == search.best_index_

    def test_it_is_said_that_none_is_within_yet(self, capsys):
        records, none_within = [], "none within the limits yet"
        search = search_for(None, limits={"recall": 2.0}, n_iter=3)
        search.set_params(callback=[records.append, ProgressLine()])
        with pytest.warns(UserWarning, match="No candidate reaches"):
            search.fit(X, Y)
        assert all(record.best_number is None for record in records)
        assert f"3 of 3 candidates, {none_within}, " in capsys.readouterr().out
        assert none_within in repr(search.optimizer_)

    def test_patience_ends_a_search_by_those_within(self):
        options = {"limits": {"neg_model_size": -2000}, "n_iter": 30}
        search = search_for("accuracy", **options, stopping=Patience(4)).fit(X, Y)
        assert search.n_iter_ == search.best_index_ + 5
        score, size = means(search, "accuracy", "neg_model_size").T
        target = TargetScore(float(score[size >= -2000].max()))
        search.set_params(stopping=target).fit(X, Y)
        assert search.n_iter_ == search.best_index_ + 1

    def test_a_report_tells_that_nothing_reaches_them(self):
        search = search_for(None, limits={"recall": 2.0}, n_iter=5)
        with pytest.warns(UserWarning, match="No candidate reaches"):
            search.fit(X, Y)
        found = find(search)
        assert "None of 5 candidates reaches recall ≥ 2" in found.limits
        assert f"#{search.best_index_} comes nearest" in found.limits
        assert found.improving == (False, "No candidate is within the limits yet.")
        assert "comes nearest" in page(found, "")
        run = ConvergenceDisplay.from_estimator(search).runs["search"][0]
        assert run["best"].isna().all()
        assert search.best_params_ in search.equivalent_params_

    def test_the_simplest_is_one_of_those_within(self):
        rule, limits = OneStandardError("min_samples_leaf"), {"neg_model_size": -2300}
        search = search_for("accuracy", limits=limits, refit=rule, n_iter=12).fit(X, Y)
        size = means(search, "neg_model_size")[:, 0]
        rows = np.flatnonzero(size >= -2300)
        part = {n: [v[row] for row in rows] for n, v in search.cv_results_.items()}
        of_accuracy = replace(rule, metric="accuracy")
        assert search.best_index_ == rows[of_accuracy(part)]
        assert size[of_accuracy(search.cv_results_)] < -2300

    def test_without_refit_there_is_a_best_as_of_one_metric(self):
        search = search_for(None, limits={"recall": 0.1}, n_iter=3).fit(X, Y)
        assert search.best_score_ == search.cv_results_["mean_test_score"].max()

    @pytest.mark.parametrize(
        "rule", [Knee(limits={"recall": 0.6}), WithinLimits({"recall": 0.6})]
    )
    def test_those_of_a_rule_join_those_of_the_search(self, rule):
        search = search_for(limits={"neg_model_size": -2300.0}, refit=rule)
        search.set_params(scoring=["accuracy", "recall"], n_iter=15).fit(X, Y)
        values = means(search, "neg_model_size", "recall")
        reaching = (values >= [-2300.0, 0.6]).all(axis=1)
        assert reaching.any()
        assert reaching[search.best_index_]

    @pytest.mark.parametrize("rule", [Knee, WithinLimits])
    def test_a_rule_does_not_lower_those_of_the_search(self, rule):
        limits = {"neg_model_size": -2300.0}
        search = search_for(limits=limits, refit=rule(limits={"neg_model_size": -1e9}))
        search.fit(X, Y)
        score, size = means(search, *BOTH).T
        assert size[score.argmax()] < -2300
        assert size[search.best_index_] >= -2300

    def test_refit_may_name_the_metric(self):
        search = search_for(limits={"recall": 0.6}, refit="accuracy").fit(X, Y)
        values = means(search, "accuracy", "recall")
        assert search.best_score_ == values[values[:, 1] >= 0.6, 0].max()

    def test_if_nothing_reaches_them_a_warning_says_by_how_much(self):
        search = search_for(None, limits={"recall": 2.0}, refit=True, n_iter=6)
        with pytest.warns(UserWarning, match=r"recall is 0\.\d+ and should be 2"):
            search.fit(X, Y)
        recall = search.cv_results_["mean_test_recall"]
        assert recall[search.best_index_] == recall.max()

    def test_they_steer_the_search(self):
        free = search_for(None, limits={"neg_model_size": -1e9}, n_iter=14).fit(X, Y)
        tight = search_for(None, limits={"neg_model_size": -1900}, n_iter=14).fit(X, Y)
        n_small = [
            int((s.cv_results_["mean_test_neg_model_size"] >= -1900).sum())
            for s in (free, tight)
        ]
        assert n_small[1] > n_small[0] + 3

    def test_a_grid_can_be_chosen_from_within_limits(self, grid):
        chosen = WithinLimits({"recall": 0.65}, metric="precision")(grid.cv_results_)
        values = means(grid, "precision", "recall")
        best = np.where(values[:, 1] >= 0.65, values[:, 0], -np.inf)
        assert chosen == best.argmax()
        with pytest.raises(ValueError, match="must be one of"):
            WithinLimits({"auc": 0.65}, metric="precision")(grid.cv_results_)

    def test_without_a_metric_it_is_the_one_of_the_search(self):
        search = search_for("accuracy", refit=WithinLimits({"recall": 0.6}))
        search.set_params(scoring=["recall", "accuracy"]).fit(X, Y)
        values = means(search, "accuracy", "recall")
        best = np.where(values[:, 1] >= 0.6, values[:, 0], -np.inf)
        assert search.best_index_ == best.argmax()


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"objective_metric": ["accuracy"]}, "two or three different"),
        ({"objective_metric": ["accuracy"] * 2}, "two or three different"),
        ({"objective_metric": ["accuracy", 1]}, "two or three different"),
        ({"objective_metric": ["accuracy", "nonsense"]}, "'objective_metric'"),
        ({"limits": {"nonsense": 0.5}}, "'limits' parameter"),
        ({"limits": {"recal": 0.5}}, "Did you mean 'recall'"),
        ({"limits": {"model_size": -1e4}}, "Did you mean 'neg_model_size'"),
        ({"limits": {}}, "must be a dict"),
        ({"limits": {"recall": "a"}}, "finite numbers"),
        ({"limits": {"recall": np.inf}}, "finite numbers"),
        ({"limits": {"neg_score_time": 0.002}}, "write -0.002"),
        ({"limits": {"neg_log_loss": 0.5}}, "write -0.5"),
        ({"refit": True}, r"Knee\(\)"),
        ({"refit": "recall"}, r"refit.*one of \['accuracy', 'neg_model_size'\], Knee"),
        ({"refit": "acuracy"}, "Did you mean 'accuracy'"),
        ({"refit": Knee(["accuracy", "recall"])}, "must be one of"),
        ({"refit": Knee(limits={"recall": 0.5})}, "'limits' must be one of"),
        ({"refit": WithinLimits({"recall": 0.5})}, "'limits' must be one of"),
        ({"objective_metric": "score", "refit": Knee()}, "two or three metrics"),
        ({"racing": True}, "pauses a candidate by one score"),
        ({"path": "max_depth"}, "chooses the length"),
        (NO_RACE, "'limits'"),
        ({"surrogate": "tpe"}, "Several objectives need"),
        ({"acquisition": "ei"}, "hypervolume takes its place"),
        ({"stopping": ExpectedGain()}, "HypervolumeGain"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused_before_any_fit(options, match):
    search = search_for(**options)
    with pytest.raises(ValueError, match=match):
        search.fit(X, Y)
    assert not hasattr(search, "cv_results_")


@pytest.mark.parametrize("rule", [Knee, WithinLimits, OneStandardError, GreedyEnsemble])
def test_a_class_in_place_of_a_rule_is_refused_before_any_fit(rule):
    search = search_for(refit=rule)
    with pytest.raises(TypeError, match=f"not a class. Got {rule.__name__}"):
        search.fit(X, Y)
    assert not hasattr(search, "cv_results_")


@pytest.mark.parametrize("limits", [None, {}])
def test_a_rule_for_limits_needs_one(limits):
    with pytest.raises(ValueError, match="'limits' parameter of WithinLimits"):
        WithinLimits(limits)


class TestAllElse:
    def test_rows_do_not_depend_on_jobs(self):
        with parallel_config("threading"):
            rows = [
                search_for(n_jobs=n_jobs, max_pending=3).fit(X, Y).cv_results_["params"]
                for n_jobs in (1, 2)
            ]
        assert rows[0] == rows[1]

    def test_a_journal_goes_on(self, tmp_path):
        whole = search_for(n_iter=9).fit(X, Y)
        path = tmp_path / "journal.jsonl"
        search_for(n_iter=5, checkpoint=path).fit(X, Y)
        resumed = search_for(n_iter=9, checkpoint=path).fit(X, Y)
        assert resumed.cv_results_["params"] == whole.cv_results_["params"]
        pd.testing.assert_frame_equal(resumed.pareto_frame(), whole.pareto_frame())
        assert len(read_journal(path)) == 27

    def test_it_is_cloned(self, search):
        copy = clone(search)
        assert copy.objective_metric == BOTH
        assert copy.refit == Knee()
        assert clone(search_for(limits={"recall": 0.5})).limits == {"recall": 0.5}

    def test_failures_are_left_out(self):
        def fails(estimator, X, y):
            if estimator.max_leaf_nodes > 30:
                raise ValueError("too large")
            return estimator.score(X, y)

        search = search_for(["mine", "neg_model_size"], scoring={"mine": fails})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of what failed
            search.fit(X, Y)
        assert (search.pareto_frame()["max_leaf_nodes"] <= 30).all()

    @pytest.mark.parametrize(
        "refit",
        [
            Knee(),
            WithinLimits({"neg_model_size": -1e9}),
            OneStandardError("mean_test_neg_model_size", tolerance=1e9),
            "accuracy",
        ],
    )
    def test_no_rule_takes_a_number_for_failures_for_a_score(self, refit):
        # that it is not the best model of all, of one byte
        search = search_for(refit=refit, error_score=-1.0, n_iter=8)
        search.set_params(estimator=FailsForMany(random_state=0))
        search.set_params(limits={"recall": 2.0} if refit == "accuracy" else None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what failed, and of the limits
            search.fit(X, Y)
        accuracy = means(search, "accuracy")[:, 0]
        assert accuracy.min() == -1
        assert accuracy[search.best_index_] > 0

    @pytest.mark.parametrize("refit", ["neg_model_size", "recall"])
    def test_nor_does_the_name_of_a_metric(self, refit):
        search = search_for(refit=refit, error_score=2.0, n_iter=8)
        search.set_params(estimator=FailsForMany(random_state=0))
        search.set_params(scoring=["accuracy", "recall"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what failed
            search.fit(X, Y)
        assert means(search, refit).max() == 2
        assert search.best_score_ < 1

    def test_the_best_by_its_name_is_an_end_of_the_front(self):
        def scoring(estimator, X, y):
            n_leaves = estimator.get_n_leaves()
            # rounded, so that many are equal, and not known of the most accurate ones
            lacks = n_leaves > 15
            score = 1.0 if lacks else round(estimator.score(X, y), 1)
            return {"a": score, "b": np.nan if lacks else -n_leaves}

        search = search_for(["a", "b"], scoring=scoring, refit="a", n_iter=12)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of what is not known
            search.fit(X, Y)
        a, b = means(search, "a", "b").T
        assert a[np.isnan(b)].tolist() == [1.0] * np.isnan(b).sum() != []
        known = np.where(np.isnan(b), -np.inf, a)
        assert np.unique(b[known == known.max()]).size > 1
        assert search.best_index_ == search.pareto_frame().index[0]
        assert search.best_params_ in search.equivalent_params_

    def test_costs_may_be_named_in_scoring(self):
        search = search_for(scoring=BOTH, refit="neg_model_size", n_iter=3).fit(X, Y)
        assert search.best_score_ == means(search, *BOTH)[:, 1].max()
        assert search.score(X, Y) == search.scorer_["neg_model_size"](
            search.best_estimator_, X
        )

    def test_the_time_of_the_refit_is_its_score(self):
        search = search_for(["accuracy", "neg_fit_time"], refit="neg_fit_time")
        search.set_params(n_iter=2).fit(X, Y)
        assert search.score(X, Y) == -search.refit_time_

    def test_the_journal_tells_the_first_objective(self, tmp_path):
        path = tmp_path / "journal.jsonl"
        search_for(n_iter=2, checkpoint=path).fit(X, Y)
        assert find(JournalSearch(path).fit()).results.metric == "accuracy"

    def test_a_journal_tells_what_lacks_an_objective(self, tmp_path):
        def scoring(estimator, X, y):
            large = estimator.max_leaf_nodes > 20
            return {"a": estimator.score(X, y), "b": np.nan if large else -1.0}

        path = tmp_path / "journal.jsonl"
        search = search_for(["a", "b"], scoring=scoring, n_iter=6, checkpoint=path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of what is not known
            search.fit(X, Y)
        status = search.results_frame()["status"].tolist()
        assert set(status) == {"ok", "failed"}
        journal = JournalSearch(path).fit()
        assert find(journal).results.status.tolist() == status
        rows = search.pareto_frame().index.tolist()
        assert pareto_frame(journal).index.tolist() == rows
        assert "chart-front-0" in [figure.anchor for figure in figures(find(journal))]
        board = JournalBoard(path)
        board.refresh()
        assert board.snapshot().results.status.tolist() == status

    def test_branches_have_one_front(self):
        space = [{"criterion": ["gini"], "max_depth": Integer(1, 9)}, SPACE]
        search = search_for().set_params(param_distributions=space).fit(X, Y)
        assert len(search.pareto_params_) >= 2

    def test_prior_results_inform_it(self, search):
        informed = search_for(n_iter=4, prior_results=search).fit(X, Y)
        known = search.cv_results_["params"]
        by_each = means(search, *BOTH).argmax(axis=0)
        for row in by_each:
            assert known[row] in informed.cv_results_["params"]
        # one that has one of the metrics only
        partly = GridSearchCV(TREE, {"max_leaf_nodes": [2, 5]}, scoring="accuracy")
        search_for(n_iter=3, prior_results=partly.fit(X, Y)).fit(X, Y)

    def test_callable_scoring_may_have_several(self):
        def scoring(estimator, X, y):
            return {"a": estimator.score(X, y), "b": -estimator.get_n_leaves()}

        search = search_for(["a", "b"], scoring=scoring, refit="b").fit(X, Y)
        assert search.best_score_ == search.cv_results_["mean_test_b"].max()
        beside = search_for(["a", "neg_model_size"], scoring=scoring).fit(X, Y)
        assert "mean_test_b" in beside.cv_results_

    def test_lines_are_printed_of_the_first_objective(self, capsys):
        search = search_for(n_iter=2, verbose=1).fit(X, Y)
        first = search.cv_results_["mean_test_accuracy"][0]
        assert f"score {first:.4g}" in capsys.readouterr().out

    def test_it_stops_where_the_front_no_longer_grows(self):
        rule = HypervolumeGain(fraction=0.5, n=4)
        search = search_for(n_iter=40, stopping=rule).fit(X, Y)
        assert search.n_iter_ < 20
        assert "of the hypervolume, less than 0.5" in search.stop_reason_

    def test_what_reaches_no_limit_does_not_count_for_it(self):
        rule = HypervolumeGain(fraction=0.5, n=1)
        search = search_for(stopping=rule, limits={"recall": 2.0}).fit(X, Y)
        assert search.n_iter_ == 9

    def test_what_lacks_one_of_the_metrics_is_told_as_a_failure(self, capsys):
        def scoring(estimator, X, y):
            large = estimator.max_leaf_nodes > 20
            return {"a": estimator.score(X, y), "b": np.nan if large else -1.0}

        records = []
        search = search_for(["a", "b"], scoring=scoring, refit="a", n_iter=6)
        search.set_params(callback=records.append, verbose=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of what is not known
            search.fit(X, Y)
        told = [record.status for record in records[:-1]]
        assert told == search.results_frame()["status"].tolist()
        assert set(told) == {"ok", "failed"}
        assert records[-1].best_number == search.best_index_
        assert records[-1].best_score == search.best_score_
        lines = capsys.readouterr().out.splitlines()[-6:]
        assert [", no b, " in line for line in lines] == [t == "failed" for t in told]
        assert f"best {search.best_score_:.4g}" in lines[-1]

    @pytest.mark.parametrize(
        "goal", [{"objective_metric": ["a", "b"]}, {"limits": {"b": 0.5}}]
    )
    def test_a_search_for_what_is_never_known_ends_early(self, goal):
        def scoring(estimator, X, y):
            return {"a": estimator.score(X, y), "b": np.nan}

        search = search_for(**{"objective_metric": "a", **goal}, scoring=scoring)
        with (
            pytest.warns(UserWarning, match="test scores are non-finite"),
            pytest.raises(ValueError, match=r"(?s)early after.*no finite score of b"),
        ):
            search.set_params(n_iter=40).fit(X, Y)

    def test_scoring_that_always_fails_is_told_as_such(self):
        def scoring(estimator, X, y):
            raise ValueError("nothing")

        search = search_for(["a", "neg_model_size"], scoring=scoring, n_iter=4)
        with (
            pytest.warns(UserWarning, match="Scoring failed"),
            pytest.raises(ValueError, match="None of the 4 candidates has a finite"),
        ):
            search.fit(X, Y)

    @pytest.mark.parametrize("objectives", [BOTH, BOTH[::-1]])
    @pytest.mark.parametrize("scoring", ["accuracy", ["accuracy", "recall"]])
    def test_an_earlier_search_tells_of_the_metric_that_it_has(
        self, objectives, scoring
    ):
        earlier = GridSearchCV(TREE, {"max_leaf_nodes": [2, 4, 8, 16]}, cv=3)
        earlier.set_params(scoring=scoring, refit=False).fit(X, Y)
        search = search_for(objectives, prior_results=earlier, n_iter=2).fit(X, Y)
        of_each = dict(zip(objectives, search.optimizer_._earlier, strict=True))
        assert len(of_each["accuracy"]) == 1
        assert len(of_each["neg_model_size"]) == 0
        name = "score" if scoring == "accuracy" else "accuracy"
        best = earlier.cv_results_[f"mean_test_{name}"].argmax()
        expected = earlier.cv_results_["params"][best]["max_leaf_nodes"]
        assert search.cv_results_["params"][0]["max_leaf_nodes"] == expected
        costs = search_for(["neg_model_size", "neg_fit_time"], prior_results=earlier)
        with pytest.raises(ValueError, match=r"has the scores?.*'neg_model_size'"):
            costs.fit(X, Y)


class TestSampleWeights:
    WEIGHTS = np.arange(len(Y)) % 5 + 1.0

    @pytest.mark.parametrize("cost", COST_NAMES)
    @pytest.mark.parametrize("routing", [True, False])
    def test_costs_go_with_them(self, cost, routing):
        with config_context(enable_metadata_routing=routing):
            scorer, tree = get_scorer("accuracy"), TREE
            if routing:
                scorer = scorer.set_score_request(sample_weight=True)
                tree = clone(TREE).set_fit_request(sample_weight=True)
            search = search_for(["a", cost], scoring={"a": scorer}, refit="a", n_iter=3)
            search.set_params(estimator=tree)
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # that the cost takes no weights
                search.fit(X, Y, sample_weight=self.WEIGHTS)
            grid = GridSearchCV(
                tree, {"max_leaf_nodes": [None]}, scoring=scorer, refit=False, cv=3
            )
            grid.set_params(
                param_grid=[
                    {name: [value] for name, value in params.items()}
                    for params in search.cv_results_["params"]
                ]
            ).fit(X, Y, sample_weight=self.WEIGHTS)
        np.testing.assert_allclose(
            search.cv_results_["mean_test_a"], grid.cv_results_["mean_test_score"]
        )
        assert (search.cv_results_[f"mean_test_{cost}"] < 0).all()
        assert search.scorer_[cost] is COSTS[cost]

    def test_a_callable_gets_them_beside_costs(self):
        def scoring(estimator, X, y, sample_weight=None):
            return {"a": estimator.score(X, y, sample_weight=sample_weight)}

        search = search_for(["a", "neg_model_size"], scoring=scoring, n_iter=2)
        weighted = clone(search).fit(X, Y, sample_weight=self.WEIGHTS)
        of_one = GridSearchCV(TREE, {"max_leaf_nodes": [2]}, scoring=scoring, cv=3)
        of_one.set_params(
            param_grid={n: [v] for n, v in weighted.cv_results_["params"][0].items()},
            refit=False,
        ).fit(X, Y, sample_weight=self.WEIGHTS)
        expected = of_one.cv_results_["mean_test_a"][0]
        assert weighted.cv_results_["mean_test_a"][0] == pytest.approx(expected)


def test_goals_are_told_in_logarithms_of_costs():
    goals = Goals(["a", "neg_fit_time"], {"neg_score_time": -0.01, "a": 0.2})
    folds = [
        {"fit_error": None, "test_scores": {"a": a, "neg_fit_time": -1.0,
                                            "neg_score_time": -0.1}}
        for a in (0.2, 0.4)
    ]  # fmt: skip
    told = goals.told(folds)
    assert told["scores"] == pytest.approx([0.3, 0.0])
    assert told["limited"] == pytest.approx([np.log(10), 0.3])
    assert goals.options == {
        "n_objectives": 2,
        "limits": pytest.approx([np.log(100), 0.2]),
    }
    failed = [{"fit_error": "no", "test_scores": np.nan}]
    assert np.isnan(goals.told(failed)["scores"]).all()
    assert Goals().told(folds) == {}
    assert not Goals("a")
