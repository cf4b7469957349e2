"""Short texts of names, values and numbers: all different where these are."""

from functools import partial

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer
from sklearn.svm import SVC

from sklearn_bayes_search.results._short_text import (
    name_ends,
    number_texts,
    setting_texts,
    shown,
    value_texts,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (12, "12"),
        (np.float64(1e-7), "1e-07"),
        (32768.0, "32768"),
        (1234567.5, "1.235e+06"),
        (0.99995, "0.99995"),
        (1 + 2**-51, "1"),  # what the logarithm leaves of a 1
        (np.float64("nan"), "nan"),
        (np.True_, "True"),
        (np.log, "log"),
        (str.lower, "str.lower"),
        (np.ndarray.copy, "ndarray.copy"),
        ((lambda: lambda: 0)(), "<lambda>"),
        (partial(np.percentile, 3, q=0.123456), "partial(percentile, 3, q=0.1235)"),
        ("x" * 100, "x" * 79 + "…"),
    ],
)
def test_a_value_is_short(value, text):
    assert shown(value) == text


def test_numbers_too_large_for_anything_are_shown():
    assert len(shown(10**400)) == 80
    assert "ValueError" in shown(10**5000)


def test_parameters_that_a_branch_fixes_are_several_names():
    names = ["svc__kernel, svc__C", "pca__C", "which dict of the list"]
    texts = ["kernel, svc__C", "pca__C", "which dict of the list"]
    assert name_ends(names) == dict(zip(names, texts, strict=True))


def test_one_name_is_its_last_step_and_equal_ones_have_more():
    names = ["svc__C", "pca__C", "svc__gamma", "a", "a__"]
    labels = ["svc__C", "pca__C", "gamma", "a", "a__"]
    assert name_ends(names) == dict(zip(names, labels, strict=True))


def test_different_values_have_different_texts():
    assert value_texts([1, "1"]) == ["1", "'1'"]
    texts = value_texts(["x" * 50 + "a", "x" * 50 + "b"])
    assert len(set(texts)) == 2


def test_numbers_have_the_digits_that_tell_them_apart():
    assert value_texts([0.9, 0.99951, 0.99954]) == ["0.9", "0.99951", "0.99954"]
    assert value_texts([12345678, 12345679]) == ["12345678", "12345679"]


def test_estimators_are_told_apart_by_the_parameters_that_differ():
    long = {"n_quantiles": 50, "output_distribution": "normal"}
    texts = value_texts(
        [QuantileTransformer(**long, subsample=size) for size in (1000, 5000)], 16
    )
    assert texts == ["subsample=1000", "subsample=5000"]
    texts = value_texts([SVC(C=c, gamma=0.123, kernel="poly") for c in (1, 2)])
    assert texts == ["SVC(C=1)", "SVC(C=2)"]


def test_settings_that_are_shown_together_have_different_texts():
    settings = [{"a": 0.123456}, {"a": 0.123457, "b": None}]
    texts = setting_texts(settings, {"a": "A", "b": "B"})
    assert texts == ["A=0.123456", "A=0.123457, B=None"]


@pytest.mark.parametrize(
    ("numbers", "texts"),
    [
        ([0, 0.25, 0.5], ["0.00", "0.25", "0.50"]),
        ([0, 3, 12], ["0", "3", "12"]),
        ([-123456, -123453], ["-123456", "-123453"]),
        ([0.9991, 0.99912], ["0.99910", "0.99912"]),
        ([1e-9, 2e-9], ["1e-09", "2e-09"]),
        ([1e9, 1e9 + 1], ["1.000000000e+09", "1.000000001e+09"]),
        ([0.5, 0.5 + 1e-15], ["0.5", "0.5"]),
        ([-0.0001, 1], ["0", "1"]),
        ([0.0], ["0"]),
        ([], []),
    ],
)
def test_numbers_have_the_decimals_of_their_differences(numbers, texts):
    assert number_texts(numbers) == texts


def test_a_number_has_the_decimals_of_those_beside_it():
    assert number_texts([0.99915], beside=[0.9990, 0.9992]) == ["0.99915"]
    assert number_texts([0.1234, 0.1233], step_digits=1) == ["0.1234", "0.1233"]


def test_pipelines_are_told_apart_by_their_steps():
    values = [make_pipeline(PCA(n), SVC()) for n in (2, 3)]
    assert value_texts(values, 20) == ["pca__n_components=2", "pca__n_components=3"]
    values.append(make_pipeline(SVC()))
    assert len(set(value_texts(values, 20))) == 3
