"""rongtong: what runs beside the terminal, for technicians and operators."""
