"""From the city to a plan and back: built, solved, told, changed by people and by what happens on the way."""
