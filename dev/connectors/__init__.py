"""Stand-ins for public connectors, made from their public field names, and the tests beside them."""
