"""All settings of Afterglow, from the environment (docs/running-it.md lists the variables).

AFTERGLOW_DEMO=1 is the invented clinic on this machine only; AFTERGLOW_TEST=1 is the test run.
Neither set: production, where a missing secret or host stops the start.
"""

from __future__ import annotations

import os
import re
import tempfile
from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF

from config import environment as env

# Read when numpy is first loaded: threads for small matrices wait for each other longer than one
# thread computes, and every worker would begin some.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

BASE_DIR = Path(__file__).resolve().parent.parent
DEMO = env.switch("AFTERGLOW_DEMO", default=False)
TEST = env.switch("AFTERGLOW_TEST", default=False)
DEBUG = False

_version = re.search(r"^## \[(\d+\.\d+\.\d+)\]", (BASE_DIR / "CHANGELOG.md").read_text(), re.M)
VERSION = _version.group(1) if _version else "0.0.0"

if TEST:
    DATA_DIR = Path(env.text("AFTERGLOW_DATA_DIR") or tempfile.gettempdir()) / "afterglow-test"
elif DEMO:
    DATA_DIR = Path(env.text("AFTERGLOW_DATA_DIR") or BASE_DIR / "var" / "demo")
else:
    DATA_DIR = Path(env.text("AFTERGLOW_DATA_DIR") or BASE_DIR / "var")

SECRET_KEY = env.secret_key(DATA_DIR / "secret_key" if DEMO or TEST else None)
HTTPS = env.switch("AFTERGLOW_HTTPS", default=not (DEMO or TEST))
ALLOWED_HOSTS = env.hosts("AFTERGLOW_ALLOWED_HOSTS") or (
    ["127.0.0.1", "localhost", "[::1]", "testserver"] if DEMO or TEST else []
)
if not ALLOWED_HOSTS:
    env.stop("AFTERGLOW_ALLOWED_HOSTS is empty. Write the host names, such as clinic.example.org.")
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if HTTPS and "*" not in host]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "simple_history",
    "sessions_app",
    "reports",
    "config",
]
MIDDLEWARE = [
    # Outermost: what they add also stands on a redirect to https, a foreign host and a static file.
    "config.middleware.EveryAnswer",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "sessions_app.views.locking.LockAndEnd",
    "config.middleware.ClinicZone",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sessions_app.context.navigation",
            ],
        },
    }
]

DATABASES = {"default": env.database(DATA_DIR / "afterglow.sqlite3")}
if TEST and "sqlite3" in str(DATABASES["default"]["ENGINE"]):
    # A file, not memory: threads of one test see each other's rows as in production.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "sessions_app.Staff"
AUTHENTICATION_BACKENDS = ["sessions_app.access.staff_backend.StaffBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if TEST
    else ["sessions_app.access.passwords.ClinicArgon2Hasher"]
)
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "full_name", "email")},
    },
]
# A person's log-in is locked when nobody touched the device for a while, and ends some hours after
# it began, whatever the device does meanwhile.
IDLE_MINUTES = env.whole("AFTERGLOW_IDLE_MINUTES", default=15, low=1, high=60)
IDLE_LOCKS_AFTER = timedelta(minutes=IDLE_MINUTES)
LOG_IN_ENDS_AFTER = timedelta(hours=env.whole("AFTERGLOW_LOG_IN_HOURS", default=12, low=1, high=12))
SESSION_COOKIE_AGE = int(LOG_IN_ENDS_AFTER.total_seconds())
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# The page's scripts read the token when they send: a form that waited for hours has an old one.
CSRF_COOKIE_HTTPONLY = False
CSRF_FAILURE_VIEW = "sessions_app.views.offline.csrf_refused"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SIGN_IN_TRIES = 10  # wrong passwords or PINs per account or address ...
SIGN_IN_WINDOW = timedelta(minutes=15)  # ... within this time, then a wait

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TEST
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = TEST

SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# No path ever leaves in a Referer, so no check-in token does. Not "no-referrer": a form post would
# then carry "Origin: null", which the CSRF check refuses.
SECURE_REFERRER_POLICY = "strict-origin"
BEHIND_PROXY = env.switch("AFTERGLOW_BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "config.api.exception_handler",
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "sessions_app.api.authentication.ApiTokenAuthentication",
        "sessions_app.api.authentication.SignedInSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["sessions_app.api.authentication.MayDoDeed"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.parsers.WholeText"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "config.api.Pages",
    "PAGE_SIZE": 100,
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Afterglow",
    "DESCRIPTION": "The second door to the actions behind Afterglow's pages.",
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": ["config.openapi.add_problems"],
}

MINIMUM_PATIENTS_DRAWN = env.whole("AFTERGLOW_MINIMUM_PATIENTS_DRAWN", default=10, low=5, high=100)

# Messages: links and reminders to patients, calls about alerts to staff. The console is for the
# demo and the tests: it prints what a clinic keeps between two people.
PUBLIC_URL = env.address("AFTERGLOW_PUBLIC_URL") or (
    f"http://127.0.0.1:{env.text('PORT', '8000')}"
    if DEMO or TEST
    else f"{'https' if HTTPS else 'http'}://{ALLOWED_HOSTS[0]}"
)
SMS_URL = env.address("AFTERGLOW_SMS_URL")
SMS_TOKEN = env.text("AFTERGLOW_SMS_TOKEN")
MAIL_SERVER = env.mail_server("AFTERGLOW_EMAIL_URL")
DEFAULT_FROM_EMAIL = env.text("AFTERGLOW_EMAIL_FROM")
_unset = "console" if DEMO or TEST else "off"
NOTIFIERS = {"sms": "http" if SMS_URL else _unset, "email": "smtp" if MAIL_SERVER else _unset}
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = str(MAIL_SERVER.get("EMAIL_HOST", ""))
EMAIL_PORT = int(str(MAIL_SERVER.get("EMAIL_PORT") or 25))
EMAIL_HOST_USER = str(MAIL_SERVER.get("EMAIL_HOST_USER") or "")
EMAIL_HOST_PASSWORD = str(MAIL_SERVER.get("EMAIL_HOST_PASSWORD") or "")
EMAIL_USE_TLS = bool(MAIL_SERVER.get("EMAIL_USE_TLS"))
EMAIL_USE_SSL = bool(MAIL_SERVER.get("EMAIL_USE_SSL"))
# A try that did not say so long how it ended is lost: whether the message went out, nobody knows.
DELIVERY_LOST_AFTER = timedelta(
    seconds=env.whole("AFTERGLOW_DELIVERY_LOST_SECONDS", default=120, low=60, high=3600)
)

# Ids and places in the code only: no name, no clinical value, no query string.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "config.logs.PlacesOnly",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "filters": {"no_tokens": {"()": "config.logs.NoTokens"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["no_tokens"],
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
}
