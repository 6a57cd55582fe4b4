"""`tomma bench emptyings`: how well emptyings are told from fill levels, on simulated truth and on Edinburgh's."""
