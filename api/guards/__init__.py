"""What every request passes before a feature sees it, and every answer on its way out."""
