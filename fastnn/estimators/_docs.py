"""What the docstrings of the perceptrons share."""

__all__ = ["documented"]

_PARAMETERS = """\
hidden_layer_sizes : int or array-like of int, default=(100,)
        Widths of the hidden layers; ``()`` makes a linear model.
    activation : {'identity', 'logistic', 'tanh', 'relu'}, default='relu'
        Activation function of the hidden layers.
    solver : {'lbfgs', 'sgd', 'adam'}, default='adam'
        Full-batch L-BFGS, stochastic gradient descent with momentum, or Adam [1]_.
    alpha : float, default=0.0001
        Strength of the L2 penalty, 0.5 * alpha * sum(coefs ** 2) / (sum of the batch's weights).
    batch_size : int or 'auto', default='auto'
        Rows of a mini-batch; 'auto' is min(200, n_samples).
    learning_rate : {'constant', 'invscaling', 'adaptive'}, default='constant'
        With solver='sgd': learning_rate_init throughout; divided by (rows seen + 1) ** power_t,
        anew after every epoch; or a fifth of what it was whenever training stagnates.
    learning_rate_init : float, default=0.001
        First learning rate of 'sgd' and 'adam'.
    power_t : float, default=0.5
        Exponent of 'invscaling'.
    max_iter : int, default=200
        Most epochs, or most iterations of L-BFGS.
    shuffle : bool, default=True
        Whether to shuffle the rows before every epoch.
    random_state : int, RandomState instance or None, default=None
        Source of the first weights, the shuffles and the split for early stopping, drawn in
        scikit-learn's order.
    tol : float, default=1e-4
        Improvement of the loss (or validation score) that counts; gradient that L-BFGS is to reach.
    verbose : bool or int, default=False
        Print the loss of every epoch.
    warm_start : bool, default=False
        Whether ``fit`` starts from the present weights.
    momentum : float, default=0.9
        Momentum of 'sgd'.
    nesterovs_momentum : bool, default=True
        Whether that momentum is Nesterov's.
    early_stopping : bool, default=False
        Stop when the score on held-out rows stagnates, and keep the weights that scored best.
    validation_fraction : float, default=0.1
        Share of the rows to hold out, where ``fit`` is given no X_val.
    beta_1, beta_2 : float, default=0.9, 0.999
        Decay of Adam's first and second moments.
    epsilon : float, default=1e-8
        Keeps Adam's division finite.
    n_iter_no_change : int or inf, default=10
        Training ends after more than this many epochs in a row without improvement.
    max_fun : int, default=15000
        Most evaluations of the loss by L-BFGS.
    n_jobs : int or None, default=None
        Threads; None and -1 take as many as the machine, its limits and OMP_NUM_THREADS allow.
        Results do not depend on it.
    scoring : str, callable or None, default=None
        What early stopping watches: {default_score} (None), the negative loss ('loss'), or any
        scorer of scikit-learn."""

_ATTRIBUTES = """\
coefs_, intercepts_ : list of ndarray
        Weights (n_in, n_out) and biases (n_out,) of the layers. They are the model: who assigns to
        them or writes into them changes its predictions.
    n_layers_, n_outputs_ : int
        Layers, input and output included, and outputs.
    out_activation_ : str
        Activation of the last layer.
    n_iter_, t_ : int
        Epochs (iterations) of the last fit, and rows trained on in all fits.
    loss_ : float
        Mean loss of the last epoch, penalty included.
    loss_curve_ : list of float
        That of all epochs; not with L-BFGS, like the following.
    best_loss_ : float or None
        Least of them; None with early stopping.
    validation_scores_, validation_loss_curve_ : list of float or None
        Score and mean loss (without penalty) of the held-out rows after each epoch.
    best_validation_score_ : float or None
        Score of the weights that were kept.
    n_features_in_, feature_names_in_
        Number and, if X had them, names of the columns of X."""


def documented(*, default_score):
    """Fill the shared parts of a class's docstring in."""

    def fill(cls):
        if cls.__doc__:  # python -OO has removed it
            parameters = _PARAMETERS.replace("{default_score}", default_score)
            cls.__doc__ = cls.__doc__.replace("{parameters}", parameters)
            cls.__doc__ = cls.__doc__.replace("{attributes}", _ATTRIBUTES)
        return cls

    return fill
