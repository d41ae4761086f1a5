# The page about the running server.

system-title = The system
system-about = How this server is at this moment. <code>/metrics</code> tells programs what waits, and counts over time.
system-again = Look again
system-program = Program
system-bundle = Model bundle
system-bundle-made-of = { $name }, fingerprint { $fingerprint }, { $members }
system-explanations = Explanations
system-who-grades = Who grades
system-grades-here = this server, and any worker that shares its records
system-grades-elsewhere = workers that share its records
system-waiting = Waiting or being worked on
system-waiting-explanations =
    { $count ->
        [one] 1 explanation
       *[other] { $count } explanations
    }
system-workers = Workers with work in hand
system-records = Records
system-files = Stored files
system-files-count =
    { $count ->
        [one] 1 file
       *[other] { $count } files
    }
system-bytes = { $count } bytes
