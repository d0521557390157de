from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("city", "0003_casework")]

    operations = [
        migrations.AddField("trailentry", "last_key", models.BigIntegerField(blank=True, null=True)),
    ]
