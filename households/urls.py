from django.urls import path

from households.views.declarations import certify_declaration, declaration, declare
from households.views.duplicates import find_duplicate, merge_residents
from households.views.episodes import confirm_employment, episode
from households.views.hardship import (
    correct_hardship,
    hardship_application,
    hardship_applications,
    hardship_proof,
    propose_hardship,
)
from households.views.households import household
from households.views.labour import cancel_spell, correct_spell, labour_event, take_back_spell
from households.views.moves import (
    cancel_move,
    leave,
    merge_households,
    move_member,
    split_household,
    take_back_move,
)
from households.views.persons import (
    add_certificate,
    check_certificate,
    contact,
    correct_identity,
    end_certificate,
    four_clear,
    household_details,
    household_tag,
    person_details,
    retired_residents,
)
from households.views.register import add_member, ask_transfer, find_member, find_person, register_household
from households.views.residents import resident, residents, reveal_number, reveal_phones
from households.views.transfers import agree_transfer, refuse_transfer, transfers
from households.views.visit_lists import (
    blank_roster,
    community_visits,
    visit_list,
    visit_list_with_phones,
    visits,
)
from households.views.visits import correct_visit, record_visit, visit
from households.views.zero_lists import (
    declarations,
    detected,
    ended_episodes,
    episode_totals,
    episodes,
    may_be_eliminated,
)

app_name = "households"
urlpatterns = [
    path("residents/", residents, name="residents"),
    path("residents/<int:resident_id>/", resident, name="resident"),
    path("residents/<int:resident_id>/number/", reveal_number, name="reveal_number"),
    path("residents/<int:resident_id>/phones/", reveal_phones, name="reveal_phones"),
    path("residents/<int:resident_id>/labour/<slug:event>/", labour_event, name="labour_event"),
    path("residents/<int:resident_id>/move/", move_member, name="move_member"),
    path("residents/<int:resident_id>/leave/", leave, name="leave"),
    path("memberships/<int:membership_id>/cancel/", cancel_move, name="cancel_move"),
    path("memberships/<int:membership_id>/take-back/", take_back_move, name="take_back_move"),
    path("residents/retired/", retired_residents, name="retired_residents"),
    path("residents/<int:resident_id>/four-clear/", four_clear, name="four_clear"),
    path("residents/<int:resident_id>/contact/", contact, name="contact"),
    path("residents/<int:resident_id>/details/", person_details, name="person_details"),
    path("residents/<int:resident_id>/identity/", correct_identity, name="correct_identity"),
    path("residents/<int:resident_id>/certificates/new/", add_certificate, name="add_certificate"),
    path("residents/<int:resident_id>/duplicate/", find_duplicate, name="find_duplicate"),
    path("residents/<int:resident_id>/duplicate/<int:other_id>/", merge_residents, name="merge_residents"),
    path("residents/<int:resident_id>/hardship/", propose_hardship, name="propose_hardship"),
    path("certificates/<int:certificate_id>/check/", check_certificate, name="check_certificate"),
    path("certificates/<int:certificate_id>/end/", end_certificate, name="end_certificate"),
    path("hardship/", hardship_applications, name="hardship_applications"),
    path("hardship/<int:application_id>/", hardship_application, name="hardship_application"),
    path("hardship/<int:application_id>/correct/", correct_hardship, name="correct_hardship"),
    path("hardship/<int:application_id>/proof/", hardship_proof, name="hardship_proof"),
    path("households/<int:household_id>/details/", household_details, name="household_details"),
    path("households/<int:household_id>/programme/", household_tag, name="household_tag"),
    path("register/", find_person, name="find_person"),
    path("register/household/", register_household, name="register_household"),
    path("register/transfer/", ask_transfer, name="ask_transfer"),
    path("households/<int:household_id>/members/find/", find_member, name="find_member"),
    path("households/<int:household_id>/members/new/", add_member, name="add_member"),
    path("households/<int:household_id>/split/", split_household, name="split_household"),
    path("households/<int:household_id>/merge/", merge_households, name="merge_households"),
    path("labour/<int:spell_id>/correct/", correct_spell, name="correct_spell"),
    path("labour/<int:spell_id>/cancel/", cancel_spell, name="cancel_spell"),
    path("labour/<int:spell_id>/take-back/", take_back_spell, name="take_back_spell"),
    path("households/<int:household_id>/", household, name="household"),
    path("households/<int:household_id>/visit/", record_visit, name="record_visit"),
    path("visits/", visits, name="visits"),
    path("visits/at/<slug:code>/", community_visits, name="community_visits"),
    path("visits/at/<slug:code>/list/", visit_list, name="visit_list"),
    path("visits/at/<slug:code>/list/phones/", visit_list_with_phones, name="visit_list_with_phones"),
    path("visits/at/<slug:code>/roster/", blank_roster, name="blank_roster"),
    path("visits/<int:visit_id>/", visit, name="visit"),
    path("visits/<int:visit_id>/correct/", correct_visit, name="correct_visit"),
    path("transfers/", transfers, name="transfers"),
    path("transfers/<int:transfer_id>/agree/", agree_transfer, name="agree_transfer"),
    path("transfers/<int:transfer_id>/refuse/", refuse_transfer, name="refuse_transfer"),
    path("zero-households/", episodes, name="episodes"),
    path("zero-households/declarations/", declarations, name="declarations"),
    path("zero-households/at-work/", may_be_eliminated, name="may_be_eliminated"),
    path("zero-households/found/", detected, name="detected"),
    path("zero-households/ended/", ended_episodes, name="ended_episodes"),
    path("zero-households/totals/", episode_totals, name="episode_totals"),
    path("zero-households/<int:episode_id>/", episode, name="episode"),
    path("zero-households/<int:episode_id>/confirm/", confirm_employment, name="confirm_employment"),
    path("households/<int:household_id>/declare/", declare, name="declare"),
    path("declarations/<int:declaration_id>/", declaration, name="declaration"),
    path("declarations/<int:declaration_id>/certify/", certify_declaration, name="certify_declaration"),
]
