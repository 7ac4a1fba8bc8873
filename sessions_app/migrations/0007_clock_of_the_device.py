from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("sessions_app", "0006_protocol_versions")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="dissociationrating",
            name="client_clock",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="dissociationrating",
            name="is_time_corrected",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="doseevent",
            name="client_clock",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="doseevent",
            name="is_time_corrected",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="medicationgiven",
            name="client_clock",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="medicationgiven",
            name="is_time_corrected",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="noneobserved",
            name="client_clock",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="noneobserved",
            name="is_time_corrected",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="sessioncheck",
            name="client_clock",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="sessioncheck",
            name="is_time_corrected",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="sideeffect",
            name="client_clock",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="sideeffect",
            name="is_time_corrected",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="sideeffectchange",
            name="client_clock",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="sideeffectchange",
            name="is_time_corrected",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="vitalreading",
            name="client_clock",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="vitalreading",
            name="is_time_corrected",
            field=models.BooleanField(default=False),
        ),
    ]
