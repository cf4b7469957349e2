"""The commands of ``python -m sklearn_bayes_search``: watch, report and show."""

import argparse
import gc
import math
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from sklearn_bayes_search.exceptions import JournalError
from sklearn_bayes_search.report._journal_search import JournalSearch
from sklearn_bayes_search.report._report import report
from sklearn_bayes_search.results._reader import read_results
from sklearn_bayes_search.results._tables import results_frame

EPILOG = "A journal is the file that a search was given as 'checkpoint'."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
        return 0
    except (ImportError, OSError, ValueError) as error:
        # what the user can mend: a wrong path, no journal, an unknown metric
        print(f"{options.command}: {_in_words(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0 if options.command == "watch" else 130


def _in_words(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sklearn_bayes_search",
        description="Look at searches by their journals.",
        epilog=EPILOG,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    watch = commands.add_parser(
        "watch", help="show journals on a page that follows them", epilog=EPILOG
    )
    watch.add_argument("journal", nargs="+", type=Path, help="a journal, or a folder")
    watch.add_argument(
        "--port",
        type=_number(0, 65535),
        default=0,
        metavar="N",
        help="default: one that is free",
    )
    watch.add_argument("--open", action="store_true", help="open it in the browser")
    watch.set_defaults(run=_watch)
    page = commands.add_parser(
        "report", help="write the page of a journal", epilog=EPILOG
    )
    page.add_argument("journal", type=Path)
    page.add_argument("out", type=Path, help="the file to write, as report.html")
    page.set_defaults(run=_report)
    show = commands.add_parser("show", help="print the table", epilog=EPILOG)
    show.add_argument("journal", type=Path)
    show.add_argument(
        "--best",
        type=_number(1),
        metavar="N",
        help="only the N best, the best first",
    )
    show.set_defaults(run=_show)
    for command in (page, show):
        command.add_argument("--metric", help="which score, where there are several")
    return parser


def _number(least: int, most: float = math.inf) -> Callable[[str], int]:
    """Return what reads a number and refuses one out of range."""

    def number(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            limit = f" and <= {most}" if math.isfinite(most) else ""
            raise argparse.ArgumentTypeError(f"{value} is not >= {least}{limit}")
        return value

    return number


def _watch(options: argparse.Namespace) -> None:
    from sklearn_bayes_search.report._live._server import serve_journals

    # a journal is many small objects that stay, and no garbage
    gc.set_threshold(1_000_000)
    server = serve_journals(_files(options.journal), options.port)
    print(f"Live page: {server.address}\nCtrl-C ends it, and no search.", flush=True)
    if options.open:
        import webbrowser

        webbrowser.open(server.address)
    try:
        while True:
            time.sleep(3600)
    finally:
        server.close()


def _files(paths: Sequence[Path]) -> list[Path]:
    """Return the journals, for a folder those in it."""
    files: list[Path] = []
    for path in paths:
        inside = [path]
        if path.is_dir():
            inside = sorted(file for file in path.glob("*.jsonl") if file.is_file())
        if not inside:
            raise JournalError(f"The folder {str(path)!r} has no journal, *.jsonl.")
        files += inside
    return list(dict.fromkeys(files))


def _report(options: argparse.Namespace) -> None:
    if options.out.exists() and options.out.samefile(options.journal):
        raise ValueError(f"{options.out} is the journal: name another file to write.")
    print(report(options.journal, options.out, metric=options.metric))


def _show(options: argparse.Namespace) -> None:
    search = JournalSearch(options.journal).fit()
    metric = options.metric or search.objective_metric_
    results = read_results(search, metric, called="journal")
    frame = results_frame(results)
    if options.best is not None:
        outside = ~results.eligible & bool(results.limits)
        frame = frame.iloc[np.lexsort((frame["rank"], outside))[: options.best]]
    print(frame.to_string(max_colwidth=40))
