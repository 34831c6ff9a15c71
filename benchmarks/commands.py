"""`apdus/card`, `apdus/sam`: how many commands an ordinary flat-fare tap costs."""

from firmware.card.exchange import Target
from tests.transit.world import World


def measure() -> dict[str, dict[str, object]]:
    world = World()
    world.tap()
    targets = [target for target, _ in world.sent]
    return {
        "apdus/card": _figure(targets.count(Target.CARD)),
        "apdus/sam": _figure(targets.count(Target.SAM)),
    }


def _figure(count: int) -> dict[str, object]:
    return {"value": count, "unit": "commands", "floor": None, "ratio": None}
