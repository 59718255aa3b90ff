from django.urls import path

from webapp.accounts import account, invitations, oidc, views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-in/oidc/", oidc.begin, name="oidc"),
    path("account/oidc/join/", oidc.connect, name="join_oidc"),
    path("account/oidc/confirm/", oidc.confirm, name="confirm_oidc"),
    path("account/oidc/part/", oidc.part, name="part_oidc"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("invitations/<str:secret>/", invitations.invitation, name="invitation"),
    path("reset/", views.ResetByMail.as_view(), name="reset"),
    path("reset/<str:uidb64>/<str:token>/", views.Reset.as_view(), name="reset_confirm"),
    path("account/", account.account, name="account"),
    path("account/name/", account.set_name, name="set_name"),
    path("account/password/", account.set_password, name="set_password"),
    path("account/sessions/<int:session_id>/end/", account.end_session, name="end_session"),
    path("account/sessions/end/", account.end_other_sessions, name="end_other_sessions"),
    path("account/tokens/", account.make_token, name="make_token"),
    path("account/tokens/<int:token_id>/revoke/", account.drop_token, name="revoke_token"),
]
