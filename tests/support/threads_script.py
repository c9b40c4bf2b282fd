"""A small threaded fit and prediction, as a script that prints their bits or forks after them."""

import hashlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from kernel_cases import chain_scorer, make_data, make_network, train

from fastnn.optimizers import Adam
from fastnn.threads import effective_n_threads


def digest(n_threads, isa=None):
    """Hash of the weights, the moments and the predictions of a fit."""
    result = hashlib.sha256()
    for dtype in (np.float32, np.float64):
        network = make_network(30, (70, 9, 3), "tanh", dtype=dtype, isa=isa)
        X, y, weight = make_data(150, network)
        adam = Adam()
        train(network, adam, X, y, weight=weight, steps=10, n_threads=n_threads)
        for array in (network.params, adam.state["v"], network.forward(X, n_threads=n_threads)):
            result.update(array.tobytes())
    return result.hexdigest()


def fork_scoring():
    """Children forked while the team of the parent is at work, each asking for a team."""
    network = make_network(100, (80, 10))
    arrays = network.coefs, network.intercepts
    scorer = chain_scorer(*arrays, ["tanh", "identity"], "softmax", "float64")
    rows = make_data(2000, network)[0]
    serial = scorer.proba(rows, None, 1).tobytes()

    def same():
        return all(scorer.proba(rows, None, 3).tobytes() == serial for _ in range(30))

    children = []
    with ThreadPoolExecutor(2) as pool:
        at_work = [pool.submit(same) for _ in range(6)]
        for _ in range(3):
            children.append(os.fork())
            if children[-1] == 0:
                os._exit(0 if same() else 1)
        assert all(future.result() for future in at_work)
    print("children", [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children])


def main(mode):
    if mode == "fork scoring":
        fork_scoring()
        return
    if mode == "threads":
        print(*{digest(n) for n in (1, 2, 4)}, effective_n_threads(4))
        return
    parent = digest(2)
    child = os.fork()
    if child == 0:
        good = effective_n_threads(4) == 1 and digest(effective_n_threads(4)) == parent
        os._exit(0 if good else 1)
    _, status = os.waitpid(child, 0)
    # the parent keeps its threads
    assert effective_n_threads(4) == 4
    assert digest(2) == parent
    print("child", os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main(sys.argv[1])
