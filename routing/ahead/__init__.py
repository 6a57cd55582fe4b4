"""The days ahead: the forecast from the stores, which bins fall due when, and the work levelled over days."""
