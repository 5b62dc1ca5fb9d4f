"""Files of accounts and secrets: written whole, under a lock, and only read if trusted."""
