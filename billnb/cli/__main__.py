"""`python -m billnb.cli` is `billnb`."""

from billnb.cli import main

main()
