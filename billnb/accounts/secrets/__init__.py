"""The stores of secrets: the system's keyring, and a file where one was asked for."""
