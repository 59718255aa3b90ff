"""The addresses that django-allauth looks for by name: ours where we have the page, its own for second factors."""

from allauth.account.views import ReauthenticateView
from django.urls import include, path

from webapp.accounts import oidc, views
from webapp.accounts.houses import OIDC

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="account_login"),
    path("sign-out/", views.sign_out, name="account_logout"),
    path("sign-up/", views.closed, name="account_signup"),
    path("switched-off/", views.closed, name="account_inactive"),
    path("sign-in/oidc/callback/", oidc.callback, {"provider_id": OIDC}, name="openid_connect_callback"),
    path("account/confirm/", ReauthenticateView.as_view(), name="account_reauthenticate"),
    path("account/factors/", include("allauth.mfa.urls")),
]
