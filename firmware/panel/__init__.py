"""What a person sees, hears and touches: lights, buzzer, gate relay, screen.

with open_panel(config.panel, config.terminal, clock) as panel:
    panel.show(View(Signal.READY, "ready"))
"""

from firmware.panel.opening import open_panel
from firmware.panel.panel import Panel

__all__ = ["Panel", "open_panel"]
