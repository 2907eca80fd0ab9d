"""The documentation's site: what is read off the source for it, and what is checked of what people wrote."""
