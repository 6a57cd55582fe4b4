"""The audited saving: what each finished day would have cost without us, kept with everything it is computed from.

`gather` asks the stores once a day is over; `compute` makes the figures from what was gathered and from nothing else;
`check` does so again from an export. In between `shadow` lets every side live on with the same waste.
"""
