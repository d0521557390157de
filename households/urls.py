from django.urls import path

from households.views.households import household
from households.views.residents import resident, residents, reveal_number
from households.views.transfers import agree_transfer, refuse_transfer, transfers

app_name = "households"
urlpatterns = [
    path("residents/", residents, name="residents"),
    path("residents/<int:resident_id>/", resident, name="resident"),
    path("residents/<int:resident_id>/number/", reveal_number, name="reveal_number"),
    path("households/<int:household_id>/", household, name="household"),
    path("transfers/", transfers, name="transfers"),
    path("transfers/<int:transfer_id>/agree/", agree_transfer, name="agree_transfer"),
    path("transfers/<int:transfer_id>/refuse/", refuse_transfer, name="refuse_transfer"),
]
