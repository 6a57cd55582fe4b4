"""What runs here: version, licences, and the bill of materials that travels with the product."""
