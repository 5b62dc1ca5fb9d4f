"""The file of accounts, which people may edit too."""
