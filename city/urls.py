from django.urls import path

from city.views.files import download_file
from city.views.home import home
from city.views.postings import switch_posting
from city.views.runs import run, runs
from city.views.sheets import commit_sheet, drop_sheet, sheet, sheet_template, sheets, undo_sheet, upload_sheet
from city.views.trail import trail

app_name = "city"
urlpatterns = [
    path("", home, name="home"),
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
    path("postings/switch/", switch_posting, name="switch_posting"),
]
