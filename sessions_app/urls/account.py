from django.urls import path

from sessions_app.views import account

urlpatterns = [
    path("", account.home, name="home"),
    path("login/", account.sign_in, name="login"),
    path("logout/", account.sign_out, name="logout"),
    path("tablet/", account.this_tablet, name="tablet"),
    path("account/", account.account, name="account"),
    path("account/password/", account.change_password, name="account_password"),
    path("account/pin/", account.change_pin, name="account_pin"),
]
