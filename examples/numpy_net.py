# NumPy code, unmodified: gradviz hands it arrays that remember how they were computed.
import numpy as np


def numpy_net(
    x=np.array([1.0, -2.0]),  # noqa: B008 - the defaults are this example's numbers
    W1=np.array([[0.5, -0.25], [1.0, 0.25]]),  # noqa: B008
    W2=np.array([[1.0, -1.0], [0.5, 2.0]]),  # noqa: B008
):
    h = np.maximum(0, W1 @ x)
    scores = W2 @ h
    powers = np.exp(scores - np.max(scores))
    p = powers / np.sum(powers)
    loss = -np.log(p[0])
    return loss
