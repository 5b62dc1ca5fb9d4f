"""The files of accounts and secrets: written whole, under a lock, and read if nobody else could."""
