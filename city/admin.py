"""Reference tables only, for the system administrator: looking and repairing. Cases and money have no place here."""

from contextlib import nullcontext

from django.contrib import admin
from django.contrib.auth.admin import Group
from import_export.admin import ExportMixin

from city.models import CalendarDay, Employer, MinimumWage, PolicyDocument
from city.resources import CalendarDayResource, EmployerResource
from city.trail import acting, record_event

# Rights come from postings alone. Imported from where it is registered, so that it is by now.
admin.site.unregister(Group)


class ReferenceAdmin(admin.ModelAdmin):
    """Every change hangs on an act of the person who made it; nothing is deleted."""

    def changeform_view(self, request, *args, **kwargs):
        with acting(reason="reference tables", request=request) if request.method == "POST" else nullcontext():
            return super().changeform_view(request, *args, **kwargs)

    def has_delete_permission(self, request, obj=None):
        return False


class ExportedAdmin(ExportMixin, ReferenceAdmin):
    def get_export_data(self, file_format, request, queryset, **kwargs):
        record_event("export", request=request, details={"table": self.opts.label, "rows": queryset.count()})
        return super().get_export_data(file_format, request, queryset, **kwargs)


@admin.register(CalendarDay)
class CalendarDayAdmin(ExportedAdmin):
    resource_classes = [CalendarDayResource]
    list_display = ["day", "is_working", "name"]
    list_filter = ["is_working"]
    date_hierarchy = "day"


@admin.register(Employer)
class EmployerAdmin(ExportedAdmin):
    resource_classes = [EmployerResource]
    list_display = ["credit_code", "name", "kind"]
    search_fields = ["credit_code", "name"]
    show_full_result_count = False


@admin.register(PolicyDocument)
class PolicyDocumentAdmin(ReferenceAdmin):
    list_display = ["number", "title", "issued_on", "status"]


@admin.register(MinimumWage)
class MinimumWageAdmin(ReferenceAdmin):
    list_display = ["area", "in_force_from", "monthly"]
    raw_id_fields = ["area"]
