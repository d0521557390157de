"""The one reader of the environment. Every variable is declared in `env` below and listed in `.env.example`."""

from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import start

env = environ.Env(
    APP_ENV=(str, "production"),
    DEBUG=(bool, False),
    SECRET_KEY=(str, ""),
    SECRET_KEY_OLD=(str, ""),
    DATA_KEY=(str, ""),
    DATA_KEY_OLD=(str, ""),
    HASH_KEY=(str, ""),
    ALLOWED_HOSTS=(list, []),
    BEHIND_PROXY=(bool, False),
    ADMIN_PATH=(str, ""),
    DATABASE_URL=(str, ""),
    ALLOW_SQLITE=(bool, False),
    REDIS_URL=(str, ""),
    PAPER_FONTS=(list, []),
    NIGHT_BY_DISTRICT=(bool, False),
)

APP_ENV = env("APP_ENV")
if APP_ENV not in {"production", "demo", "test"}:
    raise ImproperlyConfigured(f"APP_ENV is {APP_ENV!r}: it must be production, demo or test.")
PRODUCTION = APP_ENV == "production"
TESTING = APP_ENV == "test"

# Paths

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
FILES_ROOT = VAR_DIR / "files"
#: Folders with the city's own fonts for printed forms, beside those of the machine.
PAPER_FONTS = env("PAPER_FONTS")

# Security

DEBUG = env("DEBUG")
ALLOWED_HOSTS = env("ALLOWED_HOSTS")
SECRET_KEY = env("SECRET_KEY")
SECRET_KEY_FALLBACKS = [key for key in [env("SECRET_KEY_OLD")] if key]
try:
    DATA_KEY, DATA_KEY_OLD, HASH_KEY = (start.data_key(env(name)) for name in ("DATA_KEY", "DATA_KEY_OLD", "HASH_KEY"))
except ValueError as error:
    raise ImproperlyConfigured(f"DATA_KEY, DATA_KEY_OLD and HASH_KEY: each {error}.") from error
if PRODUCTION and SECRET_KEY and not SECRET_KEY_FALLBACKS:
    DATA_KEY = DATA_KEY or start.derived_data_key(SECRET_KEY)
if not PRODUCTION:
    SECRET_KEY = SECRET_KEY or f"{APP_ENV}-only-not-a-secret-9f3c1e7a5b8d2046-for-this-machine"
    DATA_KEY = DATA_KEY or b"demo-only-data-key-32-bytes-long"
    ALLOWED_HOSTS = ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]", "testserver"]
BEHIND_PROXY = env("BEHIND_PROXY")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = int(timedelta(minutes=30).total_seconds())
SESSION_SAVE_EVERY_REQUEST = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_NAME = "__Host-session" if PRODUCTION else "session"
SESSION_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-csrf" if PRODUCTION else "csrf"
CSRF_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = PRODUCTION
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
DATA_UPLOAD_MAX_NUMBER_FILES = 5

# Apps

INSTALLED_APPS = [
    "city",
    "households",
    "assistance",
    "placements",
    "subsidies",
    "reports",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "import_export",
    "lucide",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

# Middleware

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.limits.refuse_oversized",
    "config.limits.refuse_nul",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.headers.private_pages",
    "config.language.ChosenLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "city.middleware.PostingMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.conflict.ConflictMiddleware",
    "axes.middleware.AxesMiddleware",
]

# Templates

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "city.context.frame",
            ],
        },
    }
]

# Database

DATABASES = {"default": env.db_url_config(env("DATABASE_URL") or f"sqlite:///{VAR_DIR / 'city.sqlite3'}")}
_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["OPTIONS"] = {
        "timeout": 30,
        "transaction_mode": "IMMEDIATE",
        # Every write under audit keeps a statement journal, which goes to a file unless it may stay in memory.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY",
    }
else:
    _database |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
    _database.setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
    # Compiling a page's query takes seconds where running it takes milliseconds.
    _database["OPTIONS"].setdefault("options", "-c jit=off")

# Auth

AUTH_USER_MODEL = "city.Staff"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["number", "name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "config.address.client_address"
AXES_USERNAME_FORM_FIELD = "username"
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# Locale

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

# Static

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static", ("bootstrap", files("bootstrap").joinpath("version.txt").parent)]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": FILES_ROOT}},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not PRODUCTION

# Celery

REDIS_URL = env("REDIS_URL")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CELERY_BROKER_URL = REDIS_URL or None
CELERY_TASK_ALWAYS_EAGER = TESTING or not REDIS_URL
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_TIME_LIMIT = int(timedelta(hours=3).total_seconds())
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": int(timedelta(hours=4).total_seconds()),
    "socket_connect_timeout": 2,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2}
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "nightly": {"task": "reports.tasks.nightly", "schedule": crontab(hour=1, minute=30)},
    "recover runs": {"task": "city.tasks.recover_runs", "schedule": timedelta(minutes=1)},
    "seal trail": {"task": "city.tasks.seal_trail", "schedule": timedelta(minutes=10)},
    "expire files": {"task": "city.tasks.expire_files", "schedule": timedelta(hours=1)},
}

# Logging

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "config.logs.JsonFormatter"},
        "plain": {"()": "config.logs.PlainFormatter", "format": "{levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "json" if PRODUCTION else "plain"},
    },
    "root": {"handlers": ["console"], "level": "INFO" if PRODUCTION else "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO" if PRODUCTION else "WARNING", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
    },
}

# Ours

ADMIN_PATH = env("ADMIN_PATH") if PRODUCTION else env("ADMIN_PATH") or "admin/"
DATA_KEYS_OLD = tuple(key for key in (DATA_KEY_OLD,) if key)
NIGHT_BY_DISTRICT = env("NIGHT_BY_DISTRICT")
READINESS_CHECKS = {
    "database": "config.health.database",
    "broker": "config.health.broker",
    "nightly": "reports.services.nightly.readiness",
}
#: How often one posting may do what reads many persons or costs much: (times, in seconds).
PACES = {
    "search": (300, 60),
    "reveal": (60, 3_600),
    "export": (60, 3_600),
    "bulletin": (60, 600),
    "upload": (120, 3_600),
    "password": (10, 900),
}
SHEET_MAX_BYTES = 20 * 1024 * 1024
REQUEST_MAX_BYTES = SHEET_MAX_BYTES + 1024 * 1024
SHEET_MAX_UNPACKED = 200 * 1024 * 1024
SHEET_MAX_ROWS = 200_000
TRAIL_MODELS = (
    "city.Area",
    "city.AreaCode",
    "city.Staff",
    "city.Posting",
    "city.PolicyDocument",
    "city.Parameter",
    "city.MinimumWage",
    "city.CalendarDay",
    "city.Employer",
    "city.Move",
    "city.Clock",
    "city.ClockPause",
    "city.Notice",
    "city.Objection",
    "city.Finding",
    "households.Household",
    "households.LowIncomeStatus",
    "households.Resident",
    "households.Membership",
    "households.HardshipCertification",
    "households.TransferRequest",
    "households.LabourSpell",
    "households.UnemploymentRegistration",
    "households.Visit",
    "households.VisitMember",
    "households.ZeroEmploymentEpisode",
    "households.Declaration",
    "households.HouseholdTag",
    "households.ContactDetails",
    "households.FourClear",
    "households.Certificate",
    "households.CertificateCheck",
    "households.HardshipApplication",
    "households.ResidentFinding",
    "households.OutsideFact",
    "households.InsuranceMonth",
    "assistance.Case",
    "assistance.Commitment",
    "assistance.Service",
    "assistance.Referral",
    "assistance.FollowUp",
    "assistance.Plan",
    "assistance.Pairing",
    "assistance.Course",
    "assistance.Enrolment",
    "assistance.Attendance",
    "assistance.LayoffNotice",
    "assistance.LayoffPerson",
    "placements.EmployerDetails",
    "placements.PlacementBase",
    "placements.Project",
    "placements.PostPlan",
    "placements.Post",
    "placements.PostTransfer",
    "placements.ServicePoint",
    "placements.Event",
    "placements.Vacancy",
    "placements.JobSeeker",
    "placements.Offer",
    "placements.Business",
    "placements.Placement",
    "placements.Proposal",
    "subsidies.Rate",
    "subsidies.PayeeAccount",
    "subsidies.Claim",
    "subsidies.ClaimLine",
    "subsidies.Approval",
    "subsidies.ClaimDocument",
    "subsidies.LineFinding",
    "subsidies.Fund",
    "subsidies.FundEntry",
    "subsidies.PaymentBatch",
    "subsidies.BatchItem",
    "subsidies.Clawback",
    "subsidies.Instalment",
    "reports.RuleSet",
    "reports.Criterion",
    "reports.ManualJudgement",
)
#: Of these, rows arrive by the million: the sheet that brought them notes one line with the range of their keys.
TRAIL_INSERTS_IN_ONE_LINE = {"households.InsuranceMonth"}
#: Rows of money: never deleted, and these columns ("frozen", none: all) never change. "once": may still be filled in;
#: "from": changes only while it has this value.
TRAIL_FROZEN = {
    "subsidies.Rate": {
        "frozen": (
            *("scheme", "area", "in_force_from", "in_force_to", "favoured", "contract_months", "basis", "share"),
            *("contribution", "amount", "ceiling", "second_half_after", "document", "provisional"),
        ),
        "from": {"state": "proposed"},
    },
    "subsidies.Approval": {"frozen": ()},
    "subsidies.PayeeAccount": {"frozen": ()},
    "subsidies.FundEntry": {"frozen": ()},
    "subsidies.PaymentBatch": {"frozen": ()},
    "subsidies.Instalment": {"frozen": ()},
    "subsidies.Claim": {"frozen": ("number", "scheme", "area", "employer", "entered_on")},
    "subsidies.ClaimLine": {
        "frozen": (
            *("claim", "resident", "scheme", "month", "occasion", "placement", "enrolment", "account"),
            *("asked", "computed", "basis", "basis_digest"),
        ),
        "once": ("approved",),
        "from": {"standing": "live"},
    },
    "subsidies.BatchItem": {
        "frozen": ("batch", "sequence", "claim", "account", "amount"),
        "from": {"state": "sent"},
    },
    "subsidies.Clawback": {"frozen": ("number", "line", "area", "amount", "cause", "explanation", "opened_on")},
}
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
IMPORT_EXPORT_USE_TRANSACTIONS = True

if PRODUCTION:
    reasons = start.refusals(
        secret_key=SECRET_KEY,
        data_key=DATA_KEY,
        rotating=bool(DATA_KEY_OLD),
        hash_key=HASH_KEY,
        debug=DEBUG,
        engine=_database["ENGINE"],
        allow_sqlite=env("ALLOW_SQLITE"),
        redis_url=REDIS_URL,
        allowed_hosts=ALLOWED_HOSTS,
    )
    if reasons:
        raise ImproperlyConfigured("Production does not start. " + " ".join(reasons))
HASH_KEY = HASH_KEY or DATA_KEY
