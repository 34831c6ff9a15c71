"""SM3, SM4, 3DES, the purse's MACs and key diversification."""
