"""Who listens to what lower apps tell, in the order in which they hear it: the order of the arrow."""

from city import facts

LISTENERS = {
    "JobConfirmed": ["assistance.services.told.place_confirmed"],
    "JobEnded": ["assistance.services.told.note_job_ended", "placements.services.placements.note_job_ended"],
    "PersonLeft": ["assistance.services.told.lapse_left", "placements.services.placements.note_person_left"],
    "CaseWanted": ["assistance.services.told.open_wanted"],
    "ReferralAnswered": ["placements.services.offers.release_refused"],
}


def test_everybody_who_listens_is_in_this_table():
    assert facts.table() == LISTENERS
