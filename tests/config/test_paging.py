import pytest
from django.contrib.contenttypes.models import ContentType
from django.db.models import Value
from django.db.models.functions import Concat

from config.paging import AFTER, encode_cursor, paginate

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows():
    """Many rows share the first column, so that only the second can tell a page's edge."""
    ContentType.objects.bulk_create(
        ContentType(app_label=f"paging{number % 3}", model=f"model{number:02}") for number in range(23)
    )
    return ContentType.objects.filter(app_label__startswith="paging")


def walk(queryset, by, size):
    pages, cursor = [], ""
    while cursor is not None:
        page = paginate(queryset, by=by, cursor=cursor, size=size)
        pages.append(page)
        cursor = page.next
    return pages


@pytest.mark.parametrize("size", [1, 5, 23, 50])
@pytest.mark.parametrize("by", [("app_label", "id"), ("-app_label", "-id"), ("id",)])
def test_pages_hold_every_row_once_in_order(rows, by, size):
    assert [row for page in walk(rows, by, size) for row in page] == list(rows.order_by(*by))


@pytest.mark.parametrize("by", [("app_label", "id"), ("-app_label", "-id")])
def test_going_back_shows_the_pages_again(rows, by):
    pages = walk(rows, by, 5)
    cursor, seen = pages[-1].previous, []
    while cursor is not None:
        page = paginate(rows, by=by, cursor=cursor, size=5)
        seen.insert(0, page.rows)
        cursor = page.previous
    assert seen == [page.rows for page in pages[:-1]]


def test_the_first_page_has_no_previous_and_the_last_no_next(rows):
    pages = walk(rows, ("app_label", "id"), 5)
    assert pages[0].previous is None
    assert pages[-1].next is None


def test_an_annotation_can_be_a_column(rows):
    named = rows.annotate(title=Concat("app_label", Value("."), "model"))
    assert [row for page in walk(named, ("title", "id"), 4) for row in page] == list(named.order_by("title", "id"))


def test_a_page_is_one_query_that_compares_rows(rows, django_assert_num_queries):
    cursor = paginate(rows, by=("app_label", "id"), size=5).next
    with django_assert_num_queries(1) as queries:
        paginate(rows, by=("app_label", "id"), cursor=cursor, size=5)
    sql = queries[0]["sql"]
    assert ") > (" in sql
    assert "OFFSET" not in sql
    assert "COUNT" not in sql


def test_a_cursor_shows_nothing_of_the_row(rows):
    assert "paging" not in paginate(rows, by=("app_label", "id"), size=5).next


@pytest.mark.parametrize("cursor", ["nonsense", "\ud800", "gAAAA", encode_cursor(["city.Area", "id"], AFTER, [1])])
def test_a_cursor_that_is_not_of_this_list_starts_again(rows, cursor):
    assert paginate(rows, by=("app_label", "id"), cursor=cursor, size=5).rows == [
        *rows.order_by("app_label", "id")[:5]
    ]


def test_an_empty_list_has_one_empty_page():
    page = paginate(ContentType.objects.none(), by=("id",))
    assert (page.rows, page.next, page.previous) == ([], None, None)


def test_a_keyset_has_one_direction(rows):
    with pytest.raises(ValueError, match="one direction"):
        paginate(rows, by=("app_label", "-id"))
