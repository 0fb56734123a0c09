"""The table of contents: every router in reading order."""

from iap_api.access import (
    accounts,
    clients,
    explain,
    held_roles,
    identities,
    me,
    own_identities,
    own_password,
    providers,
    sign_in,
)
from iap_api.core import health, problem_pages
from iap_api.core.routes import Routes
from iap_api.documentation import pages
from iap_api.profiles import answers, group_profiles, instruments, overdue, profiles, pupil_line, results, totals
from iap_api.profiles.charts import charts
from iap_api.pupils import (
    caseloads,
    contacts,
    groups,
    placements,
    pupils,
    registration_requests,
    registrations,
    therapy_notes,
    zones,
)
from iap_api.records import (
    access_records,
    erased_pupils,
    find_pupil,
    legal_holds,
    packages,
    rectifications,
    redactions,
    request_steps,
    retention_rules,
    retention_runs,
    subject_requests,
)
from iap_api.reviews import addenda, contributions, invitations, own_invitation, review_steps, reviews, targets
from iap_api.schools import (
    academic_years,
    bases,
    classes,
    code_lists,
    day_periods,
    school_calendar,
    schools,
    staff,
    trusts,
)
from iap_api.spaces import spaces
from iap_api.spaces.boards import boards
from iap_api.spaces.bookings import booking_decisions, bookings
from iap_api.spaces.calendars import calendar_feeds, calendars
from iap_api.spaces.closures import closures
from iap_api.spaces.free_times import availability, free_busy
from iap_api.spaces.series import series, series_changes, series_decisions
from iap_api.spaces.timetables import timetables
from iap_api.spaces.use import base_use, curriculum_hours
from iap_api.spaces.visits import interventions, visits
from iap_api.today import passports
from iap_api.toolbox import items, photos, resources, toolboxes, uses, what_works
from iap_api.toolbox.catalogue import catalogue
from iap_api.toolbox.observations import observations
from iap_api.toolbox.suggesting import suggestions

CHAPTERS: tuple[Routes, ...] = (
    sign_in.routes,
    me.routes,
    explain.mine,
    own_password.routes,
    own_identities.routes,
    accounts.routes,
    held_roles.routes,
    clients.routes,
    explain.of_clients,
    identities.routes,
    providers.routes,
    trusts.routes,
    schools.routes,
    bases.routes,
    classes.routes,
    staff.routes,
    academic_years.routes,
    day_periods.routes,
    school_calendar.routes,
    code_lists.routes,
    pupils.routes,
    registrations.routes,
    registration_requests.routes,
    contacts.routes,
    placements.routes,
    caseloads.routes,
    groups.routes,
    zones.routes,
    therapy_notes.routes,
    spaces.routes,
    bookings.routes,
    booking_decisions.routes,
    series.routes,
    series_changes.routes,
    series_decisions.routes,
    closures.routes,
    availability.routes,
    free_busy.routes,
    calendar_feeds.routes,
    calendars.routes,
    timetables.routes,
    curriculum_hours.routes,
    base_use.routes,
    visits.routes,
    interventions.routes,
    boards.routes,
    instruments.routes,
    profiles.routes,
    answers.routes,
    totals.routes,
    results.routes,
    overdue.routes,
    pupil_line.routes,
    group_profiles.routes,
    charts.routes,
    resources.routes,
    photos.routes,
    catalogue.routes,
    toolboxes.routes,
    items.routes,
    uses.routes,
    what_works.routes,
    observations.routes,
    suggestions.routes,
    passports.routes,
    reviews.routes,
    review_steps.routes,
    contributions.routes,
    targets.routes,
    addenda.routes,
    invitations.routes,
    own_invitation.routes,
    access_records.routes,
    find_pupil.routes,
    subject_requests.routes,
    request_steps.routes,
    packages.routes,
    redactions.routes,
    rectifications.routes,
    retention_rules.routes,
    legal_holds.routes,
    retention_runs.routes,
    erased_pupils.routes,
    health.routes,
    problem_pages.routes,
    pages.routes,
)

PUBLIC = frozenset(
    {
        "sign_in",
        "read_signing_keys",
        "read_calendar",
        "check_alive",
        "check_ready",
        "read_metrics",
        "read_problem",
        "read_contract",
        "read_documentation",
        "read_documentation_asset",
    }
)
