"""The formats of a report, and its words."""
