"""The demo: a shop on a real Odoo and the local Amazon, and the life of its buyers' cancellation requests."""
