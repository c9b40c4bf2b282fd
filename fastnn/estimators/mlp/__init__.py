"""MLPClassifier and MLPRegressor."""
