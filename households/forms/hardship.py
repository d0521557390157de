"""The application for a hardship certification, with the scanned proof."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city import files
from households.choices import HardshipApplicationState, HardshipCategory, ProofKind
from households.forms.fields import DayField, DeskForm, choice_field, words_field
from households.hardship import Proposal


class ProofField(forms.FileField):
    """A scan or a photo of a paper, judged by its content; cleaned to (name, bytes) or None."""

    def __init__(self, **kwargs):
        widget = forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"})
        super().__init__(max_length=200, required=False, widget=widget, **kwargs)

    def clean(self, data, initial=None):
        sent = super().clean(data, initial)
        if not sent:
            return None
        if sent.size > files.PROOF_MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 10 MB."))
        content = sent.read()
        if files.proof_type(content) is None:
            raise forms.ValidationError(_("Only PDF, JPEG and PNG are taken; the content decides, not the name."))
        return sent.name, content


class HardshipForm(DeskForm):
    """`terms` are the area's: which categories there are and what each asks for. Sent back, the category stays."""

    wide = ("proof", "proof_words")
    category = choice_field(gettext_lazy("Category"), HardshipCategory.choices)
    proof = choice_field(gettext_lazy("Proof"), ProofKind.choices)
    proof_words = words_field(gettext_lazy("Proof in words"), 200)
    valid_until = DayField(
        label=gettext_lazy("Valid until"), required=False, help_text=gettext_lazy("Empty: without an end.")
    )
    proof_file = ProofField(
        label=gettext_lazy("Scan or photo of the proof"), help_text=gettext_lazy("PDF, JPEG or PNG, up to 10 MB")
    )

    def __init__(self, *args, terms, category=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.terms, self.category = terms, category
        if category:
            del self.fields["category"]
        else:
            labels = dict(HardshipCategory.choices)
            allowed = [(one, labels[one]) for one in terms.categories if one in labels]
            self.fields["category"].choices = [self.fields["category"].choices[0], *allowed]
        self.fields["proof"].help_text = self._proofs_in_words()

    def _proofs_in_words(self):
        """What each category asks for; of one category alone its own."""
        kinds, labels = dict(HardshipCategory.choices), dict(ProofKind.choices)
        asked = {
            category: " / ".join(str(labels[one]) for one in proofs if one in labels)
            for category, proofs in self.terms.proofs.items()
            if category in self.terms.categories and category in kinds
        }
        if self.category:
            return asked.get(self.category, "")
        return "；".join(f"{kinds[category]}：{words}" for category, words in asked.items())

    def clean(self):
        told = super().clean()
        category, proof = self.category or told.get("category"), told.get("proof")
        if category and proof and proof not in self.terms.proofs.get(category, ()):
            self.add_error("proof", _("This category asks for another proof."))
        return told

    def proposal(self):
        told = dict(self.cleaned_data)
        upload = told.pop("proof_file")
        return Proposal(**{"category": self.category, **told}, upload=upload)


class CorrectHardshipForm(HardshipForm):
    """The same without the category; `version` tells a page that is behind."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class ApplicationFilter(DeskForm):
    state = choice_field(
        gettext_lazy("State"), HardshipApplicationState.choices, empty=("", gettext_lazy("All")), required=False
    )
    category = choice_field(
        gettext_lazy("Category"), HardshipCategory.choices, empty=("", gettext_lazy("All")), required=False
    )

    def apply(self, applications):
        if not self.is_valid():
            return applications
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        return applications.filter(**asked)

    @property
    def active(self):
        return sum(bool(value) for value in self.cleaned_data.values()) if self.is_valid() else 0
