"""Many clinics, or one that outgrew a machine: partitions of patients, and counts that add up."""
