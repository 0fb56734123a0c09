"""The peer's settings, and its models over the tables of the API: it makes and changes none of them."""

import os
from urllib.parse import urlsplit

import django
from django.conf import settings

from bench.sql import SETTINGS

_url = urlsplit(os.environ["BENCH_URL"])
settings.configure(
    DEBUG=False,
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="bench.peer",
    USE_TZ=True,
    TIME_ZONE="UTC",
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    INSTALLED_APPS=["rest_framework"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql", "NAME": _url.path[1:], "USER": _url.username,
            "PASSWORD": _url.password, "HOST": _url.hostname, "PORT": _url.port, "CONN_MAX_AGE": None,
            "OPTIONS": {"options": " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())},
        }
    },
    REST_FRAMEWORK={
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
        "UNAUTHENTICATED_USER": None,
    },
)  # fmt: skip
django.setup()

from django.contrib.postgres.fields import ArrayField  # noqa: E402
from django.db import models  # noqa: E402
from django.utils import timezone  # noqa: E402

from iap_api.core.tables import new_id  # noqa: E402


class Unmanaged(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id)

    class Meta:
        abstract = True
        managed = False
        app_label = "peer"


class Account(Unmanaged):
    disabled_at = models.DateTimeField(null=True)
    is_authenticated = True

    class Meta(Unmanaged.Meta):
        db_table = "accounts"


class SignIn(Unmanaged):
    account = models.ForeignKey(Account, models.DO_NOTHING)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(Unmanaged.Meta):
        db_table = "sign_ins"


class HeldRole(Unmanaged):
    account = models.ForeignKey(Account, models.DO_NOTHING)
    role = models.TextField()
    place_id = models.UUIDField()
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)

    class Meta(Unmanaged.Meta):
        db_table = "held_roles"


class Registration(Unmanaged):
    school_id = models.UUIDField()
    pupil_id = models.UUIDField()
    class_id = models.UUIDField(null=True)
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta(Unmanaged.Meta):
        db_table = "registrations"


class Placement(Unmanaged):
    base_id = models.UUIDField()
    pupil_id = models.UUIDField()
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta(Unmanaged.Meta):
        db_table = "placements"


class Pupil(Unmanaged):
    version = models.IntegerField()
    school_id = models.UUIDField()
    given_name = models.TextField()
    family_name = models.TextField()
    preferred_name = models.TextField(null=True)
    born_on = models.DateField()
    sex = models.TextField()
    nc_year_given = models.TextField(null=True)
    ended_on = models.DateField(null=True)
    upn = models.TextField(null=True)
    upn_unknown_reason = models.TextField(null=True)
    former_upn = models.TextField(null=True)
    address = models.TextField(null=True)
    first_language = models.TextField(null=True)
    sen_provision = models.TextField()
    sen_needs = ArrayField(models.TextField())
    ehcp_review_due_on = models.DateField(null=True)
    pupil_premium = ArrayField(models.TextField())
    free_meals = models.BooleanField()
    looked_after = models.BooleanField()
    young_carer = models.TextField()
    service_child = models.TextField()
    allergens = ArrayField(models.TextField())
    allergies = models.TextField(null=True)
    medical_note = models.TextField(null=True)

    class Meta(Unmanaged.Meta):
        db_table = "pupils"


class Space(Unmanaged):
    school_id = models.UUIDField()

    class Meta(Unmanaged.Meta):
        db_table = "spaces"


class Staff(Unmanaged):
    school_id = models.UUIDField()
    ended_on = models.DateField(null=True)

    class Meta(Unmanaged.Meta):
        db_table = "staff"


class Booking(Unmanaged):
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    school_id = models.UUIDField()
    space_id = models.UUIDField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    purpose = models.TextField()
    subject = models.TextField(null=True)
    note = models.TextField(null=True)
    status = models.TextField(default="booked")
    whole_base = models.BooleanField(default=False)
    pupil_ids = ArrayField(models.UUIDField(), default=list)
    staff_ids = ArrayField(models.UUIDField(), default=list)
    takes_from = ArrayField(models.UUIDField(), default=list)
    booked_by = models.UUIDField()
    series_id = models.UUIDField(null=True)
    series_on = models.DateField(null=True)
    decided_by = models.UUIDField(null=True)
    checked_in_at = models.DateTimeField(null=True)
    closure_id = models.UUIDField(null=True)
    cancelled_at = models.DateTimeField(null=True)

    class Meta(Unmanaged.Meta):
        db_table = "bookings"
