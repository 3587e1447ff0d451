"""The base of networks of images, layers that several share, and bilinear sampling by a grid that repeats bit for bit.

`grid_sample`'s backward has no deterministic CUDA version. On the small feature maps where Deep-Emotion samples, a
dense sampling matrix and a matrix product do the same arithmetic there in a fixed order. On a CPU torch's own repeats
and is 2 to 8 times as fast.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_DENSE_LIMIT = 32 * 32  # above this many source pixels the dense matrix costs more memory than it saves


class FeatureNetwork(nn.Module):
    """A network with ``forward_features``; `fc` on its features after `dropout` unless it has a head of its own."""

    def forward_head(self, features: Tensor) -> Tensor:
        """Logits (N, K) of features (N, D)."""
        return self.fc(self.dropout(features))

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, K) of images (N, 1, H, W), H and W the network's `input_size`."""
        return self.forward_head(self.forward_features(images))


def identity_theta(n: int, device: torch.device | None = None) -> Tensor:
    """The affine matrices (n, 2, 3) that sample every pixel where it is."""
    return torch.tensor([[1.0, 0, 0], [0, 1.0, 0]], device=device).expand(n, 2, 3)


def affine_grid(theta: Tensor, height: int, width: int) -> Tensor:
    """Sampling points (N, height, width, 2) of affine matrices (N, 2, 3): those of torch's
    ``affine_grid(align_corners=False)`` to the last digit but one.

    An affine map is a sum of a row and a column: torch's product of every pixel with a matrix costs 30 times as much,
    and has no rule for `torch.func.vmap`.
    """
    x, y = _centres(width, theta), _centres(height, theta)
    along_x, along_y = theta[:, :, 0, None] * x, theta[:, :, 1, None] * y + theta[:, :, 2, None]
    return (along_x[:, :, None, :] + along_y[:, :, :, None]).permute(0, 2, 3, 1)


def _centres(count: int, like: Tensor) -> Tensor:
    """Pixel centres of a side of `count` pixels, in [-1, 1] from edge to edge."""
    return (2 * torch.arange(count, device=like.device, dtype=like.dtype) + 1) / count - 1


def sampling_matrix(grid: Tensor, height: int, width: int) -> Tensor:
    """Bilinear weights (N, h·w, height·width) with which each grid point reads each source pixel.

    grid: (N, h, w, 2), (x, y) in [-1, 1] from edge to edge of the image (`align_corners=False`); points outside read
    zeros. Jaderberg et al. 2015, arXiv 1506.02025, equation 5.
    """
    points = grid.flatten(1, 2)
    x = ((points[..., 0:1] + 1) * width - 1) / 2
    y = ((points[..., 1:2] + 1) * height - 1) / 2
    along_x = F.relu(1 - (x - torch.arange(width, device=grid.device, dtype=grid.dtype)).abs())
    along_y = F.relu(1 - (y - torch.arange(height, device=grid.device, dtype=grid.dtype)).abs())
    return (along_y[..., :, None] * along_x[..., None, :]).flatten(2)


def grid_sample(features: Tensor, grid: Tensor) -> Tensor:
    """`features` (N, C, H, W) read at `grid` (N, h, w, 2): (N, C, h, w), as torch's bilinear `grid_sample` with zero
    padding. On a CPU torch's own, which repeats there bit for bit; elsewhere, up to 32×32 source pixels,
    :func:`dense_grid_sample`."""
    if features.device.type != "cpu" and features.shape[2] * features.shape[3] <= _DENSE_LIMIT:
        return dense_grid_sample(features, grid)
    with torch.autocast(features.device.type, enabled=False):  # coordinates need fp32: bf16 has 8 bits
        return F.grid_sample(features.float(), grid.float(), mode="bilinear", padding_mode="zeros",
                             align_corners=False).to(features.dtype)


def dense_grid_sample(features: Tensor, grid: Tensor) -> Tensor:
    """The same by :func:`sampling_matrix` and one matrix product, in a fixed order of additions on every device."""
    n, channels, height, width = features.shape
    with torch.autocast(features.device.type, enabled=False):
        weights = sampling_matrix(grid.float(), height, width)
        sampled = weights @ features.float().flatten(2).transpose(1, 2)
    return sampled.transpose(1, 2).reshape(n, channels, *grid.shape[1:3]).to(features.dtype)


def global_average_pool(features: Tensor) -> Tensor:
    """(N, C, H, W) → (N, C); a plain mean, because adaptive pooling's CUDA backward is not deterministic."""
    return features.mean((2, 3))


def conv_block(inputs: int, outputs: int) -> nn.Sequential:
    """Convolution, max-pool, norm, ReLU, convolution, norm, ReLU: half a block's cost against pooling at its end."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(outputs), nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())
