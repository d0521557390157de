import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from config.endpoint import endpoint


class Posting:
    def __init__(self, *permissions):
        self.permissions = permissions

    def may(self, permission):
        return permission in self.permissions


def find_claim(request, claim_id):
    if claim_id != 1:
        raise Http404
    return {"claim": "the first claim"}


@endpoint(methods=["GET", "POST"], permission="subsidies.decide_claim", lookup=find_claim)
def decide_claim(request, claim):
    return HttpResponse(claim)


def ask(rf, *permissions, claim_id=1, method="get"):
    request = getattr(rf, method)("/")
    request.posting = Posting(*permissions)
    return decide_claim(request, claim_id=claim_id)


def test_the_header_can_be_read_from_the_view():
    assert decide_claim.methods == ("GET", "POST", "HEAD")
    assert decide_claim.permission == "subsidies.decide_claim"


def test_the_view_gets_the_object_in_place_of_its_id(rf):
    assert ask(rf, "subsidies.decide_claim").content == b"the first claim"


def test_without_the_right_the_view_is_forbidden(rf):
    with pytest.raises(PermissionDenied):
        ask(rf, "subsidies.view_claim")


@pytest.mark.parametrize("method", ["get", "post", "delete"])
@pytest.mark.parametrize("permissions", [[], ["subsidies.decide_claim"]])
def test_outside_the_area_is_not_found_before_anything_else(rf, permissions, method):
    with pytest.raises(Http404):
        ask(rf, *permissions, claim_id=2, method=method)


def test_another_method_is_not_allowed(rf):
    answer = ask(rf, "subsidies.decide_claim", method="delete")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, POST, HEAD"


def test_without_a_posting_a_permission_is_refused(rf):
    request = rf.get("/")
    request.posting = None
    with pytest.raises(PermissionDenied):
        decide_claim(request, claim_id=1)


def test_only_a_public_view_is_open():
    assert getattr(decide_claim, "login_required", True)
    assert not endpoint(methods=["GET"], public=True)(lambda request: None).login_required
