from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from city import notices
from city.choices import NoticeStanding
from city.moves import history
from city.steps import answer_step
from config.endpoint import endpoint
from households.choices import DeclarationState
from households.deadlines import VerifyDays
from households.forms.zero_households import CertifyForm, DeclareForm
from households.models import Declaration
from households.profiles import members_of
from households.services import declarations as service
from households.verifying import obstacles, verifying_visit
from households.views.filling import Page, fill, posted
from households.views.households import find_household
from households.workflow import DECLARATION


def find_declaration(request, declaration_id):
    visible = Declaration.objects.visible_to(request.posting)
    related = visible.select_related("household__community__parent", "household__grid", "entered_by", "notice__clock")
    return {"declaration": get_object_or_404(related, pk=declaration_id)}


def _address(declaration):
    return reverse("households:declaration", args=[declaration.pk])


@endpoint(["GET", "POST"], "households.declare_households", lookup=find_household)
def declare(request, household):
    """Declares a household to be without work: by one click where the ledger found it, else with what was told."""
    today = timezone.localdate()
    members, _past = members_of(household, today)
    back = reverse("households:household", args=[household.pk])
    page = Page(
        title=_("Declare as without work"),
        back=(back, _("Household %(number)s") % {"number": household.number}),
        send=_("Declare"),
        template="households/declare.html",
        context={"household": household, "members": members},
    )

    def save(form):
        declaration = service.declare(
            household_id=household.pk, by=request.posting, request=request, **form.cleaned_data
        )
        return _address(declaration)

    form = DeclareForm(posted(request), initial={"source": request.GET.get("source", "")})
    return fill(request, form, page, save)


@endpoint(["GET", "POST"], "households.view_episodes", lookup=find_declaration)
def declaration(request, declaration):
    """One declaration: what the ledger says against it, its visit, its public notice, and the steps open to one."""
    if request.method != "POST":
        return _declaration_page(request, declaration, None)
    return answer_step(
        request,
        DECLARATION,
        take=lambda action, version, reason, words: service.take(
            declaration_id=declaration.pk,
            action=action,
            by=request.posting,
            version=version,
            reason=reason,
            words=words,
            request=request,
        ),
        page=lambda refused: _declaration_page(request, declaration, refused),
        back=_address(declaration),
    )


def _declaration_page(request, declaration, refused):
    today = timezone.localdate()
    is_under_way = declaration.state in DeclarationState.UNDER_WAY
    members, _past = members_of(declaration.household, today)
    visit = declaration.visit or verifying_visit(declaration.household_id, declaration.declared_on, today)
    certify = DECLARATION.step_from(declaration.state, "certify")
    return render(
        request,
        "households/declaration.html",
        {
            "declaration": declaration,
            "household": declaration.household,
            "head": members[0].resident.name if members else "",
            "members": members,
            "against": obstacles(declaration.household_id, today) if is_under_way else [],
            "visit": visit,
            "verify_by": VerifyDays(today).of(declaration),
            "is_waiting": declaration.state in (DeclarationState.DECLARED, DeclarationState.RETURNED),
            "is_under_way": is_under_way,
            "steps": DECLARATION.steps_for(declaration, request.posting),
            "steps_url": _address(declaration),
            "refused": refused,
            "may_certify": certify is not None and certify.is_open_to(request.posting),
            "moves": history(declaration, DECLARATION),
            **_notice_context(request, declaration),
        },
    )


def _notice_context(request, declaration):
    notice = declaration.notice
    if notice is None:
        return {"notice": None, "standing": None, "objections": [], "may_answer": False}
    return {
        "notice": notice,
        "standing": notices.standing(notice, timezone.now()),
        "objections": list(notice.objections.order_by("received_at", "pk")),
        "may_answer": request.posting.may(notices.ANSWER),
    }


@endpoint(["GET", "POST"], "households.certify_episodes", lookup=find_declaration)
def certify_declaration(request, declaration):
    """Certifies a household after its public notice has ended, with a card number."""
    standing = notices.standing(declaration.notice, timezone.now()) if declaration.notice else None
    page = Page(
        title=_("Certify as zero-employment household"),
        back=(_address(declaration), str(_("Declaration"))),
        send=_("Certify"),
        template="households/certify_declaration.html",
        context={
            "declaration": declaration,
            "household": declaration.household,
            "notice": declaration.notice,
            "standing": standing,
            "is_ended": standing == NoticeStanding.ENDED,
            "against": obstacles(declaration.household_id, timezone.localdate()),
        },
    )

    def save(form):
        certified = service.take(
            declaration_id=declaration.pk, action="certify", by=request.posting, request=request, **form.cleaned_data
        )
        return reverse("households:episode", args=[certified.episode_id])

    return fill(request, CertifyForm(posted(request), initial={"version": declaration.version}), page, save)
