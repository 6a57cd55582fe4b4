"""`tomma bench solver`: our engines beside plain ones, on public and made-up instances."""
