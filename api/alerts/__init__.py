"""What somebody should look at: now, and what it was before."""
