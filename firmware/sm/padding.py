"""Padding of MACs and TACs (ISO/IEC 9797-1 method 2): 80, then zeros, always."""

MARK = b"\x80"


def pad(data: bytes, block: int) -> bytes:
    """The data, 80 and as many zeros as fill the last block; data that ends with a whole block gets another one."""
    marked = data + MARK
    return marked + bytes(-len(marked) % block)
