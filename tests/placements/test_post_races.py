"""The last open post and fifty stations that want it at once, with the guard and without."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from city import moves
from city.models import Move, Posting
from city.trail import acting
from config.conflict import Conflict
from placements.models import Post
from placements.services import posts
from tests.placements.post_desk import another, make_post_desk, open_posts

STATIONS = 50


def unguarded(item, action, *, workflow, by, version, request=None, **fields):
    """What `city.moves.move` would be without its conditional update: whoever saw it open writes."""
    fields["state"] = workflow.step_from(item.state, action).target
    type(item)._base_manager.filter(pk=item.pk).update(version=version + 1, **fields)
    moves._note(workflow, item, action, item.state, by)
    return item


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_the_last_post_is_reserved_by_one_of_fifty(monkeypatch, guarded):
    with acting(reason="test"):
        desk = make_post_desk()
        (post,) = open_posts(desk)
        people = [another(desk).pk for _number in range(STATIONS)]
    together = Barrier(STATIONS)
    real = posts.move if guarded else unguarded

    def slowly(*args, **kwargs):
        """Everybody who found the post open waits here for the others."""
        together.wait(timeout=60)
        return real(*args, **kwargs)

    monkeypatch.setattr(posts, "move", slowly)

    def want(resident_id):
        try:
            by = Posting.objects.select_related("area", "staff").get(pk=desk.clerk.pk)
            with transaction.atomic():
                posts.reserve(post_id=post.pk, resident_id=resident_id, by=by)
        except Conflict as conflict:
            return conflict
        finally:
            connection.close()
        return resident_id

    with ThreadPoolExecutor(STATIONS) as pool:
        answers = list(pool.map(want, people))
    won = [answer for answer in answers if not isinstance(answer, Conflict)]
    told = Move.objects.filter(workflow="placements.post", key=post.pk, action="reserve").count()
    assert len(won) == told == (1 if guarded else STATIONS)
    if guarded:
        assert Post.objects.get(pk=post.pk).holder_id == won[0]
        assert all(conflict.message for conflict in answers if isinstance(conflict, Conflict))
