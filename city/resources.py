from import_export.resources import ModelResource

from city.models import CalendarDay, Employer


class EmployerResource(ModelResource):
    class Meta:
        model = Employer
        import_id_fields = ["credit_code"]
        fields = ["credit_code", "name", "kind"]
        clean_model_instances = True
        skip_unchanged = True


class CalendarDayResource(ModelResource):
    class Meta:
        model = CalendarDay
        import_id_fields = ["day"]
        fields = ["day", "is_working", "name"]
        clean_model_instances = True
        skip_unchanged = True
