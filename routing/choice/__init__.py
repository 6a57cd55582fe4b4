"""Which bins are worth a visit today, and what makes them so: from the forecast to one `Demand` per bin."""
