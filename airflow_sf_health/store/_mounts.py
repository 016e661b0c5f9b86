"""Whether a file lies on a disk of this host: SQLite's write-ahead log shares memory between processes, which needs one."""

from __future__ import annotations

from pathlib import Path

MOUNTS = Path("/proc/mounts")
LOCAL = frozenset(
    (
        "ext2",
        "ext3",
        "ext4",
        "xfs",
        "btrfs",
        "zfs",
        "tmpfs",
        "ramfs",
        "overlay",
        "aufs",
        "f2fs",
        "bcachefs",
        "jfs",
        "ubifs",
    )
)
"""File systems of one host. One that is not named here (nfs4, cifs, fuse.s3fs, 9p …) counts as shared: that costs speed only."""


def is_local(path: Path, mounts: str | None = None) -> bool:
    """:param mounts: the content of ``/proc/mounts``; without one, nothing is known to be local."""
    if mounts is None:
        try:
            mounts = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return False
    return _kind(path.absolute().resolve(), mounts) in LOCAL


def _kind(path: Path, mounts: str) -> str:
    """The type of the file system on which this path lies: the last one mounted at the nearest parent."""
    nearest, kind = -1, ""
    for line in mounts.splitlines():
        words = line.split(" ")
        if len(words) > 2 and path.is_relative_to(place := _unescaped(words[1])) and len(place.parts) >= nearest:
            nearest, kind = len(place.parts), words[2]
    return kind


def _unescaped(text: str) -> Path:
    """Blanks, tabs, line ends and backslashes stand there in octal."""
    for octal, sign in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(octal, sign)
    return Path(text)
