"""Fault runs: Odoo is killed, Amazon falters, people and buyers go on; at the end everything must agree."""
