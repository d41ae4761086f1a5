# States, decisions, priorities, orders, actions and roles, as lists name them.

state-waiting = Waiting
state-working = In work
state-failed = Failed
state-done = Done

patient-decision-refer = Refer
patient-decision-unsure = Unsure
patient-decision-no-all-clear = No all-clear
patient-decision-pending = Being graded
patient-decision-rescreen = Rescreen

priority-first = First
priority-referable = Referable
priority-unread = Unread
priority-read-once = Read by one
priority-not-yet = Not graded yet
priority-settled = Settled

sort-priority = What needs a reader first
sort-received = When received
sort-patient = Patient
sort-photographs = Photographs
sort-state = State
sort-decision = Decision
sort-grade = Grade
sort-reading = Reading

action-logged-in = Logged in
action-log-in-refused = Log-in refused
action-logged-out = Logged out
action-account-added = Account added
action-account-enabled = Account enabled
action-account-disabled = Account disabled
action-password-changed = Password changed
action-submitted = Photographs handed in
action-tried-again = Failed work put back into the queue
action-list-opened = List of screenings opened
action-screening-opened = Screening opened
action-photograph-opened = Original photograph opened
action-reviewed = Eye reviewed
action-patient-opened = Patient opened
action-patient-deleted = Patient deleted
action-exported = Records exported
action-backed-up = Records backed up
action-restored = Records restored from a backup
action-audit-opened = Audit opened

reading-differ = Readers differ
reading-not-read = Not read
reading-read-once = Read by one
reading-settled = Settled

role-screener = screener
role-reader = reader
role-administrator = administrator
action-eye-stated = Eye of a photograph stated

action-logged-in-by-openid = Logged in by OpenID Connect
action-openid-refused = Log-in by OpenID Connect refused
action-role-changed = Role changed by the OpenID provider
