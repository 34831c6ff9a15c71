"""What a person reads, in Chinese and English, by the message of a view.

A line break separates the lines of a screen. `{amount_fen}` and every other `…_fen` is filled in as yuan.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from firmware.errors import InternalError
from firmware.money import Fen, yuan

Language = Literal["zh-CN", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """One text in every language; placeholders are the same in each."""

    chinese: str
    english: str

    def template(self, language: Language) -> str:
        """The text of a language, with its placeholders."""
        return self.chinese if language == "zh-CN" else self.english


TEXTS: Mapping[str, Text] = {
    "ready": Text("请刷卡", "Please tap your card"),
    "paid": Text("扣款 {amount_fen} 元\n余额 {balance_fen} 元", "Paid {amount_fen} yuan\nBalance {balance_fen} yuan"),
    "recovered": Text(
        "上次扣款已完成 {amount_fen} 元\n余额 {balance_fen} 元",
        "Your last payment of {amount_fen} yuan went through\nBalance {balance_fen} yuan",
    ),
    "already-shown": Text("已付款,请通行", "Already paid, please go on"),
    "not-a-transit-card": Text("非交通卡,请换卡", "Not a transit card\nPlease use another card"),
    "blocked": Text("卡已锁定,请到客服网点", "This card is blocked\nPlease visit a service point"),
    "not-accepted-issuer": Text("本线路不受理此卡", "This card is not accepted here"),
    "not-enabled": Text("卡未启用", "This card is not enabled yet"),
    "date-error": Text("卡有效期错误,请到客服网点", "The dates on this card are wrong\nPlease visit a service point"),
    "not-started": Text("卡未到启用日期", "This card is not valid yet"),
    "expired": Text("卡已过期", "This card has expired"),
    "not-interoperable": Text("非互联互通卡,本市不能使用", "This card cannot be used in this city"),
    "denied": Text("此卡已停用,请到客服网点", "This card has been stopped\nPlease visit a service point"),
    "locked": Text("卡应用已锁,请到客服网点", "This card is locked\nPlease visit a service point"),
    "damaged": Text("卡数据异常,请到客服网点", "The data on this card is damaged\nPlease visit a service point"),
    "insufficient": Text(
        "余额不足,请充值\n余额 {balance_fen} 元,票价 {fare_fen} 元",
        "Not enough money on the card\nBalance {balance_fen} yuan, fare {fare_fen} yuan",
    ),
    "grey-listed": Text("此卡待核实,请到客服网点", "This card must be checked\nPlease visit a service point"),
    "repeated": Text("请勿重复刷卡", "Already tapped"),
    "several-cards": Text("请只刷一张卡", "Please show one card only"),
    "tap-again": Text("请重刷", "Please tap again"),
    "card-unreadable": Text("读卡失败,请重刷或换卡", "Card cannot be read\nTap again or use another card"),
    "mac2-bad": Text("卡验证失败", "This card could not be verified"),
    "mac2-unverified": Text(
        "扣款 {amount_fen} 元\n余额 {balance_fen} 元", "Paid {amount_fen} yuan\nBalance {balance_fen} yuan"
    ),
    "in-doubt": Text("扣款未确认\n请用同一张卡重刷", "Payment not confirmed\nPlease tap the same card again"),
    "out-of-service-sam": Text("暂停服务\n安全模块故障", "Out of service\nSecure module"),
    "out-of-service-journal": Text("暂停服务\n存储故障", "Out of service\nStorage"),
    "out-of-service-clock": Text("暂停服务\n时钟错误", "Out of service\nClock"),
    "out-of-service-reader": Text("暂停服务\n读卡器故障", "Out of service\nReader"),
    "out-of-service-panel": Text("暂停服务\n面板故障", "Out of service\nPanel"),
    "stopping": Text("终端正在关闭", "Shutting down"),
    "emergency": Text("紧急放行,请直接通过", "Emergency: gate is open\nPlease walk through"),
}


def say(language: Language, message: str, values: Mapping[str, str | int]) -> str:
    """The text of a message with its values filled in.

    Raises InternalError for a message that has no text, or for a placeholder that has no value.
    """
    try:
        return TEXTS[message].template(language).format_map({name: _shown(name, values[name]) for name in values})
    except KeyError as error:
        raise InternalError(f"the text {message!r} cannot be shown: {error} is missing") from error


def _shown(name: str, value: str | int) -> str:
    return yuan(Fen(value)) if name.endswith("_fen") and isinstance(value, int) else str(value)
