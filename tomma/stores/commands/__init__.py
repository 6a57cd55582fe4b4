"""The stores' front doors on the command line."""
