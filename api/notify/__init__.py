"""Messages about alerts: to people by e-mail, to other systems by signed webhooks; never a storm."""
