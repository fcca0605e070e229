"""How the documentation is built: `make docs`, without a network, every warning an error."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "forensics"
author = "the authors of forensics"
project_copyright = "the authors of forensics, BSD-3-Clause"
version = release = installed_version("forensics")
language = "en"
# Two dashes begin an option; typographic quotes would not be copied as they are meant.
smartquotes = False

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "mathml",
    "pages",
]
exclude_patterns = ["_build", "_ext", "_templates", "README.md"]
templates_path = ["_templates"]
default_role = "literal"

# Formulas become MathML while the pages are built; browsers draw it without a script.
html_math_renderer = "mathml"
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

# Types stand in the docstrings, with shapes and units; the signatures stay short enough to be read.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
autosummary_generate = True
autosummary_imported_members = True
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

html_theme = "furo"
html_title = f"forensics {release}"
html_static_path = ["_static"]
html_css_files = ["forensics.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
pygments_style = "friendly"
pygments_dark_style = "monokai"
