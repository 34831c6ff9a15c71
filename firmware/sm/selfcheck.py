"""Does the cryptography of this machine calculate what the standards print? `rongtong check` asks."""

from collections.abc import Callable, Iterator

from firmware.sm import des, gmssl_oracle, sm3, sm4

#: GB/T 32905-2016 annex A and GB/T 32907-2016 annex A.
SM3_ABC = bytes.fromhex("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")
SM3_ABCD_16 = bytes.fromhex("debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732")
SM4_KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
SM4_CIPHERTEXT = bytes.fromhex("681EDF34D206965E86B3E94F536E4246")
#: NIST SP 800-17, table B.1, first row: single DES under a key of ones.
DES_KEY, DES_PLAINTEXT = bytes.fromhex("0101010101010101"), bytes.fromhex("8000000000000000")
DES_CIPHERTEXT = bytes.fromhex("95F8A5E5DD31D900")
#: Crosses SM3's block boundary; nothing about it is secret.
PROBE = bytes(range(150))


def self_check() -> list[str]:
    """What does not calculate as it should, in words for an operator; an empty list when all is well."""
    return [problem for check in (_known_answers, _second_opinion) for problem in check()]


def _known_answers() -> Iterator[str]:
    answers: dict[str, tuple[Callable[[], bytes], bytes]] = {
        "SM3": (lambda: sm3.digest(b"abc") + sm3.digest(b"abcd" * 16), SM3_ABC + SM3_ABCD_16),
        "SM4 encryption": (lambda: sm4.encrypt_block(SM4_KEY, SM4_KEY), SM4_CIPHERTEXT),
        "SM4 decryption": (lambda: sm4.decrypt_block(SM4_KEY, SM4_CIPHERTEXT), SM4_KEY),
        "SM4 CBC-MAC": (lambda: sm4.cbc_mac(SM4_KEY, SM4_KEY), SM4_CIPHERTEXT),
        "DES": (lambda: des.encrypt(DES_KEY, DES_PLAINTEXT), DES_CIPHERTEXT),
    }
    for name, (calculate, expected) in answers.items():
        yield from _compare(f"{name} differs from its standard", calculate, expected)


def _second_opinion() -> Iterator[str]:
    key, block = PROBE[:16], PROBE[16:32]
    try:
        digest, ciphertext = gmssl_oracle.digest(PROBE), gmssl_oracle.encrypt_block(key, block)
    except ImportError:
        yield "gmssl, which cross-checks SM3 and SM4, is not installed"
        return
    yield from _compare("SM3 differs from gmssl", lambda: sm3.digest(PROBE), digest)
    yield from _compare("SM4 differs from gmssl", lambda: sm4.encrypt_block(key, block), ciphertext)


def _compare(problem: str, calculate: Callable[[], bytes], expected: bytes) -> Iterator[str]:
    try:
        result = calculate()
    except Exception as failure:  # noqa: BLE001 - whatever a broken library raises is what this check is to report
        yield f"{problem}: {failure}"
        return
    if result != expected:
        yield problem
