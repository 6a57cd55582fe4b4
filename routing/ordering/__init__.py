"""What an order for a plan means: the words of people today, and what a change of the plan takes over of before."""
