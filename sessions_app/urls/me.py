from django.urls import path

from sessions_app.views import codes, help, me, progress, stop

app_name = "me"
urlpatterns = [
    path("help-now/", help.help_now, name="help"),
    path("my-progress/", progress.progress, name="progress"),
    path("my-progress/my-answers.csv", progress.progress_file, name="progress_file"),
    path("stop/", stop.stop, name="stop"),
    path("c/", codes.code, name="code"),
    path("c/<slug:slot>/<int:step>/", me.question, name="question"),
    path("c/<slug:slot>/done/", me.done, name="done"),
    path("c/<str:token>/stop/", stop.open_stop, name="stop_open"),
    path("c/<str:token>/", me.open_link, name="open"),
]
