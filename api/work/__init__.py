"""Work orders: what somebody shall do at a bin or a sensor."""
