"""Short texts of which matplotlib draws every character."""

from sklearn_bayes_search.results import _short_text
from sklearn_bayes_search.results._short_text import visible

__all__ = ["MAX_WIDTH", "as_text", "name_texts", "value_text", "value_texts"]

# A label longer than this would push the picture aside.
MAX_WIDTH = 24


def as_text(text):
    """Make text of which matplotlib draws every character: ``$`` starts no formula."""
    return " ".join(visible(str(text)).split()).replace("$", r"\$")


def value_text(value, width=MAX_WIDTH):
    """Write a parameter's value in a few characters."""
    return value_texts([value], width)[0]


def value_texts(values, width=MAX_WIDTH):
    """Write different values in different texts of a few characters."""
    return [as_text(text) for text in _short_text.value_texts(values, width)]


def name_texts(names):
    """Shorten parameters' names to what comes after the step's, where that is clear."""
    ends = _short_text.name_ends(names)
    return {name: as_text(end) for name, end in ends.items()}
