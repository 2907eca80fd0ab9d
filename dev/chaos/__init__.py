"""The chaos: processes killed at every named step, connections cut, clocks apart, many workers and users at once."""
