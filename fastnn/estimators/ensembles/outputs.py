"""The outputs of a member."""


def outputs(member, X, check_finite):
    """Outputs (n, n_outputs) of a fitted perceptron for validated rows, as its arrays are now."""
    return member._forward(X, check_finite)
