# Logging in, accounts and the audit.

audit-title = Who did and saw what
audit-meaning = Every entry holds the fingerprint of the one before it, so that none can be changed or taken out unseen. Records are named by their opaque identifiers alone.
audit-check = Check the chain
audit-entries = Entries, the newest first
audit-none = None.
audit-table = Table of entries
audit-older = Older entries
audit-entry = Entry
audit-when = When
audit-who = Who
audit-what = What
audit-of = Of
audit-whole =
    { $count ->
        [one] The chain is whole: 1 entry.
       *[other] The chain is whole: { $count } entries.
    }
audit-note = Note the fingerprint of the last one elsewhere; <code>fundoscope audit verify --expect</code> tells later whether it is still there:

log-in-title = Log in
log-in-name = Name
log-in-password = Password
password-title = Change your password
password-present = Present password
password-new = New password
password-again = New password, once more
password-note = At least 10 characters. Wherever else you are logged in, you are logged out.
password-change = Change it

accounts-title = Accounts
accounts-table = Table of accounts
accounts-name = Name
accounts-role = Role
accounts-log-in = Log-in
accounts-added = Added
accounts-change = Change
accounts-none = There are none, so this server answers to this computer alone and asks nobody to log in. The first one must be an administrator's; from then on everybody logs in.
accounts-roles = A screener hands in photographs and reads the results, a reader also reviews, an administrator also manages accounts and sees the audit.
accounts-enabled = enabled
accounts-disabled = disabled
accounts-disable = Disable
accounts-enable = Enable
accounts-set-password = Set a password
accounts-for = for { $name }
accounts-set = Set it
accounts-add-title = Add an account
accounts-password-note = At least 10 characters.
accounts-add = Add it

accounts-subject = Or OpenID subject
accounts-subject-note = By what the provider ({ $provider }) always calls them; the page shows it to whoever is refused for want of an account. An account has a subject or a password.

log-in-or = Or with a name and a password of this program:
log-in-done = You are logged in
log-in-go-on = Go on
log-out-done = You are logged out here
log-out-advice = Log out at the provider too, so that whoever sits here next is not let in as you.
log-out-there = Log out there
log-out-again = Log in again
