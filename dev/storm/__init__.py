"""The storm: every operation of Amazon's times every fault, each while one order is asked for and another cancelled."""
