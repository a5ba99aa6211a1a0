"""A stand-in for the Sociocs API on this machine: same contract, own process, own storage.

Start it with ``python -m sociocs_sandbox``. It shows what each phone received at ``/``,
lets tests misbehave on purpose through ``/sandbox/faults``, and says what really arrived at
``/sandbox/witness``. Nothing in here knows of campaigns, recipient lists or teams.
"""
