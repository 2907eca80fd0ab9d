"""Sphinx's settings."""

project = "Amazon Order Cancellation"
html_theme = "furo"
html_title = project
html_show_copyright = False
extensions = ["myst_parser"]
myst_heading_anchors = 3
