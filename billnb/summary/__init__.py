"""The numbers that matter most, for the terminal, the report and the dashboard."""
