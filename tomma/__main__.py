"""`python -m tomma` is the command `tomma`."""

from tomma.cli import main

main()
