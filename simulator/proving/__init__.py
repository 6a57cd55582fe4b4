"""The proving ground: policies against each other on the same town, the same deposits, the same broken sensors."""
