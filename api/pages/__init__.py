"""The shells of the pages, their static files, and a plain page that describes the API."""
