from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import PermissionDenied
from django.urls import include, path
from django.views.i18n import set_language

from city.forms import SignInForm
from config.endpoint import endpoint
from config.health import healthz, readyz

handler400 = "config.limits.unreadable_request"

sign_in = endpoint(methods=["GET", "POST"], public=True)(
    LoginView.as_view(authentication_form=SignInForm, redirect_authenticated_user=True)
)
sign_out = endpoint(methods=["POST"])(LogoutView.as_view())
switch_language = endpoint(methods=["POST"], public=True)(set_language)


@endpoint(methods=["GET"])
def refuse_admin(request):
    """Signing in and passwords have one place each; the admin's own pages for them are closed."""
    raise PermissionDenied


urlpatterns = [
    path("accounts/login/", sign_in, name="login"),
    path("accounts/logout/", sign_out, name="logout"),
    path("language/", switch_language, name="set_language"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("", include("city.urls")),
    path("", include("households.urls")),
    path("", include("assistance.urls")),
    path("", include("placements.urls")),
    path("", include("subsidies.urls")),
    path("", include("reports.urls")),
]

if settings.ADMIN_PATH:
    urlpatterns += [
        path(f"{settings.ADMIN_PATH}login/", refuse_admin, name="refuse_admin"),
        path(f"{settings.ADMIN_PATH}password_change/", refuse_admin, name="refuse_admin_password"),
        path(settings.ADMIN_PATH, admin.site.urls),
    ]
