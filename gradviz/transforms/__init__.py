"""grad, value_and_grad and hessian of Python functions, in the shape of JAX's functions of these names."""

from gradviz.transforms.derivatives import grad, hessian, value_and_grad

__all__ = ["grad", "hessian", "value_and_grad"]
