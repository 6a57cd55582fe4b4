"""`tomma bench plan`: how fast this machine plans and re-plans."""
