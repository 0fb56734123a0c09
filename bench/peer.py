"""The peer: Django REST framework over the same tables, written as its manual shows, behind gunicorn's threads.

It checks a token against the sign-ins, filters by the schools where the account holds a role, and keeps no ledger.
"""

import os
import uuid
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings

from bench.sql import BOOKING, IDENTITY, SECTIONS, SETTINGS

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
from django.db import models, transaction  # noqa: E402
from django.db.models import OuterRef, Q, Subquery  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402
from rest_framework import authentication, exceptions, permissions, serializers, views  # noqa: E402
from rest_framework.response import Response  # noqa: E402

from iap_api.core.tables import new_id  # noqa: E402
from iap_api.pupils.year_group import nc_year  # noqa: E402

LONGEST = timedelta(hours=12)


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
    note = models.TextField(null=True)
    status = models.TextField(default="booked")
    whole_base = models.BooleanField(default=False)
    pupil_ids = ArrayField(models.UUIDField(), default=list)
    staff_ids = ArrayField(models.UUIDField(), default=list)
    takes_from = ArrayField(models.UUIDField(), default=list)
    booked_by = models.UUIDField()
    cancelled_at = models.DateTimeField(null=True)

    class Meta(Unmanaged.Meta):
        db_table = "bookings"


def _section(name: str) -> Any:
    meta = type("Meta", (), {"model": Pupil, "fields": SECTIONS[name]})
    return type(name.title(), (serializers.ModelSerializer,), {"Meta": meta})(source="*")


class PupilSerializer(serializers.ModelSerializer):
    school_id = serializers.UUIDField()
    nc_year = serializers.SerializerMethodField()
    base_id = serializers.UUIDField()
    class_id = serializers.UUIDField()
    roll = _section("roll")
    sen = _section("sen")
    circumstances = _section("circumstances")
    health = _section("health")

    class Meta:
        model = Pupil
        fields = [*IDENTITY, *SECTIONS]

    def get_nc_year(self, pupil: Any) -> str:
        return pupil.nc_year_given or nc_year(pupil.born_on, date.today())


class BookingSerializer(serializers.ModelSerializer):
    class Meta:
        model = Booking
        fields = BOOKING
        read_only_fields = ("id", "version", "school_id", "status", "booked_by", "cancelled_at")

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        if not timedelta(0) < sent["ends_at"] - sent["starts_at"] <= LONGEST:
            raise serializers.ValidationError({"ends_at": "must be later than starts_at, by at most 12 hours"})
        return sent


class SignInToken(authentication.BaseAuthentication):
    """The token is the id of a sign-in that has not ended, of an account that is not disabled."""

    def authenticate(self, request: Any) -> Any:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            found = SignIn.objects.select_related("account").get(
                id=uuid.UUID(token), ended_at=None, expires_at__gt=timezone.now(), account__disabled_at=None
            )
        except (ValueError, SignIn.DoesNotExist):
            raise exceptions.AuthenticationFailed from None
        return found.account, found

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"


def _today(model: Any) -> Any:
    today = date.today()
    return model.objects.filter(Q(until_on=None) | Q(until_on__gte=today), from_on__lte=today)


class HoldsRole(permissions.BasePermission):
    """The caller is a SENCO somewhere today; the view reads the schools from the request."""

    def has_permission(self, request: Any, view: Any) -> bool:
        today = date.today()
        held = HeldRole.objects.filter(
            Q(ends_on=None) | Q(ends_on__gte=today), account=request.user, role="senco", starts_on__lte=today
        )
        request.schools = list(held.values_list("place_id", flat=True))
        return bool(request.schools)


class View(views.APIView):
    authentication_classes = [SignInToken]
    permission_classes = [HoldsRole]

    def pupils(self) -> Any:
        placed = _today(Placement).filter(pupil_id=OuterRef("id")).order_by("-from_on").values("base_id")[:1]
        joined = Registration.objects.filter(pupil_id=OuterRef("id"), school_id=OuterRef("school_id")).values("class_id")
        registered = _today(Registration).filter(school_id__in=self.request.schools).values("pupil_id")
        return Pupil.objects.filter(id__in=registered).annotate(base_id=Subquery(placed), class_id=Subquery(joined))


class PupilList(View):
    def get(self, request: Any) -> Response:
        found = list(self.pupils().order_by("id")[:51])
        items = PupilSerializer(found[:50], many=True).data
        return Response({"items": items, "next": f"/v1/pupils?after={found[49].id}" if len(found) > 50 else None})


class PupilOne(View):
    def get(self, request: Any, pupil_id: uuid.UUID) -> Response:
        found = self.pupils().filter(id=pupil_id).first()
        if found is None:
            raise exceptions.NotFound
        return Response(PupilSerializer(found).data)


class BookingList(View):
    @transaction.atomic
    def post(self, request: Any) -> Response:
        body = BookingSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        space = Space.objects.filter(id=sent["space_id"], school_id__in=request.schools).first()
        if space is None:
            raise serializers.ValidationError({"space_id": "is not within your reach"})
        registered = _today(Registration).filter(school_id__in=request.schools).values("pupil_id")
        if Pupil.objects.filter(id__in=sent["pupil_ids"]).filter(id__in=registered).count() != len(sent["pupil_ids"]):
            raise serializers.ValidationError({"pupil_ids": "names one who is not within your reach"})
        adults = Staff.objects.filter(id__in=sent["staff_ids"], school_id=space.school_id, ended_on=None)
        if adults.count() != len(sent["staff_ids"]):
            raise serializers.ValidationError({"staff_ids": "names one who is not within your reach"})
        made = body.save(school_id=space.school_id, booked_by=request.user.id)
        return Response(BookingSerializer(made).data, status=201)


def ready(_request: Any) -> HttpResponse:
    """Say that the server is up."""
    return HttpResponse("ready")


urlpatterns = [
    path("readyz", ready),
    path("v1/pupils", PupilList.as_view()),
    path("v1/pupils/<uuid:pupil_id>", PupilOne.as_view()),
    path("v1/bookings", BookingList.as_view()),
]
from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()
