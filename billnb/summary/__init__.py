"""The numbers that matter, once for terminal, report and dashboard."""
