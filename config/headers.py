from django.utils.cache import add_never_cache_headers


def private_pages(get_response):
    """Pages made for a session must not stay in a shared office browser's cache after signing out."""

    def middleware(request):
        response = get_response(request)
        if request.session.accessed:
            add_never_cache_headers(response)
        return response

    return middleware
