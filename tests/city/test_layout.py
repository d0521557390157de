"""The shared markup of the pages: what is put into it is escaped, what is inside stays markup."""

from django.template import Context, Template


def rendered(source, **context):
    return Template("{% load layout %}" + source).render(Context(context))


def test_a_panel_is_named_by_its_heading():
    told = rendered('{% panel "list" title %}<p>{{ inside }}</p>{% endpanel %}', title="A & B", inside="<x>")
    assert 'aria-labelledby="list"' in told
    assert '<h2 id="list">A &amp; B</h2>' in told
    assert "<p>&lt;x&gt;</p></section>" in told


def test_an_empty_list_says_what_to_do_beside_its_sign():
    told = rendered('{% nothing words "search" %}', words="<Load> first")
    assert told.startswith('<div class="empty"><svg')
    assert "<p>&lt;Load&gt; first</p>" in told
