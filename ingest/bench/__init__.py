"""`tomma bench ingest`: what this machine takes in, beside Node-RED and a plain loop on the same load."""
