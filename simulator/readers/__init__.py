"""Virtual readers: the far ends of vpcd, of nfcpy's udp driver, and cards without any reader."""
