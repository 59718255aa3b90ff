"""Signing in. Wrong passwords are counted by django-axes, whose lockout page is `webapp.errors.locked_out`."""

from __future__ import annotations

from django.contrib.auth.views import LoginView
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from webapp.accounts.forms import SignInForm


@method_decorator(sensitive_post_parameters(), name="dispatch")
class SignIn(LoginView):
    """Name and password. Who is signed in already goes to the page they wanted."""

    template_name = "accounts/sign_in.html"
    form_class = SignInForm
    redirect_authenticated_user = True
