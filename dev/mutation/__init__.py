"""Mutation testing: ``make mutation``; see docs/development.md."""
