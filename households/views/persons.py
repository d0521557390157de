"""What is known of a person or a household besides home and work, one form each."""

from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from city import drafts
from config.endpoint import endpoint
from config.paging import paginate
from households.choices import Source
from households.forms import persons as forms
from households.ledger import LedgerRefused
from households.models import Certificate, ContactDetails, Resident
from households.profiles import profiles_on
from households.retired import retired_on
from households.services import persons
from households.views.filling import Page, fill, posted
from households.views.households import find_household, home_of
from households.views.labour import file_of
from households.views.residents import find_resident

FOUR_CLEAR_DRAFT = "four-clear"


def find_certificate(request, certificate_id):
    visible = Certificate.objects.visible_to(request.posting).select_related("resident")
    return {"certificate": get_object_or_404(visible, pk=certificate_id)}


def _values_of(form_class, row):
    """What is on file, numbers left out."""
    kept = getattr(form_class, "kept", ())
    names = [name for name in form_class.base_fields if name not in kept and hasattr(row, name)]
    return {name: getattr(row, name) for name in names}


@endpoint(["GET", "POST"], "households.edit_register", lookup=find_resident)
def four_clear(request, resident):
    """Opens with what is known, so that only what is new is typed."""
    latest = resident.four_clear.order_by("noted_on").last()
    initial = _values_of(forms.FourClearForm, latest) | {"noted_on": timezone.localdate(), "source": Source.VISIT}
    form = forms.FourClearForm(posted(request), initial=initial)
    page = Page(
        title=_("Four facts"),
        lead=_("Family, cause, work wish, training wish. What is not known stays empty."),
        back=file_of(resident),
        send=_("Save"),
        draft=drafts.load(request.posting, FOUR_CLEAR_DRAFT, resident.pk),
    )

    def save(form):
        persons.note_four_clear(resident_id=resident.pk, by=request.posting, request=request, **form.cleaned_data)

    return fill(request, form, page, save)


@endpoint(["GET", "POST"], "households.edit_register", lookup=find_resident)
def contact(request, resident):
    row = ContactDetails.objects.filter(resident=resident).first()
    form = forms.ContactForm(posted(request), initial=_values_of(forms.ContactForm, row))
    page = Page(title=_("Addresses and contact"), back=file_of(resident), send=_("Save"))

    def save(form):
        persons.save_contact(resident_id=resident.pk, by=request.posting, request=request, **form.terms())

    return fill(request, form, page, save)


@endpoint(["GET", "POST"], "households.edit_register", lookup=find_resident)
def person_details(request, resident):
    initial = _values_of(forms.DetailsForm, resident)
    form = forms.DetailsForm(posted(request), resident=resident, initial=initial)
    page = Page(title=_("Personal details"), back=file_of(resident), send=_("Save"))

    def save(form):
        persons.save_details(resident_id=resident.pk, by=request.posting, request=request, **form.terms())

    return fill(request, form, page, save)


@endpoint(["GET", "POST"], "households.correct_identity", lookup=find_resident)
def correct_identity(request, resident):
    """A name or number entered wrongly; a person entered twice is another matter."""
    initial = _values_of(forms.IdentityForm, resident) | {"id_number": ""}
    form = forms.IdentityForm(posted(request), resident=resident, initial=initial)
    page = Page(
        title=_("Correct name or ID number"),
        lead=_(
            "For what was entered wrongly. Birth date, sex and working age follow from the number, "
            "and the figures of past days count anew."
        ),
        back=file_of(resident),
        send=_("Correct"),
    )

    def save(form):
        persons.correct_identity(resident_id=resident.pk, by=request.posting, request=request, **form.cleaned_data)

    return fill(request, form, page, save)


@endpoint(["GET", "POST"], "households.edit_register", lookup=find_resident)
def add_certificate(request, resident):
    form = forms.CertificateForm(posted(request))
    page = Page(title=_("Enter a certificate"), back=file_of(resident), send=_("Save"))

    def save(form):
        persons.add_certificate(resident_id=resident.pk, by=request.posting, request=request, **form.cleaned_data)

    return fill(request, form, page, save)


@endpoint(["GET", "POST"], "households.edit_register", lookup=find_certificate)
def check_certificate(request, certificate):
    form = forms.CheckForm(posted(request))
    page = Page(
        title=_("Annual check"), lead=str(certificate), back=file_of(certificate.resident), send=_("Save the check")
    )

    def save(form):
        persons.check_certificate(
            certificate_id=certificate.pk, by=request.posting, request=request, **form.cleaned_data
        )

    return fill(request, form, page, save)


@endpoint(["GET", "POST"], "households.edit_register", lookup=find_certificate)
def end_certificate(request, certificate):
    form = forms.EndCertificateForm(posted(request))
    page = Page(
        title=_("End the certificate"),
        lead=str(certificate),
        back=file_of(certificate.resident),
        send=_("End it"),
        danger=True,
    )

    def save(form):
        persons.end_certificate(
            certificate_id=certificate.pk, by=request.posting, request=request, **form.cleaned_data
        )

    return fill(request, form, page, save)


@endpoint(["GET", "POST"], "households.edit_register", lookup=find_household)
def household_details(request, household):
    initial = {"address": household.address, "grid": household.grid_id}
    form = forms.HouseholdDetailsForm(posted(request), community=household.community, initial=initial)
    page = Page(title=_("Household details"), back=home_of(household), send=_("Save"))

    def save(form):
        persons.save_household(household_id=household.pk, by=request.posting, request=request, **form.cleaned_data)

    return fill(request, form, page, save)


@endpoint(["GET", "POST"], "households.edit_register", lookup=find_household)
def household_tag(request, household):
    form = forms.TagForm(posted(request))
    page = Page(
        title=_("Programme"),
        lead=_("The baseline survey, a return from a shanty town … figures of the programme count who bears its tag."),
        back=home_of(household),
        send=_("Save"),
    )

    def save(form):
        told = dict(form.cleaned_data)
        terms = {"household_id": household.pk, "kind": told["kind"], "by": request.posting, "request": request}
        if not told["belongs"]:
            persons.untag_household(**terms)
        elif not told["started_on"]:
            raise LedgerRefused("started_on", _("Give the day."))
        else:
            persons.tag_household(started_on=told["started_on"], **terms)

    return fill(request, form, page, save)


@endpoint(["GET"], "households.view_residents")
def retired_residents(request):
    """Who is retired in the area; the printed ledger L14 holds the same persons."""
    today = timezone.localdate()
    form = forms.RetiredFilter(request.GET)
    page = paginate(
        form.apply(retired_on(Resident.objects.visible_to(request.posting), today)),
        by=("name", "pk"),
        cursor=request.GET.get("cursor", ""),
    )
    contacts = {row.pk: row for row in ContactDetails.objects.filter(resident__in=[one.pk for one in page.rows])}
    nothing = ContactDetails()
    rows = [(profile, contacts.get(profile.resident.pk, nothing)) for profile in profiles_on(page.rows, today)]
    context = {"form": form, "page": page, "rows": rows, "today": today}
    return render(request, "households/retired_residents.html", context)
