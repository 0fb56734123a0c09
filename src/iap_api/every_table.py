"""Imports every package's tables, so that the metadata is whole for migrations and checks."""

from iap_api.access import provider_tables
from iap_api.access import tables as access
from iap_api.core import jobs as core
from iap_api.files import tables as files
from iap_api.profiles import tables as profiles
from iap_api.pupils import tables as pupils
from iap_api.records import request_tables as subject_requests
from iap_api.records import tables as records
from iap_api.reviews import tables as reviews
from iap_api.schools import calendar_tables
from iap_api.schools import tables as schools
from iap_api.spaces import tables as spaces
from iap_api.spaces.calendars import feed_tables
from iap_api.spaces.visits import intervention_tables as interventions
from iap_api.spaces.visits import visit_tables as visits
from iap_api.today import passport_tables as passports
from iap_api.toolbox import tables as toolbox
from iap_api.toolbox.observations import observation_tables as observations

PACKAGES = (
    core,
    access,
    provider_tables,
    files,
    schools,
    calendar_tables,
    pupils,
    spaces,
    feed_tables,
    visits,
    interventions,
    reviews,
    profiles,
    toolbox,
    observations,
    passports,
    records,
    subject_requests,
)
