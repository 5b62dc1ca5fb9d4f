"""The stores of secrets: the system's keyring, and a file if one was asked for."""
