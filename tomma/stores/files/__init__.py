"""Files people exchange with us: the city, spreadsheets, records; as they were or complete, never half."""
