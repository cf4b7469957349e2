"""Journals from the command line: ``python -m sklearn_bayes_search``."""

import sys

from sklearn_bayes_search.report._commands import main

if __name__ == "__main__":
    sys.exit(main())
