"""Homework: document → claims → verdicts → report.

``document`` finds the formulas of a file, ``statements`` cuts them into chains, ``claims`` says what each states,
``problem`` holds the formulas and numbers they are about.
"""
