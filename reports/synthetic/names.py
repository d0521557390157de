"""Names for persons, places and employers, put together from common characters."""

_SURNAMES = (
    "王李张刘陈杨黄赵周吴" * 4
    + "徐孙马朱胡郭何林高罗" * 2
    + "郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕"
    + "丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷"
)
_MEN = (
    "伟强磊军勇涛明超刚平辉鹏杰鑫波斌宇浩凯健俊帆飞翔龙海江林峰松"
    "柏志建国庆华文武荣贵福根兴旺德顺祥瑞泽晨轩博睿哲远航毅"
)
_WOMEN = (
    "芳娜敏静丽艳娟霞秀英玲桂兰梅琴云莲珍红燕萍雪倩婷洁慧莉颖琳丹晶欣怡雯佳瑶梦琪璐萱妍娇蕾蓉菊凤银巧素月香翠美春秋"
)
_FIRST_OF_TWO = "志建国文晓小玉春秋永新海金家俊子思雨佳嘉一宏光景少振世立长德天"

DISTRICTS = ("青湖区", "望江区", "云溪区", "东塘区", "兰浦区", "澄源区", "桐岭区", "临泽区", "双溪县", "枫山市")
CITY = "青澜市"
_PLACE_FIRST = "望江清云碧翠金银长安永和新兴东西南北锦绣文星月明玉兰桂荷枫桐柳松"
_PLACE_SECOND = "江溪湖塘桥浦湾岭峰园苑庄亭渡泉洲"
_TRADES = (
    "服装",
    "物业服务",
    "电子",
    "餐饮",
    "家政",
    "建材",
    "五金",
    "食品",
    "物流",
    "保洁",
    "园林",
    "纺织",
    "百货",
    "机械",
)


def surname(stream):
    return stream.one_of(_SURNAMES)


def given_name(stream, sex):
    characters = _MEN if sex == "male" else _WOMEN
    if stream.chance(0.25):
        return stream.one_of(characters)
    first = stream.one_of(_FIRST_OF_TWO if stream.chance(0.5) else characters)
    return first + stream.one_of(characters)


def place_names():
    """Every two-character place name, in an order that does not run through one character after the other."""
    first, second = len(_PLACE_FIRST), len(_PLACE_SECOND)
    return [
        _PLACE_FIRST[(i * 7 + i // first) % first] + _PLACE_SECOND[(i * 5 + i // first) % second]
        for i in range(first * second)
    ]


def employer_name(stream, place):
    return f"{place}{stream.one_of(_PLACE_FIRST)}{stream.one_of(_PLACE_SECOND)}{stream.one_of(_TRADES)}有限公司"
