"""Run scikit-learn's own tests with BayesSearchCV in place of its search classes.

    python tests/conformance/run.py
    python tests/conformance/run.py --set racing=True -k multimetric
    python tests/conformance/run.py sklearn.model_selection:RandomizedSearchCV

The last command checks the runner itself: scikit-learn's own class must pass it all.

Nothing of scikit-learn is copied. The tests of the installed version are collected
with the names GridSearchCV and RandomizedSearchCV replaced by subclasses of the class
under test (conformance_standins.py). classification.txt says which tests do not apply
('n/a'), and which need the order of a grid ('order') and are counted apart.
The exit status is 0 if all tests, but for those not applicable, pass.

Needs pytest, pandas and array-api-strict.
"""

import argparse
import ast
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import sklearn

HERE = Path(__file__).resolve().parent
GROUPS = {
    "search": ["sklearn.model_selection.tests.test_search"],
    "meta": [
        "sklearn.tests.test_metaestimators",
        "sklearn.tests.test_metaestimators_metadata_routing",
    ],
    "checks": [str(HERE / "conformance_checks.py")],
}


def parameter(text):
    """Parse 'name=value', the value a Python literal or else a string."""
    name, _, value = text.partition("=")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("cls", nargs="?", metavar="module:Class", help="the class under test")
    parser.set_defaults(cls="sklearn_bayes_search:BayesSearchCV")
    add("--only", default=",".join(GROUPS), help="groups to run (default: %(default)s)")
    add(
        "--set",
        action="append",
        default=[],
        type=parameter,
        metavar="NAME=VALUE",
        help="a further constructor parameter of the class under test",
    )
    add("-k", default="", help="pytest's -k expression")
    add("--timeout", type=int, default=120, help="seconds a test (default: 120)")
    add("--list-na", action="store_true", help="also list the tests not applicable")
    add("-v", "--verbose", action="store_true", help="show pytest's own output")
    return parser.parse_args()


def run_pytest(arguments, out):
    """Run the tests in a process of its own, which writes one row a test to ``out``."""
    config = {
        "class": arguments.cls,
        "set": dict(arguments.set),
        "timeout": arguments.timeout,
        "out": str(out),
    }
    path = os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH")]))
    environment = {
        "MPLBACKEND": "agg",
        "OMP_NUM_THREADS": "1",
        "SCIPY_ARRAY_API": "1",  # lets the tests of the array API run
        **os.environ,
        "CONFORMANCE": json.dumps(config),
        "PYTHONPATH": path,
    }
    groups = arguments.only.split(",")
    targets = [target for group in groups for target in GROUPS[group]]
    plugins = ["-p", "conformance_plugin", "-p", "no:cacheprovider"]
    # No configuration of ours: these tests have scikit-learn's rules, not our own.
    rules = ["-c", os.devnull, "--confcutdir", HERE, "--rootdir", sklearn.__path__[0]]
    output = ["-q", "--tb=short", "--disable-warnings"]
    warnings = ["-W", "ignore::DeprecationWarning"]
    selection = ["-k", arguments.k]
    options = [*plugins, *rules, *output, *warnings, *selection]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--pyargs", *targets, *options],
        env=environment,
        cwd=out.parent,
        text=True,
        capture_output=not arguments.verbose,
    )


def count(rows):
    """Return how many passed; skipped tests do not count, those that never ran do."""
    outcomes = Counter(row["outcome"] for row in rows)
    return f"{outcomes['passed']} of {outcomes.total() - outcomes['skipped']}"


def report(arguments, rows):
    """Print the counts and the failures; tell whether all is well."""
    print(f"{arguments.cls} on scikit-learn {sklearn.__version__}")

    def of(category, group=None):
        return [
            row
            for row in rows
            if row["category"] == category and group in (None, row["group"])
        ]

    for group in dict.fromkeys(row["group"] for row in rows):
        skipped = sum(r["outcome"] == "skipped" for r in rows if r["group"] == group)
        print(
            f"  {group:17} applicable {count(of('applicable', group)):>10}"
            f"   order {count(of('order', group)):>8}"
            f"   skipped {skipped}   n/a {len(of('n/a', group))}"
        )
    print(f"{count(of('applicable'))} applicable tests of scikit-learn pass")
    print(f"{count(of('order'))} tests pass that need the order of a grid")

    bad = [
        row
        for row in of("applicable") + of("order")
        if row["outcome"] in ("failed", "not run")
    ]
    for row in bad:
        message = " ".join(row["message"].split())[:150]
        print(
            f"{row['outcome'].upper()} ({row['category']}) "
            f"{row['id'].split('sklearn/')[-1]}\n    {message}"
        )
    if arguments.list_na:
        for row in of("n/a"):
            print(f"n/a {row['id'].split('::')[-1]}: {row['reason']}")
    return not bad and any(row["outcome"] == "passed" for row in rows)


def main():
    arguments = parse_arguments()
    for needed in ("pytest", "pandas", "array_api_strict"):
        if importlib.util.find_spec(needed) is None:
            sys.exit(f"Install {needed} first: without it, tests would be skipped.")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder).resolve() / "rows.json"
        done = run_pytest(arguments, out)
        if not out.exists():
            print(done.stdout or "", done.stderr or "", sep="\n")
            sys.exit(f"pytest did not finish: it ended with status {done.returncode}.")
        rows = json.loads(out.read_text(encoding="utf-8"))
    sys.exit(0 if report(arguments, rows) else 1)


if __name__ == "__main__":
    main()
