"""The order of the examples in the gallery: from what everybody needs on."""

ORDER = [
    "quick_start",
    "grid_random_bayes",
    "gold_mining",
    "svm_moons",
    "random_forest_rough",
    "mlp_digits",
    "network_sweep",
    "many_hyperparameters",
    "step_swapping",
    "nested_cv",
    "one_standard_error",
    "racing",
    "large_data",
    "pareto",
    "path",
    "expected_gain",
    "time_budget",
    "resume",
    "black_box",
    "dask",
]


def place(filename):
    """Return the place of an example; one that is not listed comes at the end."""
    name = filename.removeprefix("plot_").removesuffix(".py")
    return (ORDER.index(name), name) if name in ORDER else (len(ORDER), name)
