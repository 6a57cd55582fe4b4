"""How the server is, told truthfully, and the messages that could not become readings."""
