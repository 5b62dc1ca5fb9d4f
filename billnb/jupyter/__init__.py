"""What Jupyter loads: the magic and the server extension."""
