"""`tomma bench faults`: hurts the running service from outside and counts what was lost.

Real processes, a real broker and a real store. A publisher keeps its own ledger of what the broker acknowledged to it;
after the fault the store is read back through its port and compared, number by number.
"""
