"""Make the corpus of evaluations that experience is learnt from.

``python doc/experience run`` evaluates all families on all data sets; ended at any
time, it goes on where it was. ``status`` tells how much is done, ``pack`` writes one
table for each family, ``check`` measures what experience saves on data sets left out,
and ``learn`` writes the files that the package ships. README.rst says more.
"""

import argparse
import os

# before numpy is imported: one process on one core
os.environ.setdefault("OMP_NUM_THREADS", "1")

import corpus
import learn
import openml_tasks
import pandas as pd
import sklearn
from families import FAMILIES


def main():
    parser = argparse.ArgumentParser(prog="python doc/experience")
    parser.add_argument("command", choices=["run", "status", "pack", "check", "learn"])
    parser.add_argument(
        "--store", default=corpus.default_folder(), help="folder (default: %(default)s)"
    )
    parser.add_argument(
        "--families",
        nargs="+",
        choices=[family.name for family in FAMILIES],
        metavar="NAME",
        help="run these families only",
    )
    parser.add_argument("--data-sets", nargs="+", metavar="NAME", help="and data sets")
    parser.add_argument("--seeds", type=int, default=3, help="of each check")
    parser.add_argument(
        "--turned", action="store_true", help="turn the scores of each check round"
    )
    parser.add_argument(
        "--openml", metavar="FOLDER", help="files of AdaBoost and forests"
    )
    arguments = parser.parse_args()
    store = corpus.Store(arguments.store)
    families = [
        family
        for family in FAMILIES
        if arguments.families is None or family.name in arguments.families
    ]
    if arguments.command == "run":
        data_sets = [
            data_set
            for data_set in corpus.DATA_SETS
            if arguments.data_sets is None or data_set.name in arguments.data_sets
        ]
        # all settings are valid: tests/test_experience.py checks them
        quick = {"assume_finite": True, "skip_parameter_validation": True}
        with sklearn.config_context(**quick):
            corpus.run(store, corpus.plan(families, data_sets))
    elif arguments.command == "status":
        print(corpus.status(store).to_string())
    elif arguments.command in ("check", "learn"):
        if arguments.openml is None:
            learners = (learn.Learner(store, family) for family in families)
        else:
            classes = [openml_tasks.LearnerOfTasks]
            if arguments.command == "check":
                classes.append(openml_tasks.ForestsOfTasks)
            learners = (cls(arguments.openml) for cls in classes)
        for learner in learners:
            if arguments.command == "check":
                seeds, turned = arguments.seeds, arguments.turned
                table = learn.table_of_check(learner, store.folder, seeds, turned)
                print(table, flush=True)
            else:
                path = learner.write()
                print(f"{path}: {path.stat().st_size} bytes")
    else:
        folder = store.folder / "packed"
        corpus.pack(store, folder)
        print(f"Written to {folder}:")
        sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir())}
        print(pd.Series(sizes, name="bytes").to_string())


if __name__ == "__main__":
    main()
