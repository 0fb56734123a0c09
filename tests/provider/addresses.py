"""The provider's addresses: the toolkit's own below the path of the issuer, and Django's login page."""

from django.conf import settings
from django.contrib.auth.views import LoginView
from django.urls import include, path

_prefix = f"{settings.LOGIN_PREFIX}/" if settings.LOGIN_PREFIX else ""
urlpatterns = [
    path("login/", LoginView.as_view()),
    path(_prefix, include("oauth2_provider.urls", namespace="oauth2_provider")),
]
