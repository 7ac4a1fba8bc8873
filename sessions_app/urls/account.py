from django.urls import path

from sessions_app.views import account, lock

urlpatterns = [
    path("", account.home, name="home"),
    path("login/", account.sign_in, name="login"),
    path("logout/", account.sign_out, name="logout"),
    path("lock/", lock.lock, name="lock"),
    path("lock/now/", lock.lock_now, name="lock_now"),
    path("lock/panel/", lock.lock_panel, name="lock_panel"),
    path("lock/chairs/", lock.lock_chairs, name="lock_chairs"),
    path("still-here/", lock.still_here, name="still_here"),
    path("tablet/", account.this_tablet, name="tablet"),
    path("account/", account.account, name="account"),
    path("account/password/", account.change_password, name="account_password"),
    path("account/pin/", account.change_pin, name="account_pin"),
]
