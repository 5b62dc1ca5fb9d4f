"""Files of ours: written whole, by one process at a time, and trusted only from their owner."""
