from django.urls import path

from reports.views.judgements import judge
from reports.views.listing import export_board, export_listing, listing
from reports.views.quarter import chart, quarter
from reports.views.rulesets import rules, ruleset, rulesets
from reports.views.status import area_status, board

app_name = "reports"
urlpatterns = [
    path("status/", board, name="board"),
    path("status/export/", export_board, name="export_board"),
    path("status/<str:code>/", area_status, name="area_status"),
    path("status/<str:code>/judge/<slug:manual>/", judge, name="judge"),
    path("status/<str:code>/<slug:indicator>/<slug:part>/", listing, name="listing"),
    path("status/<str:code>/<slug:indicator>/<slug:part>/export/", export_listing, name="export_listing"),
    path("rulesets/", rulesets, name="rulesets"),
    path("rulesets/<int:ruleset_id>/", ruleset, name="ruleset"),
    path("rules/", rules, name="rules"),
    path("quarter/", quarter, name="quarter"),
    path("charts/<slug:digest>.svg", chart, name="chart"),
]
