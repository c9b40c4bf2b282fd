"""Estimators that take a table as it is: strings, gaps, dates and all."""
