"""Invented names of people and enterprises; every enterprise's name says 示例."""

from deploy.local.county.chance import Chance

_RARE = ("𠮷", "㛃", "䶮", "昇", "堃")
_MINORITY = (
    "阿卜杜拉·买买提", "古丽娜尔·艾山", "买买提江·吐尔逊", "扎西·次仁", "卓玛·央金",
    "巴特尔·额尔敦", "阿依古丽·库尔班", "其其格·乌云",
)  # fmt: skip
_FIRST = "宏恒瑞泰永同金鑫华中新创联顺荣盛德信达远"
_SECOND = "达丰源昌盛兴隆康利和信诚通润泽洋晟腾捷锐"
_TRADES = (
    "轴承", "机械", "制冷配件", "纺织", "茶业", "医药", "电子", "塑业", "五金", "包装", "物流",
    "建设工程", "食品", "新材料", "自动化设备", "汽车零部件", "针织", "家居", "环保科技", "软件",
)  # fmt: skip
_RARE_SHARE, _MINORITY_SHARE = 0.003, 0.004


def person(chance: Chance) -> str:
    """Some with rare characters, some with the middle dot, as every roster has them."""
    if chance.happens(_MINORITY_SHARE):
        return chance.pick(_MINORITY)
    name = chance.fake.name()
    return name[0] + chance.pick(_RARE) if chance.happens(_RARE_SHARE) else name


def firms(chance: Chance, place: str, count: int) -> list[str]:
    """Short names, each once: 宏达示例轴承 …"""
    names = [f"{a}{b}示例{t}" for a in _FIRST for b in _SECOND if a != b for t in _TRADES]
    return [f"{place}{name}" for name in chance.some(names, count)]
