"""The benchmark of doc/benchmarks/efficiency: its tasks, translations and page hold."""

import argparse
import importlib.util
import math
import pkgutil

import methods
import numpy as np
import pytest
import reference
import run
import synthetic
import tasks
from layout import Layout
from sklearn.model_selection import ParameterGrid
from store import RESULTS, Store

ALL_TASKS = {**tasks.TASKS, **synthetic.TASKS}
BEST_CONDITIONAL = {
    "branch": "valley",
    "valley_x": 0.7,
    "valley_y": 0.49,
    "shared": 0.3,
}
PEERS = [name for name in methods.PEERS if name != "random"]


def random_settings(task, n, seed=0):
    drawing = methods.Random(Layout(task.space), seed, n)
    return [drawing.ask()[1] for _ in range(n)]


class Short:
    """A task with fewer evaluations."""

    def __init__(self, task, n_evaluations):
        self._task, self.n_evaluations = task, n_evaluations

    def __getattr__(self, name):
        return getattr(self._task, name)


@pytest.mark.parametrize("task", tasks.TASKS.values(), ids=lambda task: task.name)
def test_a_model_tuning_task_scores_random_settings(task):
    first, *others = random_settings(task, 3)
    score = task.objective(first)
    assert score == task.objective(first)
    assert np.isfinite([score, *map(task.objective, others)]).all()


@pytest.mark.parametrize("task", tasks.TASKS.values(), ids=lambda task: task.name)
def test_a_model_tuning_task_has_an_own_setting_in_its_space(task):
    assert Layout(task.space).space.contains(task.defaults)


def test_the_best_value_of_the_grid_is_that_of_its_best_point():
    task = synthetic.TASKS["grid"]
    values = [task.true_value(params) for params in ParameterGrid(task.space)]
    assert len(values) == 108
    assert max(values) == task.best_value


def test_both_groups_have_every_family():
    families = {task.family for task in tasks.TASKS.values()}
    for group in ("tune", "report"):
        members = {t.family for t in tasks.TASKS.values() if t.group == group}
        assert members == families


@pytest.mark.parametrize("task", synthetic.TASKS.values(), ids=lambda task: task.name)
def test_no_value_of_a_synthetic_task_is_above_its_best(task):
    values = [task.true_value(params) for params in random_settings(task, 100)]
    assert np.nanmax(values) <= task.best_value


@pytest.mark.parametrize(
    ("name", "best"),
    [
        ("branin", [np.pi, 2.275]),
        ("hartmann6", [0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573]),
        ("ackley5", [0.0] * 5),
        ("levy10", [1.0] * 10),
        ("rosenbrock4", [1.0] * 4),
        ("levy5_in_50", [1.0] * 50),
        ("mixed", {"rate": 10**-3.2, "share": 0.7, "depth": 8, "kind": "b"}),
        ("conditional", BEST_CONDITIONAL),
    ],
)
def test_the_best_point_of_a_function_has_the_best_value(name, best):
    task = synthetic.TASKS[name]
    params = best
    if not isinstance(best, dict):
        params = {f"x{index:02d}": value for index, value in enumerate(best)}
    assert task.true_value(params) == pytest.approx(task.best_value, abs=1e-5)
    for version in ("blown_up", "failing"):
        disturbed = synthetic.TASKS.get(f"{name}_{version}", task)
        assert disturbed.objective(params) == task.objective(params)


@pytest.mark.parametrize("task", ALL_TASKS.values(), ids=lambda task: task.name)
def test_settings_survive_the_translation_for_peers(task):
    layout = Layout(task.space)
    settings = [*random_settings(task, 5), *([task.defaults] if task.defaults else [])]
    for params in settings:
        back = layout.params(*layout.values(params))
        assert layout.space.same(back, params)


@pytest.mark.parametrize("name", [*PEERS, "random", "ours", "ours/no_fall"])
@pytest.mark.parametrize("task", ["conditional_failing", "classifiers_cancer"])
def test_a_method_searches_if_it_is_installed(name, task):
    if methods.METHODS[name].missing:
        pytest.skip(methods.METHODS[name].missing)
    record = methods.run(methods.METHODS[name], Short(ALL_TASKS[task], 4), seed=0)
    assert record["status"] == "ok"
    assert len(record["scores"]) == 4


def test_a_peer_that_is_missing_is_left_out_with_a_reason(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    options = argparse.Namespace(
        store=tmp_path,
        methods=["smac", "random"],
        tasks=["branin"],
        group=None,
        seeds=2,
        jobs=1,
        retry=False,
        store_as=None,
    )
    run.run_searches(options, deadline=None)
    store = Store(tmp_path)
    assert store.skipped("smac") == "smac not installed"
    assert "smac is left out: smac not installed." in capsys.readouterr().out
    assert set(store.runs("random")) == {("branin", 0), ("branin", 1)}
    # nothing is left to run
    assert not list(
        run.missing(store, {"random": "random"}, ["branin"], 2, retry=False)
    )


def test_a_line_that_was_cut_off_costs_one_run_only(tmp_path):
    store = Store(tmp_path)
    record = {"scores": [0.5, math.nan], "seconds": 0.1, "status": "ok"}
    store.add("ours/x", "branin", 0, record)
    path = tmp_path / "ours" / "x.jsonl"
    path.write_text(path.read_text() + '{"task":"branin","seed":1,"sco')
    store.add("ours/x", "branin", 2, record)
    runs = store.runs("ours/x")
    assert set(runs) == {("branin", 0), ("branin", 2)}
    assert runs["branin", 2]["scores"] == pytest.approx([0.5, math.nan], nan_ok=True)


def test_a_scale_is_measured_and_kept_beside_others(tmp_path):
    path = tmp_path / "reference.json"
    reference.save("other", {"median_random": 0.0}, path)
    task = tasks.TASKS["tree_digits"]
    entry = reference.measure(task, n_random=30, n_runs=1, n_evaluations=4)
    reference.save(task.name, entry, path)
    assert reference.load(path) == {"other": {"median_random": 0.0}, task.name: entry}
    assert entry["best_known"] >= max(entry["best_random"], entry["default"])
    assert reference.normalise(entry["best_known"], entry) == 100
    assert reference.normalise(entry["median_random"], entry) == 0
    assert 0 < entry["random_16"] < entry["random_50"] <= 100


@pytest.mark.skipif(not reference.load(), reason="the scales are not measured yet")
def test_every_task_has_a_scale():
    scales = reference.load(RESULTS / "reference.json")
    assert set(scales) == set(tasks.TASKS)
    for scale in scales.values():
        assert scale["best_known"] > scale["median_random"]


def test_the_page_shows_what_is_in_the_store(tmp_path):
    pytest.importorskip("matplotlib")
    import page

    store, rng = Store(tmp_path / "results"), np.random.default_rng(0)
    report = [task.name for task in tasks.TASKS.values() if task.group == "report"][:4]
    scale = {"median_random": 0.0, "best_known": 1.0, "best_random": 0.9}
    more = {"random_16": 70.0, "random_50": 80.0, "milliseconds": 9.0}
    for name in report:
        path = store.folder / "reference.json"
        reference.save(name, {**scale, **more, "default": 0.2}, path)
    good = {
        "ours": 0.9,
        "smac_defaults": 0.5,
        "random_defaults": 0.2,
        "ours/no_fall": 0.8,
    }
    for method, best in good.items():
        for name in report:
            for seed in range(3):
                scores = [*(rng.random(49) * best), best]
                record = {"scores": scores, "seconds": 1.0, "status": "ok"}
                store.add(method, name, seed, record)
    for method in ("ours", "random"):
        for name in ("branin", "branin_failing"):
            record = methods.run(methods.METHODS["random"], synthetic.TASKS[name], 0)
            store.add(method, name, 0, record)
    text, folder = tmp_path / "benchmarks.rst", tmp_path / "page"
    page.build(store, text, folder, main="fair")
    table = (folder / "models.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in table[1:]] == [
        "sklearn_bayes_search",
        "random search",
        "SMAC",
    ]
    assert "90.0 ± 0.0" in table[1]
    assert "+40.0 ± 0.0" in table[3]
    written = text.read_text(encoding="utf-8")
    assert "Every method has 3 runs per task." in written
    assert "Optuna TPE is left out: 4 of 4 tasks not run." in written
    assert ":file: page/regrets_failing.csv" in written
    assert "\na mean without a fall" in (folder / "ablation.csv").read_text()
    for picture in ("curves", "families", "front", "regrets"):
        assert (folder / f"{picture}.png").stat().st_size > 10_000


@pytest.mark.parametrize("variant", methods.VARIANTS.values(), ids=methods.VARIANTS)
def test_a_variant_changes_something_and_leaves_the_package_as_it_was(variant):
    def constants():
        return [pkgutil.resolve_name(f"sklearn_bayes_search.{n}") for n in names]

    names = list(variant.constants)
    before = constants()
    with variant.changed():
        changed = constants()
    assert before == constants()
    assert variant.options or changed != before


def test_a_run_that_takes_too_long_ends_and_keeps_its_scores(monkeypatch):
    clock = iter(range(0, 10_000, 100))
    monkeypatch.setattr(methods.time, "process_time", lambda: next(clock))
    record = methods.run(methods.METHODS["random"], synthetic.TASKS["branin"], 0)
    assert record["status"] == "stopped after 900 s of suggestions"
    assert record["seconds"] == 1000
    assert len(record["scores"]) == 9
