from django.urls import path

from sessions_app.views import help, me

app_name = "me"
urlpatterns = [
    path("help-now/", help.help_now, name="help"),
    path("c/<slug:slot>/<int:step>/", me.question, name="question"),
    path("c/<slug:slot>/done/", me.done, name="done"),
    path("c/<str:token>/", me.open_link, name="open"),
]
