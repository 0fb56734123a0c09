"""The peer: Django REST framework over the same tables, written as its manual shows, behind gunicorn's threads.

It checks a token against the sign-ins, filters by the schools where the account holds a role, and keeps no ledger.
"""

import uuid
from datetime import timedelta
from typing import Any

# first, for it configures Django
from bench.peer_tables import Booking, HeldRole, Placement, Pupil, Registration, SignIn, Space, Staff  # isort: skip

from django.core.wsgi import get_wsgi_application
from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.http import HttpResponse
from django.urls import path
from django.utils import timezone
from rest_framework import authentication, exceptions, permissions, serializers, views
from rest_framework.response import Response

from bench.sql import BOOKING, IDENTITY, SECTIONS
from iap_api.core import clock
from iap_api.pupils.year_group import nc_year

LONGEST = timedelta(hours=12)


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
        return pupil.nc_year_given or nc_year(pupil.born_on, clock.today())


class BookingSerializer(serializers.ModelSerializer):
    others = serializers.SerializerMethodField()

    class Meta:
        model = Booking
        fields = BOOKING
        read_only_fields = (
            "id", "version", "school_id", "status", "booked_by", "series_id", "series_on", "decided_by",
            "checked_in_at", "closure_id", "cancelled_at",
        )  # fmt: skip

    def get_others(self, _booking: Any) -> int:
        return 0

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        if not timedelta(0) < sent["ends_at"] - sent["starts_at"] <= LONGEST:
            raise serializers.ValidationError({"ends_at": "must be later than starts_at, by at most 12 hours"})
        return sent


class SignInToken(authentication.BaseAuthentication):
    """The token is the id of a sign-in that has not ended, of an account that is not disabled."""

    def authenticate(self, request: Any) -> Any:
        _scheme, _, token = request.headers.get("Authorization", "").partition(" ")
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
    today = clock.today()
    return model.objects.filter(Q(until_on=None) | Q(until_on__gte=today), from_on__lte=today)


class HoldsRole(permissions.BasePermission):
    """The caller is a SENCO somewhere today; the view reads the schools from the request."""

    def has_permission(self, request: Any, view: Any) -> bool:
        today = clock.today()
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
        joined = Registration.objects.filter(pupil_id=OuterRef("id"), school_id=OuterRef("school_id")).values(
            "class_id"
        )
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
application = get_wsgi_application()
