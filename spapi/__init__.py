"""The wire to Amazon's Selling Partner API: plain Python, typed snapshots in and out, no Odoo import."""
