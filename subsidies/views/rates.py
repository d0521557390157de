"""Rates: the list, one with its document and history, a new one, and its signature by somebody else."""

from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from assistance.views.submitting import submit
from city.moves import history
from city.steps import answer_step
from config.endpoint import endpoint
from config.paging import paginate
from subsidies.choices import RateState
from subsidies.explaining import rate_in_words
from subsidies.forms.rates import RateFilter, RateForm
from subsidies.models import Rate
from subsidies.services import rates as service
from subsidies.workflow import RATE


def find_rate(request, rate_id):
    visible = Rate.objects.visible_to(request.posting).select_related("area", "document")
    return {"rate": get_object_or_404(visible, pk=rate_id)}


@endpoint(["GET"], "subsidies.view_rates")
def rates(request):
    """Rates that hold in the posting's area, the latest first."""
    form = RateFilter(request.GET)
    visible = Rate.objects.visible_to(request.posting)
    page = paginate(
        form.apply(visible).select_related("area", "document"), by=("-pk",), cursor=request.GET.get("cursor", "")
    )
    context = {
        "form": form,
        "page": page,
        "rows": [(rate, rate_in_words(rate)) for rate in page.rows],
        "to_sign": visible.filter(state=RateState.PROPOSED).count(),
        "may_set": request.posting.may(service.SET),
    }
    return render(request, "subsidies/rates.html", context)


@endpoint(["GET"], "subsidies.view_rates", lookup=find_rate)
def rate(request, rate):
    """One rate: what it pays whom on which document, and who proposed and signed it."""
    return _rate_page(request, rate)


def _rate_page(request, rate, refused=None):
    context = {
        "rate": rate,
        "in_words": rate_in_words(rate),
        "steps": RATE.steps_for(rate, request.posting),
        "steps_url": reverse("subsidies:rate_step", args=[rate.pk]),
        "moves": history(rate, RATE),
        "refused": refused,
    }
    return render(request, "subsidies/rate.html", context)


@endpoint(["GET", "POST"], "subsidies.set_rates")
def propose_rate(request):
    """A new rate, for another member of the city office to sign."""
    form = RateForm(request.POST or None, posting=request.posting)
    made = []

    def work(sent):
        made.append(
            service.propose(
                values=form.values,
                document_number=sent["document_number"],
                document_title=sent["document_title"],
                by=request.posting,
                request=request,
            )
        )

    def page():
        return render(request, "subsidies/propose_rate.html", {"form": form})

    if request.method != "POST":
        return page()
    return submit(request, form, work=work, page=page, back=lambda: reverse("subsidies:rate", args=[made[0].pk]))


@endpoint(["POST"], "subsidies.view_rates", lookup=find_rate)
def rate_step(request, rate):
    def take(action, version, reason, words):
        service.decide(
            rate_id=rate.pk, action=action, version=version, by=request.posting, words=words, request=request
        )

    return answer_step(
        request,
        RATE,
        take=take,
        page=lambda refused: _rate_page(request, rate, refused),
        back=reverse("subsidies:rate", args=[rate.pk]),
    )
