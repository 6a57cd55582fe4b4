"""From the broker to the store: take, think, make durable, and only then acknowledge."""
