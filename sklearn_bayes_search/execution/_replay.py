"""Settings in the order of a search: chosen now, or taken from its journal.

The journal has no state of the model. All is asked for again; from the first setting
that would be another one now, those that the journal has are taken as they are.
"""

from functools import partial

from sklearn_bayes_search.exceptions import SpaceExhausted
from sklearn_bayes_search.execution._journal import Journal
from sklearn_bayes_search.optimizer._optimizer import BayesianOptimizer
from sklearn_bayes_search.optimizer._trial import Trial


class Replay:
    """Asks for settings, with regard to a journal where there is one."""

    def __init__(
        self, optimizer: BayesianOptimizer, journal: Journal | None, in_order: bool
    ) -> None:
        self._optimizer, self._journal = optimizer, journal
        self._departed = False  # whether others are chosen than the journal has
        if journal is not None and not in_order:
            self._depart(journal, 0)  # it depends on time what would be chosen

    def ask(self, number: int) -> Trial:
        """Choose the setting of this number, or take the one that the journal has."""
        optimizer, journal = self._optimizer, self._journal
        if journal is None:
            return optimizer.ask()
        stored = journal.params(number)
        if self._departed:
            return optimizer.ask(stored)
        try:
            trial = optimizer.ask()
        except SpaceExhausted:
            if stored is None:
                raise
            self._depart(journal, number)
            return optimizer.ask(stored)
        same = partial(optimizer.space.same, trial.params)
        if stored is None:  # of a journal with gaps, it may have a later number
            if not any(map(same, journal.settings_after(number))):
                return trial
        elif same(stored):
            return trial
        self._depart(journal, number)
        return optimizer.replace(trial, stored)

    def has_more(self, number: int) -> bool:
        """Check whether the journal has settings from this number on."""
        return self._journal is not None and bool(
            self._journal.settings_after(number - 1)
        )

    def _depart(self, journal: Journal, number: int) -> None:
        """Choose other settings from this number on than the journal has."""
        self._departed = True
        journal.state_difference(number)
        self._optimizer.reserve(journal.settings_after(number - 1))
