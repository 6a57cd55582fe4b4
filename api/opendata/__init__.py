"""What is open to everybody: the list that a manager keeps, and the doors that strangers read."""
