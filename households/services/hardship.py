"""Hardship certification in two steps: the station proposes with a proof, the street decides or sends back."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from city import files
from city.models import StoredFile
from city.moves import NotAllowed, StepRefused, begin, move
from city.trail import acting
from households.choices import HardshipCategory
from households.hardship import is_old_enough, terms_of
from households.ledger import LedgerRefused
from households.models import HardshipApplication, HardshipCertification, Resident
from households.workflow import HARDSHIP


def propose(*, resident_id, proposal, by, request=None):
    """Begin an application. Raises LedgerRefused at its field, NotAllowed for who may not propose."""
    if not HARDSHIP.step_from("", "propose").is_open_to(by):
        raise NotAllowed
    today = timezone.localdate()
    with acting(posting=by, reason=_("Hardship certification proposed"), request=request):
        resident = Resident.objects.select_for_update(of=("self",)).select_related("community").get(pk=resident_id)
        _check_area(resident, by)
        _check(resident, proposal, today)
        application = HardshipApplication(
            resident=resident,
            category=proposal.category,
            proof=proposal.proof,
            proof_words=proposal.proof_words,
            proof_file=_stored(proposal.upload, by),
            valid_until=proposal.valid_until,
            proposed_on=today,
            proposed_by=by.staff,
        )
        try:
            with transaction.atomic():
                return begin(application, workflow=HARDSHIP, by=by, action="propose", request=request)
        except IntegrityError:
            raise LedgerRefused("category", _("An application for this category is under way already.")) from None


def correct(*, application_id, proposal, by, version, request=None):
    """Put right what the street sent back and send it again. Another category is another application."""
    with acting(posting=by, reason=_("Hardship certification sent again"), request=request):
        application = _held(application_id, by)
        step = HARDSHIP.step_from(application.state, "correct")
        if step and step.is_open_to(by):
            _check(application.resident, proposal, timezone.localdate())
        old = application.proof_file
        fields = {"proof": proposal.proof, "proof_words": proposal.proof_words, "valid_until": proposal.valid_until}
        if proposal.upload:
            fields["proof_file"] = _stored(proposal.upload, by)
        moved = move(application, "correct", workflow=HARDSHIP, by=by, version=version, request=request, **fields)
        if proposal.upload and old:
            files.discard(old)
        return moved


def decide(*, application_id, action, by, version, reason="", words="", request=None):
    """The street's step: certify, send back or refuse. Certifying writes the certification, valid as was proposed."""
    today = timezone.localdate()
    with acting(posting=by, reason=_("Hardship certification decided"), request=request):
        application = _held(application_id, by)
        if action == "correct":
            raise StepRefused("action", _("This step has a form of its own."))
        application = move(
            application,
            action,
            workflow=HARDSHIP,
            by=by,
            version=version,
            reason=reason,
            words=words,
            request=request,
        )
        if action == "certify":
            if application.valid_until and application.valid_until < today:
                raise StepRefused("action", _("The validity that was proposed is over: send it back."))
            _certify(application, today)
        return application


def _certify(application, today):
    application.certification, _new = HardshipCertification.objects.get_or_create(
        resident=application.resident,
        category=application.category,
        certified_on=today,
        defaults={"ended_on": application.valid_until},
    )
    application.save(update_fields=["certification"])


def _held(application_id, by):
    applications = HardshipApplication.objects.select_for_update(of=("self",))
    application = applications.select_related("resident__community", "proof_file").get(pk=application_id)
    _check_area(application.resident, by)
    return application


def _check_area(resident, by):
    if not Resident.objects.visible_to(by).filter(pk=resident.pk).exists():
        raise NotAllowed


def _check(resident, proposal, today):
    terms = terms_of(resident.community, today)
    if proposal.category not in terms.categories:
        raise LedgerRefused("category", _("This category is not certified here."))
    if proposal.proof not in terms.proofs.get(proposal.category, ()):
        raise LedgerRefused("proof", _("This category asks for another proof."))
    if proposal.valid_until and proposal.valid_until < today:
        raise LedgerRefused("valid_until", _("The validity must not be over already."))
    if not resident.works_from <= today < resident.retires_on:
        raise LedgerRefused("category", _("Only people of working age are certified."))
    if proposal.category == HardshipCategory.AGE_4050 and not is_old_enough(resident, terms, today):
        raise LedgerRefused("category", _("Not old enough yet for 4050."))
    lasting = resident.hardship_certifications.in_force_on(today).filter(category=proposal.category, ended_on=None)
    if lasting.exists():
        raise LedgerRefused("category", _("Certified for this category already, without an end."))


def _stored(upload, by) -> StoredFile | None:
    if not upload:
        return None
    name, content = upload
    return files.store(name, content, content_type=files.proof_type(content), posting=by)
