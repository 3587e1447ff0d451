"""One network trained by several processes that ``torchrun`` started, each with a share of every batch.

    torchrun --nproc-per-node 4 -m ferkit train --dataset fer2013 --model … --output DIR

Gradients are averaged after every backward pass (by nccl between GPUs, by gloo between CPUs). Every process draws
and augments the whole batch and takes its share of it, so that no random draw depends on how many there are: without
dropout the weights are those of one process at the same batch size, up to the order in which floats are added. Batch
normalisation takes its statistics over the whole batch. Dropout masks differ from those of one process, and class
weights are normalised within each share. Every process validates the whole validation split.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn

from ferkit.core.errors import InputError


@dataclass(frozen=True)
class Processes:
    """The processes that train one network together, as each of them sees it; by default it is alone.

    rank: this process, from 0. size: how many there are.
    """

    rank: int = 0
    size: int = 1

    @property
    def alone(self) -> bool:
        """Whether there is no other."""
        return self.size == 1

    def share(self, n: int) -> slice:
        """This process's part of n images, in order."""
        return slice(n * self.rank // self.size, n * (self.rank + 1) // self.size)

    def weight(self, n: int) -> float:
        """By what the mean over the own share is multiplied, so that the mean over all processes is that over n."""
        own = self.share(n)
        return (own.stop - own.start) * self.size / n

    def synchronised(self, network: nn.Module, device: torch.device) -> nn.Module:
        """The network, with batch normalisation over the batches of all processes."""
        if self.alone:
            return network
        return nn.SyncBatchNorm.convert_sync_batchnorm(network) if device.type == "cuda" else _over_all(network)

    def average(self, parameters: Sequence[nn.Parameter]) -> None:
        """Replace every gradient by its mean over all processes. A layer that no loss reads has none on any of them."""
        found = [] if self.alone else [p.grad for p in parameters if p.grad is not None]
        if found:
            mean = self.total(torch.cat([gradient.flatten() for gradient in found])) / self.size
            parts = mean.split([gradient.numel() for gradient in found])
            torch._foreach_copy_(found, [part.view(own.shape) for part, own in zip(parts, found, strict=True)])

    def total(self, values: Tensor) -> Tensor:
        """The sum of `values` over all processes, in place."""
        if not self.alone:
            dist.all_reduce(values)
        return values

    def agreed(self, decision: bool) -> bool:
        """What the first process decides: clocks differ, and all have to stop at the same step."""
        if self.alone:
            return decision
        said = torch.tensor(int(decision), device="cuda" if dist.get_backend() == "nccl" else "cpu")
        dist.broadcast(said, 0)
        return bool(said)


ALONE = Processes()


@contextmanager
def joined(device: str, batch_size: int) -> Iterator[Processes]:
    """The processes that ``torchrun`` started (this one alone where it did not), connected inside the block.

    device: "cpu" or "cuda"; of GPUs every process takes its own. InputError for batches of less than two images each.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield ALONE
        return
    if batch_size < 4 * size:  # the last batch of an epoch may be half as large
        raise InputError(f"{size} processes: batches of {batch_size} leave some nothing; take {4 * size} or more")
    if device == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if device == "cuda" else "gloo")
    try:
        yield Processes(dist.get_rank(), size)
        dist.barrier()
    finally:
        dist.destroy_process_group()


class _BatchNorm(nn.BatchNorm2d):
    """Batch normalisation over all processes on a CPU, which torch's own SyncBatchNorm refuses."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        from torch.distributed.nn.functional import all_reduce

        given, x = x.dtype, x.float()  # of bfloat16 a difference of squares keeps nothing
        n = torch.tensor([float(x.numel() // x.shape[1])])
        sums = all_reduce(torch.cat([x.sum((0, 2, 3)), (x * x).sum((0, 2, 3)), n]))  # gradients flow through it
        n = sums[-1].detach()
        mean, square = (sums[:-1] / n).chunk(2)
        variance = square - mean * mean
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * n / (n - 1), self.momentum)
        scale = self.weight / (variance + self.eps).sqrt()
        return (x * scale[:, None, None] + (self.bias - mean * scale)[:, None, None]).to(given)


def _over_all(network: nn.Module) -> nn.Module:
    """The network with its BatchNorm2d layers over all processes; InputError for another kind."""
    for module in network.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = _BatchNorm  # its tensors stay as they are
        elif isinstance(module, nn.modules.batchnorm._BatchNorm) and type(module) is not _BatchNorm:
            raise InputError(f"several processes on CPUs: {type(module).__name__} is not synchronised; take a GPU")
    return network
