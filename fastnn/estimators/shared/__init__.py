"""What every family of estimators needs: data, labels, callbacks, declarations, documentation."""
