"""What else a day might have been: fixed rounds, other rules, other settings of the risk knob."""
