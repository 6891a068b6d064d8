"""ssdgan in PyTorch: the reference that the C core is checked against, and where a training goes on that has outgrown a tab.

  python3 scripts/pytorch train PROJECT ...      continues a project on a CPU, a GPU, or many (docs/pytorch.md)
  python3 scripts/pytorch generate ...           renders latents with a model
  python3 scripts/pytorch bench ...              pictures a second on this machine
  python3 scripts/pytorch verify|styles|metrics  make the files of tests/golden (docs/verify.md)
  python3 scripts/pytorch sweep|dcgan_published  experiments of docs/experiments.md

--help after a command tells its options. Needs PyTorch (1.13 or 2) and numpy; Debian has both as python3-torch.
What reads pictures needs Pillow, too (python3-pil).
"""
import importlib
import os
import sys

COMMANDS = ("train", "generate", "bench", "verify", "styles", "metrics", "sweep", "dcgan_published")


def main(arguments):
    if not arguments or arguments[0] not in COMMANDS:
        print(__doc__, file=sys.stderr if arguments and arguments[0] not in ("-h", "--help") else sys.stdout)
        return 0 if arguments and arguments[0] in ("-h", "--help") else 2
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    return importlib.import_module(arguments[0]).main(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
