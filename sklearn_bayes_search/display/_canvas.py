"""Where and in which colours all displays draw, and limits that outliers spare."""

import numpy as np

from sklearn_bayes_search.results._axes import score_limits

__all__ = [
    "BEST",
    "COLORS",
    "MUTED",
    "PARTIAL",
    "faint",
    "ink",
    "lines_map",
    "new_axes",
    "plain_numbers",
    "robust_limits",
    "sequential_map",
    "wrap_axes",
]

# Okabe and Ito's colours, which differ for colour-blind readers, too.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
BEST = "#D55E00"
MUTED = "#8C8C8C"
# What all legends call scores of candidates that are not complete.
PARTIAL = "scored on part of the folds or data"
# How much of the ink is in what is only just seen.
FAINT = 0.1


def ink():
    """Give the colour of text, which is seen on the background of any style."""
    import matplotlib

    return matplotlib.rcParams["text.color"]


def faint(ax):
    """Give a colour that is only just seen on the background of some axes."""
    from matplotlib.colors import to_rgb

    paper, text = np.array(to_rgb(ax.get_facecolor())), np.array(to_rgb(ink()))
    return tuple((1 - FAINT) * paper + FAINT * text)


def new_axes(display, ax=None, figsize=None):
    """Give the axes to draw in.

    Parameters
    ----------
    display : object
        Who asks, for the error message.
    ax : Axes, default=None
        The user's; None makes a figure.
    figsize : tuple of float, default=None
        Width and height in inches of a new figure.

    Returns
    -------
    ax : Axes
        Where to draw.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"{type(display).__name__} needs matplotlib to draw. Install it with "
            'pip install "sklearn-bayes-search[plot]"'
        ) from error
    if ax is None:
        _, ax = plt.subplots(figsize=figsize, layout="constrained")
    return ax


def wrap_axes(display, ax, n_rows, n_columns, figsize, **grid):
    """Give a grid of axes, in place of the user's axes if there are some.

    Parameters
    ----------
    display : object
        Who asks.
    ax : Axes or None
        The user's: its place is divided.
    n_rows, n_columns : int
        Size of the grid.
    figsize : tuple of float
        Of a new figure.
    **grid : object
        Options of ``SubplotSpec.subgridspec``.

    Returns
    -------
    axes : ndarray of Axes, shape (n_rows, n_columns)
        Where to draw.
    """
    ax = new_axes(display, ax, figsize)
    figure, place = ax.figure, ax.get_subplotspec()
    if place is None:  # the user's axes are at a position, not in a grid
        box = ax.get_position()
        sides = {"left": box.x0, "right": box.x1, "bottom": box.y0, "top": box.y1}
        place = figure.add_gridspec(1, 1, **sides)[0, 0]
    ax.remove()
    cells = place.subgridspec(n_rows, n_columns, **grid)
    axes = np.empty((n_rows, n_columns), dtype=object)
    for row in range(n_rows):
        for column in range(n_columns):
            axes[row, column] = figure.add_subplot(cells[row, column])
    return axes


def plain_numbers(axis):
    """Write each tick in full, not what is to be added to a number elsewhere."""
    from matplotlib.ticker import ScalarFormatter

    formatter = axis.get_major_formatter()
    if isinstance(formatter, ScalarFormatter):
        formatter.set_useOffset(False)


def robust_limits(values):
    """Give limits of an axis of scores that a few hopeless ones do not stretch.

    Parameters
    ----------
    values : array-like
        Scores; those that are not finite do not count.

    Returns
    -------
    low, high : float
        The lowest score that is drawn in its place, and the highest of all.
    """
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return 0.0, 1.0
    floor, best = score_limits(values)
    return float(values[values >= floor].min()), best


def sequential_map(name="viridis", darkest=0.0, lightest=0.92):
    """Give a colour map without its palest end, which would be lost on white."""
    import matplotlib
    from matplotlib.colors import ListedColormap

    colors = matplotlib.colormaps[name](np.linspace(darkest, lightest, 256))
    return ListedColormap(colors, name=f"{name}_on_white")


def lines_map(ax):
    """Give a colour map of which both ends are seen on the background of the axes."""
    from matplotlib.colors import to_rgb

    dark = np.mean(to_rgb(ax.get_facecolor())) < 0.5
    return sequential_map(darkest=0.25, lightest=1.0) if dark else sequential_map()
