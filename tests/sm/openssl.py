"""The openssl command: an implementation that this house did not write and does not link."""

import subprocess


def openssl(*arguments: str, data: bytes) -> bytes:
    """Run `openssl` with data on its standard input and return its output."""
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


def sm4_ecb(key: bytes, blocks: bytes) -> bytes:
    """SM4 of each block."""
    return openssl("enc", "-sm4-ecb", "-nopad", "-K", key.hex(), data=blocks)


def sm4_cbc(key: bytes, iv: bytes, blocks: bytes) -> bytes:
    """SM4-CBC of whole blocks."""
    return openssl("enc", "-sm4-cbc", "-nopad", "-K", key.hex(), "-iv", iv.hex(), data=blocks)
