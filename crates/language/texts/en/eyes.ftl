# Eyes, the patient, and what readers say.

eye-left = Left eye (OS)
eye-right = Right eye (OD)
eye-not-stated = Eye not stated
# Inside a sentence.
eye-inside-left = left eye
eye-inside-right = right eye
eye-inside-not-stated = eye, which is not stated

patient-refer = At least one eye shows signs that need an ophthalmologist.
patient-rescreen = Neither eye shows signs that need an ophthalmologist.
patient-unsure = The system is unsure of at least one eye: a reader decides.
unanswered-unstated = A photograph of which it is not stated which eye it shows could not be graded; it may show what the others do not.
unanswered-untold = It is not stated which eye every photograph shows, so that one may not have been seen.
unanswered-right = No photograph shows the right eye well enough to be graded.
unanswered-left = No photograph shows the left eye well enough to be graded.
unanswered-both = No photograph shows either eye well enough to be graded.

review-agreed = Agreed
review-agreed-with = with { $grade }
review-overruled = Overruled: { $grade }
review-ungradable = Ungradable

eyes-title = The patient
eyes-keys = Keys: <kbd>R</kbd> or <kbd>L</kbd> chooses the eye (<kbd>E</kbd> one that is not stated), then <kbd>A</kbd> agrees, <kbd>O</kbd> overrules and <kbd>U</kbd> calls it ungradable.
eyes-with-one-reader = With what one reader said
eyes-grade = <strong>{ $grade }</strong>, grade { $number }
eyes-worst-of = the worst of { $count } photographs:
eyes-photograph = photograph { $number }
eyes-reviews = Reviews
eyes-read-by-one = Read by one reader
eyes-blind-note = If that was not you, give your own reading first: it counts more if you have not seen this.
eyes-differ = A third reader settles it.
eyes-settled = Settled: <strong>{ $verdict }</strong>, read by { $readers } readers.
eyes-ungradable = ungradable
eyes-agree = Agree
eyes-call-ungradable = Ungradable
eyes-overrule = Overrule
eyes-grade-it = Grade it
eyes-grade-label = Grade
eyes-reason = Reason
eyes-save = Save
eyes-reader = Reader
eyes-settled-as = Settled:

# What the optic disc tells of the eye.
eye-by-disc = { $eye }, by its optic disc
eye-state = State the eye:
eye-in-doubt = It is in doubt which eye a photograph shows
eye-doubt-photograph = Photograph { $number }
doubt-right-recorded = The header of the file says right eye, but the photograph is called a left eye: check before acting.
doubt-left-recorded = The header of the file says left eye, but the photograph is called a right eye: check before acting.
doubt-right-called-left = The optic disc lies where a right eye has it, but the photograph is called a left eye: check before acting.
doubt-left-called-right = The optic disc lies where a left eye has it, but the photograph is called a right eye: check before acting.
doubt-right-unstated = The optic disc lies where a right eye has it; nobody stated the eye.
doubt-left-unstated = The optic disc lies where a left eye has it; nobody stated the eye.
doubt-both = The same file was handed in as the other eye too: check before acting.
unanswered-disputed = The optic disc of a photograph or the header of its file tells the other eye, or the same file was handed in as both eyes, so that one eye may not have been seen: state which eye it shows.
unanswered-unread = A file that was handed in could not be read as a photograph of the retina; it may have shown what the others do not. Hand it in again, or have both eyes read.
