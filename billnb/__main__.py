"""`python -m billnb` is `billnb`."""

from billnb.cli import main

main()
