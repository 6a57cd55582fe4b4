"""What keeps a city's data for years: backups, retention, and a bundle for whoever helps."""
