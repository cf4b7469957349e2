"""Write the tables of default_spaces.rst from the code, when the pages are built."""

from pathlib import Path

from sklearn_bayes_search.experience._data import Data
from sklearn_bayes_search.experience._models import LEFT_OUT, MODELS
from sklearn_bayes_search.experience._ranges import Only, When
from sklearn_bayes_search.experience._transformers import TRANSFORMERS

TITLES = {
    "sklearn": "scikit-learn",
    "xgboost": "XGBoost",
    "lightgbm": "LightGBM",
    "catboost": "CatBoost",
}


def rows(table):
    """Yield package, class and the names of each size; equal entries make one row."""
    seen = {}
    for name, entry in table.items():
        sizes = tuple(
            names(params) for params in (entry.small, entry.default, entry.wide)
        )
        seen.setdefault((entry.module, *sizes), []).append(name)
    for (module, *sizes), classes in seen.items():
        if any(sizes):
            yield module, ", ".join(f"``{name}``" for name in classes), *sizes
        else:
            yield module, ", ".join(f"``{name}``" for name in classes), "", "", ""


def names(params):
    """Name the parameters that vary."""
    return ", ".join(name for name, value in params.items() if not is_fixed(value))


def is_fixed(value):
    if isinstance(value, Only):
        value = value.range
    if callable(value):
        value = value(Data(rows=1000, columns=10, classes=(900, 100), outputs=3))
    if isinstance(value, When):
        return all(map(is_fixed, [*value.ranges.values(), value.otherwise]))
    return value is None or (isinstance(value, list) and len(value) == 1)


def list_table(head, body):
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in [head, *body]:
        for place, cell in enumerate(row):
            lines.append(f"   {'* -' if place == 0 else '  -'} {cell}".rstrip())
    return "\n".join([*lines, "", ""])


def text():
    """Return the tables."""
    parts = []
    head = ("estimator", "small", "default, too", "wide, too, or wider")
    for title, table in (("Models", MODELS), ("Steps before a model", TRANSFORMERS)):
        body = [
            (
                f"{classes} ({TITLES[module]})" if module != "sklearn" else classes,
                *sizes,
            )
            for module, classes, *sizes in rows(table)
        ]
        parts += [f".. rubric:: {title}\n", list_table(head, body)]
    why = {}
    for name, reason in LEFT_OUT.items():
        why.setdefault(reason, []).append(f"``{name}``")
    body = [(", ".join(left), reason) for reason, left in why.items()]
    parts += [".. rubric:: Left out\n", list_table(("estimator", "reason"), body)]
    return "\n".join(parts)


def write(app):
    """Write the file that the page includes."""
    folder = Path(__file__).parent / "generated"
    folder.mkdir(exist_ok=True)
    (folder / "default_spaces.inc").write_text(text(), encoding="utf-8")
