from django.urls import path

from city.views.desk import reviews, today
from city.views.drafts import drop_draft, save_draft
from city.views.files import download_file
from city.views.findings import accept_finding, finding, findings, move_finding
from city.views.home import home
from city.views.notices import notice, notices, object_to_notice, objection
from city.views.paper import ledgers, print_form
from city.views.passwords import change_password, password
from city.views.postings import switch_posting
from city.views.runs import run, runs
from city.views.sheets import commit_sheet, drop_sheet, sheet, sheet_template, sheets, undo_sheet, upload_sheet
from city.views.trail import trail

app_name = "city"
urlpatterns = [
    path("", home, name="home"),
    path("today/", today, name="today"),
    path("reviews/", reviews, name="reviews"),
    path("drafts/<slug:form>/<slug:key>/", save_draft, name="save_draft"),
    path("drafts/<slug:form>/<slug:key>/drop/", drop_draft, name="drop_draft"),
    path("notices/", notices, name="notices"),
    path("notices/<int:notice_id>/", notice, name="notice"),
    path("notices/<int:notice_id>/object/", object_to_notice, name="object_to_notice"),
    path("objections/<int:objection_id>/", objection, name="objection"),
    path("ledgers/", ledgers, name="ledgers"),
    path("paper/<slug:form>/<int:key>/", print_form, name="print_form"),
    path("findings/", findings, name="findings"),
    path("findings/<int:finding_id>/", finding, name="finding"),
    path("findings/<int:finding_id>/move/", move_finding, name="move_finding"),
    path("findings/<int:finding_id>/accept/", accept_finding, name="accept_finding"),
    path("runs/", runs, name="runs"),
    path("runs/<int:run_id>/", run, name="run"),
    path("sheets/", sheets, name="sheets"),
    path("sheets/upload/", upload_sheet, name="upload_sheet"),
    path("sheets/templates/<slug:kind>/", sheet_template, name="sheet_template"),
    path("sheets/<int:sheet_id>/", sheet, name="sheet"),
    path("sheets/<int:sheet_id>/commit/", commit_sheet, name="commit_sheet"),
    path("sheets/<int:sheet_id>/drop/", drop_sheet, name="drop_sheet"),
    path("sheets/<int:sheet_id>/undo/", undo_sheet, name="undo_sheet"),
    path("trail/", trail, name="trail"),
    path("files/<uuid:stored_as>/", download_file, name="download_file"),
    path("accounts/password/", password, name="password"),
    path("accounts/password/change/", change_password, name="change_password"),
    path("postings/switch/", switch_posting, name="switch_posting"),
]
