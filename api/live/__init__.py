"""What pages hear without asking: changes of bins, plans and events, as server-sent events."""
