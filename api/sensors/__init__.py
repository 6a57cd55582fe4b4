"""The sensors one by one, whoever needs attention first."""
