# The report as PDF.

report-patient = Patient
report-page = Page { $page } of { $pages }
report-evidence = Evidence
report-across = Across
report-by-itself = By itself
report-photograph = Photograph
report-review = Reader’s review:
report-other-review = Other review:
report-system-answer = The system’s answer
report-refused = Photographs that were not usable
report-measured = How the model was measured
report-not-stated = not stated
report-year-of-birth = Year of birth
report-photographs = Photographs
report-photographs-received = { $count }, received { $moment }
report-screening = Screening
report-made = Report made
report-made-by = { $moment }, by { $person }
report-no-photograph = No photograph
report-no-photograph-known = No photograph is known to show this eye.
report-graded-by = What photograph { $number } was graded by
report-worst-of = The worst of { $count } photographs: photograph { $number }.
report-short-answer = grade { $number } of 0 to 4 · { $word }
report-model = Model
report-other-model = Photograph { $number } was graded by another model, version { $version }: the figures above are not its own.

report-readers-differ = { $eye }: the readers differ; a third one settles it.
report-decided-by-reader = { $eye }: decided by the reader’s review.
report-decided-by-photograph = { $eye }, photograph { $number }. { $rule } { $reason }
report-decided-by-gap = { $eye }: the system could not grade every photograph, so a reader decides.

report-alternative = Photograph { $number }, { $eye }, cut to its field of view.
report-outlined =
    { $count ->
        [one] Outlined: 1 place to look at.
       *[other] Outlined: { $count } places to look at.
    }
report-not-graded = Not graded
report-answer = { $grade }, grade { $number }
report-referable = { $word }. Referable: { $referable }.
report-no-places = Places to look at were not computed.
report-quality-line = Quality { $score } of 1. { $verdict }.
report-quality-score = { $score } of 1.
report-possible-grades = Possible grades
report-referable-retinopathy = Referable retinopathy
report-how-sure = How sure
report-likeness = Likeness
report-quality = Quality
report-rule = Rule
report-examined = Examined
report-camera = Camera
report-operator = Photographed by
