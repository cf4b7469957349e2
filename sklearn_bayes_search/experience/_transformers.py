"""The table of default spaces, continued: what transforms, as steps of a pipeline."""

from typing import Any

from sklearn_bayes_search.experience._data import Data
from sklearn_bayes_search.experience._ranges import (
    Entry,
    Only,
    When,
    count,
    kernel_width,
    log,
    log_ints,
)
from sklearn_bayes_search.space import Integer, Real

YES_OR_NO = [False, True]
NOTHING: dict[str, Any] = {}


def _components(data: Data) -> Any:
    """Return numbers up to that of the columns, and half of the rows'."""
    known = [n for n in (data.columns, data.rows and data.rows // 2) if n]
    most = min([*known, 500]) if data.columns else 2
    return log_ints(1, most)


def _components_or_share(data: Data) -> Any:
    """Return shares of the variance where the number of columns is unknown."""
    return _components(data) if data.columns else Real(0.5, 0.99)


def _known_components(data: Data) -> Any:
    return _components(data) if data.columns else None


def _fewer_known_components(data: Data) -> Any:
    fewer = (data.columns or 1) - 1
    return _components(data.then(fewer)) if fewer else None


def _discriminants(data: Data) -> Any:
    """Return numbers of directions in which classes may differ."""
    most = min(data.columns or 1, len(data.classes or (1, 1)) - 1)
    return log_ints(1, max(most, 1))


def _fewer_components(data: Data) -> Any:
    most = min(data.columns - 1, 300) if data.columns else 1
    return log_ints(1, max(most, 1))


def _some_columns(data: Data) -> Any:
    """Return a number to keep; a share of few columns may be none."""
    return log_ints(1, data.columns) if data.columns else Real(0.3, 1.0)


def _not_all_columns(data: Data) -> Any:
    return log_ints(1, max(data.columns - 1, 1)) if data.columns else Real(0.3, 0.9)


def _degree(data: Data) -> Any:
    """Return degrees that make at most a thousand columns or so."""
    return [1, 2, 3] if data.columns and data.columns <= 15 else [1, 2]


def _min_df(data: Data) -> Any:
    return [1, 2, 5] if data.rows is None or data.rows >= 200 else [1, 2]


COMPONENTS = Entry({"n_components": _components}, NOTHING, NOTHING)
N_CLUSTERS = count("rows", 0.1, 2, 100, 8)
CLUSTERS = Entry({"n_clusters": N_CLUSTERS}, NOTHING, NOTHING)
# Centres that are given have a number.
MEANS = Entry(
    {"n_clusters": Only({"init": ("k-means++", "random")}, N_CLUSTERS)},
    NOTHING,
    NOTHING,
)
WORDS = Entry(
    {"ngram_range": [(1, 1), (1, 2)], "min_df": _min_df},
    {"max_df": Real(0.5, 1.0)},
    {"ngram_range": [(1, 1), (1, 2), (1, 3)], "binary": YES_OR_NO},
)
SUBLINEAR = {"sublinear_tf": YES_OR_NO}
FALSE_POSITIVES = Entry({"alpha": log(1e-2, 0.5)}, NOTHING, NOTHING)
GAMMA = kernel_width(1e-2, 1e1)
OF_KERNEL = {
    "gamma": When(
        "kernel", dict.fromkeys(("rbf", "poly", "sigmoid", "laplacian"), GAMMA)
    )
}

TRANSFORMERS: dict[str, Entry] = {
    # columns made fewer
    "PCA": Entry(
        {
            "n_components": When(
                "svd_solver",
                {"randomized": _known_components, "arpack": _fewer_known_components},
                otherwise=_components_or_share,
            )
        },
        {"whiten": YES_OR_NO},
        {},
    ),
    "IncrementalPCA": COMPONENTS,
    "SparsePCA": COMPONENTS,
    "MiniBatchSparsePCA": COMPONENTS,
    "FactorAnalysis": COMPONENTS,
    "NMF": Entry({"n_components": _components, "max_iter": [2000]}, {}, {}),
    "LatentDirichletAllocation": COMPONENTS,
    "GaussianRandomProjection": COMPONENTS,
    "SparseRandomProjection": COMPONENTS,
    "NeighborhoodComponentsAnalysis": Entry(
        {
            "n_components": When(
                "init",
                {
                    "lda": _discriminants,
                    **dict.fromkeys(("auto", "pca", "identity", "random"), _components),
                },
            )
        },
        {},
        {},
    ),
    "PLSSVD": Entry({"n_components": [1]}, {}, {}),
    "TruncatedSVD": Entry({"n_components": _fewer_components}, {}, {}),
    "KernelPCA": Entry(
        {"n_components": _components} | OF_KERNEL,
        {"kernel": ["linear", "rbf"]},
        {"kernel": ["linear", "rbf", "poly"]},
    ),
    "Isomap": Entry(
        {"n_components": _components, "n_neighbors": count("rows", 0.2, 5, 50, 10)},
        {},
        {},
    ),
    "SelectKBest": Entry({"k": count("columns", 1.0, 1, 10_000, 3)}, {}, {}),
    "SelectPercentile": Entry({"percentile": Integer(5, 100)}, {}, {}),
    "SelectFpr": FALSE_POSITIVES,
    "SelectFdr": FALSE_POSITIVES,
    "SelectFwe": FALSE_POSITIVES,
    "SelectFromModel": Entry(
        {"threshold": ["0.1*mean", "0.3*mean", "mean", "median"]}, {}, {}
    ),
    "RFE": Entry({"n_features_to_select": _some_columns}, {}, {}),
    "SequentialFeatureSelector": Entry(
        {"n_features_to_select": _not_all_columns}, {}, {}
    ),
    "FeatureAgglomeration": Entry(
        {
            "n_clusters": Only(
                {"distance_threshold": (None,)}, count("columns", 1.0, 2, 500, 2)
            )
        },
        {},
        {},
    ),
    # columns made more
    "PolynomialFeatures": Entry(
        {"degree": _degree}, {"interaction_only": YES_OR_NO}, {}
    ),
    "SplineTransformer": Entry(
        {"n_knots": Integer(3, 10)},
        {"degree": [1, 2, 3]},
        {"knots": ["uniform", "quantile"]},
    ),
    "KBinsDiscretizer": Entry(
        {"n_bins": log_ints(2, 20)}, {}, {"strategy": ["quantile", "uniform"]}
    ),
    "Nystroem": Entry(
        OF_KERNEL | {"n_components": count("rows", 0.5, 10, 300, 20)}, {}, {}
    ),
    "RBFSampler": Entry({"gamma": GAMMA, "n_components": log_ints(20, 500)}, {}, {}),
    "PolynomialCountSketch": Entry(
        {"degree": [2, 3], "n_components": log_ints(20, 500)}, {}, {}
    ),
    "RandomTreesEmbedding": Entry(
        {"max_depth": Integer(2, 8), "n_estimators": log_ints(20, 200)}, {}, {}
    ),
    "BernoulliRBM": Entry(
        {"learning_rate": log(1e-3, 1e-1), "n_components": log_ints(16, 256)}, {}, {}
    ),
    "KMeans": MEANS,
    "MiniBatchKMeans": MEANS,
    "BisectingKMeans": CLUSTERS,
    "Birch": CLUSTERS,
    # texts
    "CountVectorizer": WORDS,
    "TfidfVectorizer": Entry(WORDS.small, WORDS.default | SUBLINEAR, WORDS.wide),
    "HashingVectorizer": Entry({"ngram_range": [(1, 1), (1, 2)]}, {}, {}),
    "TfidfTransformer": Entry(SUBLINEAR, {}, {"use_idf": [True, False]}),
    # values
    "SimpleImputer": Entry(
        {"strategy": ["mean", "median", "most_frequent"]},
        {},
        {"add_indicator": YES_OR_NO},
    ),
    "KNNImputer": Entry(
        {"n_neighbors": count("rows", 0.2, 1, 30, 10)},
        {"weights": ["uniform", "distance"]},
        {},
    ),
    "QuantileTransformer": Entry(
        {"output_distribution": ["uniform", "normal"]}, {}, {}
    ),
    "Normalizer": Entry({"norm": ["l2", "l1", "max"]}, {}, {}),
    # it has a row in the other table, with a solver that cannot transform
    "LinearDiscriminantAnalysis": Entry(
        {
            "solver": ["eigen"],
            "shrinkage": Only({"covariance_estimator": (None,)}, Real(0.01, 1.0)),
        },
        {},
        {},
    ),
}

STANDARDIZING = {"StandardScaler", "PowerTransformer"}
KEEPING = STANDARDIZING | {
    "MinMaxScaler",
    "MaxAbsScaler",
    "RobustScaler",
    "QuantileTransformer",
    "Normalizer",
    "Binarizer",
    "SimpleImputer",
    "KNNImputer",
    "IterativeImputer",
    "OrdinalEncoder",
    "TargetEncoder",
}
# At least as many columns behind as before.
GROWING = {"PolynomialFeatures", "SplineTransformer"}
TEXT = {"CountVectorizer", "TfidfVectorizer", "HashingVectorizer"}
