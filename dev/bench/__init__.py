"""How fast the main job is on a shop of some size."""
