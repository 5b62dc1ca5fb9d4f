"""The file of accounts, which people write in too."""
