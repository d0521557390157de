"""The columns of the household sheets and the words that stand for stored values."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city.sheets.columns import (
    CellError,
    Column,
    choice,
    choice_column,
    credit_code_column,
    day,
    division_code,
    household_number,
    id_number_column,
    money,
    person_name,
    phone,
    plain,
    several,
    text,
    whole_number,
    yes_no_column,
)
from households.choices import (
    Channel,
    Education,
    HardshipCategory,
    Hukou,
    InactiveReason,
    LabourState,
    LeaveReason,
    Relation,
    Source,
    VisitOutcome,
    VisitWay,
    WithdrawalReason,
)

RELATIONS = {
    "户主": Relation.HEAD.value,
    "配偶": Relation.SPOUSE.value,
    "子女": Relation.CHILD.value,
    "父母": Relation.PARENT.value,
    "其他": Relation.OTHER.value,
}
HUKOU = {"城镇": Hukou.URBAN.value, "农村": Hukou.RURAL.value}
HARDSHIPS = {
    "4050": HardshipCategory.AGE_4050.value,
    "残疾": HardshipCategory.DISABLED.value,
    "低保": HardshipCategory.LOW_INCOME.value,
    "长期失业": HardshipCategory.LONG_TERM.value,
    "零就业家庭": HardshipCategory.ZERO_HOUSEHOLD.value,
    "失地农民": HardshipCategory.LANDLESS.value,
    "特困": HardshipCategory.SPECIAL.value,
    "高校毕业生": HardshipCategory.GRADUATE.value,
    "其他": HardshipCategory.OTHER.value,
}
STATES = {
    "就业": LabourState.EMPLOYED.value,
    "失业": LabourState.UNEMPLOYED.value,
    "不在业": LabourState.INACTIVE.value,
}
INACTIVE_REASONS = {
    "在校": InactiveReason.STUDENT.value,
    "服役": InactiveReason.SERVING.value,
    "无劳动能力": InactiveReason.UNABLE.value,
    "无就业意愿": InactiveReason.UNWILLING.value,
    "退休": InactiveReason.RETIRED.value,
    "其他": InactiveReason.OTHER.value,
}
CHANNELS = {
    "单位就业": Channel.EMPLOYER.value,
    "灵活就业": Channel.FLEXIBLE.value,
    "自主创业": Channel.SELF_EMPLOYED.value,
    "公益性岗位": Channel.WELFARE_POST.value,
    "劳务派遣": Channel.DISPATCH.value,
    "劳务输出": Channel.EXPORT.value,
}
SOURCES = {
    "入户": Source.VISIT.value,
    "电话": Source.PHONE.value,
    "社保比对": Source.MATCH.value,
    "楼道": Source.BUILDING.value,
    "名册": Source.ROSTER.value,
}
LEAVE_REASONS = {
    "迁出": LeaveReason.MOVED.value,
    "死亡": LeaveReason.DIED.value,
    "失联": LeaveReason.LOST.value,
    "其他": LeaveReason.OTHER.value,
}
OUTCOMES = {
    "完成": VisitOutcome.COMPLETED.value,
    "无人": VisitOutcome.NOBODY_IN.value,
    "拒访": VisitOutcome.REFUSED.value,
    "搬离": VisitOutcome.MOVED.value,
}
WAYS = {"入户": VisitWay.DOOR.value, "电话": VisitWay.PHONE.value, "窗口": VisitWay.WINDOW.value}

#: Offices write levels of schooling in many words; the first that is found in the cell decides.
_EDUCATION = (
    (("博士", "硕士", "研究生", "本科"), Education.UNIVERSITY.value),
    (("大专", "专科", "高职", "高专"), Education.COLLEGE.value),
    (("大学",), Education.UNIVERSITY.value),
    (("中专", "中职", "职高", "职业", "技校", "技工"), Education.VOCATIONAL.value),
    (("高中",), Education.SENIOR.value),
    (("初中",), Education.JUNIOR.value),
    (("小学", "文盲", "识字", "学前", "幼儿", "未上学", "无"), Education.PRIMARY.value),
)
EDUCATION_WORDS = ("小学", "初中", "高中", "中专", "大专", "本科")

#: 退出原因 is free text in the ledgers of the stations.
_WITHDRAWALS = (
    (("搬", "迁"), WithdrawalReason.MOVED.value),
    (("拒",), WithdrawalReason.REFUSED.value),
    (("失联", "联系不上", "无法联系"), WithdrawalReason.UNREACHABLE.value),
    (("无劳动", "无就业", "无成员", "退休", "无人"), WithdrawalReason.NO_MEMBER.value),
    (("收入", "经营", "投资"), WithdrawalReason.INCOME.value),
    (("解散", "离婚", "分户", "销户", "死亡"), WithdrawalReason.DISSOLVED.value),
)


def education(value):
    written = plain(value)
    for words, stored in _EDUCATION:
        if any(word in written for word in words):
            return stored
    raise CellError(_("Choose one of: %(words)s.") % {"words": "、".join(EDUCATION_WORDS)})


def withdrawal_reason(value):
    written = text(100)(value)
    for words, stored in _WITHDRAWALS:
        if any(word in written for word in words):
            return stored
    return WithdrawalReason.OTHER.value


def _household_columns():
    return (
        Column("社区代码", division_code, required=True, help=gettext_lazy("12 digits")),
        Column(
            "户号",
            household_number,
            required=True,
            help=gettext_lazy("unique within the community; leading zeros do not count"),
        ),
    )


ROSTER = (
    *_household_columns(),
    choice_column("与户主关系", RELATIONS, required=True),
    Column("姓名", person_name, required=True),
    id_number_column(required=True, help=gettext_lazy("as text; the birth date must not lie in the future")),
    Column("网格", text(60)),
    choice_column("户籍性质", HUKOU),
    Column("文化程度", education, choices=EDUCATION_WORDS),
    Column("住址", text(200)),
    Column("联系电话", phone, repeats=False),
    yes_no_column("低保", help=gettext_lazy("of the household, from the day of the sheet")),
    yes_no_column("失地农民"),
    Column("征地日期", day),
    Column("女性退休类别", choice({"50": 50, "55": 55}), choices=("50", "55"), help=gettext_lazy("women only")),
    Column(
        "困难类型",
        several(HARDSHIPS),
        choices=tuple(HARDSHIPS),
        help=gettext_lazy("several are separated by 、; an empty cell changes nothing"),
    ),
    Column("困难认定日期", day, help=gettext_lazy("required with 困难类型")),
    choice_column("就业状态", STATES, help=gettext_lazy("empty: not surveyed, nothing changes")),
    Column("状态起始日期", day, help=gettext_lazy("required with 就业状态")),
    choice_column("未就业原因", INACTIVE_REASONS, help=gettext_lazy("with 不在业; empty means 其他")),
    choice_column("就业渠道", CHANNELS, help=gettext_lazy("with 就业")),
    Column("就业单位", text(120), help=gettext_lazy("with 就业")),
    credit_code_column(help=gettext_lazy("with 就业; as text")),
    Column("合同月数", whole_number(1200), help=gettext_lazy("with 就业")),
    Column("月收入", money, help=gettext_lazy("with 就业; yuan, at most two decimals")),
    yes_no_column("参保", help=gettext_lazy("with 就业")),
    Column("失业登记日期", day, help=gettext_lazy("before 状态起始日期 when the state is 就业 or 不在业")),
    choice_column("信息来源", SOURCES, help=gettext_lazy("empty: 名册")),
    Column("核实日期", day, help=gettext_lazy("confirms the state; empty: 状态起始日期")),
    Column("离开日期", day, help=gettext_lazy("not a resident from that day on; with 离开原因")),
    choice_column("离开原因", LEAVE_REASONS, help=gettext_lazy("with 离开日期")),
)

ZERO_HOUSEHOLDS = (
    *_household_columns(),
    Column("认定日期", day, required=True),
    Column("卡号", text(40)),
    Column("消除日期", day, help=gettext_lazy("not together with 退出日期")),
    Column("退出日期", day),
    Column("退出原因", withdrawal_reason, help=gettext_lazy("with 退出日期; empty: 其他")),
)

VISITS = (
    *_household_columns(),
    Column("走访日期", day, required=True, help=gettext_lazy("not after the day of the sheet")),
    choice_column("结果", OUTCOMES, required=True),
    choice_column("方式", WAYS, help=gettext_lazy("empty: 入户")),
    Column("走访人", text(60)),
    yes_no_column("情况无变化", help=gettext_lazy("是 with 完成 confirms the state of every member on that day")),
    Column("备注", text(1000)),
)
