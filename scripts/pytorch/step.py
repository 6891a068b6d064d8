"""One training step (docs/method.md, section 3) with its options, in plain PyTorch. `o` as in networks.py."""
from collections import namedtuple

import torch
from torch import nn
from torch.nn import functional as F

from networks import gradients_of


def draw_shifts(o, random):
    """Translations of Zhao et al. 2020 for one step: x and y for each of G's fakes, D's reals, D's fakes."""
    most = o.image_size // 8
    return torch.randint(-most, most + 1, (3 * o.batch, 2), generator=random).float()


def shifted(x, shifts):
    """The pictures moved as their rows (x, y) say, zeros moving in: out(i, j) = in(i + y, j + x). By products with matrices of 0
    and 1, which a GPU does without waiting for the CPU, and whose gradient needs no atomic additions."""
    axis = torch.arange(x.shape[-1], device=x.device, dtype=x.dtype)
    rows, columns = [(axis[:, None] + shifts[:, i, None, None].to(x.dtype) == axis).to(x.dtype)[:, None] for i in (1, 0)]
    return rows @ x @ columns.transpose(2, 3)


def discriminator_loss(real, fake):
    bce = F.binary_cross_entropy_with_logits
    return (bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))) / 2


def generator_loss(fake):
    return F.binary_cross_entropy_with_logits(fake, torch.ones_like(fake))


class Again:
    """No power iteration within."""

    def __init__(self, d):
        self.convs = [m for m in d.modules() if isinstance(m, nn.Conv2d)]

    def __enter__(self):
        for m in self.convs:
            m.eval()

    def __exit__(self, *_):
        for m in self.convs:
            m.train()


def frozen(o, name):
    """Whether `freeze` (mapping,l1,...) leaves this tensor of the generator untrained."""
    if name.startswith("model."):  # a DCGAN's
        part = f"l{int(name.split('.')[1]) // 3 + 1}"
    else:
        part = "mapping" if name.startswith("mapper") else "l1" if name == "starting_const" else "l" + name.split("_l")[1][0]
    return part in o.freeze.split(",")


def frozen_d(o, name):
    """The same of the discriminator: its first freeze_d layers. Layer i of the table in docs/method.md has the modules 3 i - 1 to
    3 i + 1."""
    return (int(name.split(".")[1]) + 1) // 3 < o.freeze_d


def optimisers_of(o, g, d):
    adam = dict(betas=(o.beta1, o.beta2), eps=o.eps)
    trained = [p for name, p in g.named_parameters() if not (o.freeze and frozen(o, name))]
    trained_d = [p for name, p in d.named_parameters() if not frozen_d(o, name)]
    rates = [o.lr_g or o.lr, o.lr_d or o.lr]
    return [torch.optim.Adam(p, lr=r, **adam) for p, r in zip((trained, trained_d), rates)]


Seen = namedtuple("Seen", "g_loss d_loss real_logits fake_logits")  # of one step


def training_step(o, g, d, optimisers, z, real, step=0, seen=lambda x, use: x, told=lambda results: None,
                  after_g=lambda: None, spare=False, make=None):
    """One step: G's update, then D's; with reuse_fake as shared_step says. `seen` is what D sees of pictures, `told` is called
    with {name: tensor} of results as they arise, `after_g` between the updates. `spare` leaves out D's weight gradients in G's
    update, which nobody uses: the same results, sooner. `make` makes the pictures."""
    make = make or (lambda: g(z))
    if o.reuse_fake:
        return shared_step(o, g, d, optimisers, make, real, step, seen, told, after_g)
    d.requires_grad_(not spare)
    g.zero_grad(set_to_none=True)
    fakes = make()
    told({"fake.0": fakes})
    g_loss = generator_loss(d(seen(fakes, 0)))
    g_loss.backward()
    told(gradients_of("grad.generator.", g))
    optimisers[0].step()
    after_g()

    d.requires_grad_(True)
    d.zero_grad(set_to_none=True)
    x = seen(real, 1)
    if o.r1 and step % o.r1_interval == 0:
        x.requires_grad_()
    real_logits = d(x)
    fake_logits = d(seen(make().detach(), 2))
    d_loss = discriminator_loss(real_logits, fake_logits)
    (d_loss + penalty(o, real_logits, x)).backward()
    told(gradients_of("grad.discriminator.", d))
    optimisers[1].step()
    return Seen(g_loss.detach(), d_loss.detach(), real_logits.detach(), fake_logits.detach())


def penalty(o, real_logits, x):
    if not x.requires_grad:
        return 0
    slope, = torch.autograd.grad(real_logits.sum(), x, create_graph=True)
    return o.r1 * o.r1_interval / 2 * slope.square().sum() / len(x)


def shared_step(o, g, d, optimisers, make, real, step, seen, told, after_g):
    """A step in which D sees each batch once: its logits of the fakes serve G's update and its own. All forward passes
    share one power iteration. The fakes go first."""
    d.requires_grad_(True)
    x = seen(real, 1).detach()
    x.requires_grad_(bool(o.r1) and step % o.r1_interval == 0)
    fakes = make()
    told({"fake.0": fakes})
    fake_logits = d(seen(fakes, 0))
    g_loss = generator_loss(fake_logits)
    set_gradients(g, g_loss)
    with Again(d):
        real_logits = d(x)
    d_loss = discriminator_loss(real_logits, fake_logits)
    set_gradients(d, d_loss + penalty(o, real_logits, x))
    told(gradients_of("grad.generator.", g))
    told(gradients_of("grad.discriminator.", d))
    optimisers[0].step()
    after_g()
    optimisers[1].step()
    return Seen(g_loss.detach(), d_loss.detach(), real_logits.detach(), fake_logits.detach())


def set_gradients(network, loss):
    """Of this network alone; the graph stays."""
    parameters = list(network.parameters())
    for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)):
        p.grad = gradient


def follow(o, average, g, seen_pictures, pictures):
    """The generator's exponential moving average after a step of so many pictures."""
    half_life = min(o.ema, o.ema_ramp * seen_pictures) if o.ema_ramp else o.ema
    keep = 0.5 ** (pictures / half_life)
    with torch.no_grad():
        for mean, now in zip(average.state_dict().values(), g.state_dict().values()):
            if mean.is_floating_point():
                mean.mul_(keep).add_(now, alpha=1 - keep)
