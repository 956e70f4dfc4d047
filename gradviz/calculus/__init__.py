"""Derivatives as graphs and as formulas: symbols that grow and simplify, notation, paths, the chain rule in words."""
