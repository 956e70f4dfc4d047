"""Circuits to start from: ``gradviz examples`` lists them, ``example:NAME`` uses one."""
