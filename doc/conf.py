"""Configuration of Sphinx. The build needs no network."""

import importlib.metadata
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

project = "sklearn_bayes_search"
author = "The sklearn_bayes_search developers"
project_copyright = author
try:
    release = importlib.metadata.version("sklearn-bayes-search")
except importlib.metadata.PackageNotFoundError:  # a checkout that is not installed
    release = ""
version = release

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "mathml",
    "matplotlib.sphinxext.plot_directive",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = [
    *("_build", "benchmarks", "experience", "tutorial", "auto_tutorial/index.rst")
]

# the examples of a page are one run, of which pictures show some moments
plot_formats = [("png", 130)]
plot_html_show_formats = False
plot_html_show_source_link = False
plot_rcparams = {"figure.figsize": (6.4, 4.0), "font.size": 10.5}

sphinx_gallery_conf = {
    "examples_dirs": ["../examples", "tutorial"],
    "gallery_dirs": ["auto_examples", "auto_tutorial"],
    "within_subsection_order": "gallery_order.place",
    "filename_pattern": r"plot_",
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("sklearn_bayes_search",),
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,  # that page loads scripts from elsewhere
    "remove_config_comments": True,
}

autodoc_typehints = "none"  # the docstrings tell types, with shapes
autosummary_generate = True
suppress_warnings = ["ref.term"]  # inherited docstrings name scikit-learn's glossary
numpydoc_show_class_members = False  # the template of a class lists them

html_theme = "pydata_sphinx_theme"
html_title = "sklearn-bayes-search"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "header_links_before_dropdown": 5,
    "navbar_align": "left",
    "secondary_sidebar_items": ["page-toc"],
}
html_sidebars = {"index": []}
html_copy_source = False
html_show_sourcelink = False


def setup(app):
    """Write what pages include before they are read, and the sample reports."""
    import default_spaces_table
    import samples

    app.connect("builder-inited", default_spaces_table.write)
    app.connect("build-finished", samples.write)
