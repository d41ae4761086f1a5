# Statistics, and the words of charts.

statistics-period = Period
statistics-from = Received from day (UTC)
statistics-to = To day (UTC)
statistics-all-time = All time
statistics-nothing = Nothing was screened
statistics-nothing-in-period = Nothing was screened in this period
statistics-in-short = In short
statistics-screenings = Screenings
statistics-gradable = Gradable photographs
statistics-none-graded = none graded yet
statistics-gradable-share = { $share }, { $gradable } of { $graded }
statistics-rejected = Pictures that were no usable photograph
statistics-to-answer = From receipt to the answer
statistics-to-review = From receipt to the first review
statistics-none-yet = none yet
statistics-turnaround = median { $median }, nine in ten within { $ninetieth } ({ $screenings })
statistics-days = { $days } days
statistics-day = Day
statistics-week = Week from
statistics-by-day = Screenings by day
statistics-by-week = Screenings by week
statistics-photographs = Photographs
statistics-counted = screenings
statistics-by-grade = Screenings by worst grade
statistics-by-decision = Screenings by decision
statistics-grade = Grade
statistics-no-grade = No grade
statistics-decision = Decision
statistics-share = Share
statistics-with-system = Readers and the system
statistics-with-system-meaning = What each reader said first of each eye, beside the system’s grade. Readers saw that grade, so that they agree more often than if they had not.
statistics-between-readers = Readers with each other
statistics-between-readers-meaning = What the first two readers of an eye said first of it; the second is not shown the first one’s verdict.
statistics-system = system
statistics-reader = reader
statistics-first-reader = first reader
statistics-second-reader = second reader
statistics-no-pairs = No eye has two grades to compare yet.
statistics-equal = The same grade in <strong>{ $equal } of { $pairs }</strong> ({ $share }) from { $patients }.
statistics-kappa = Cohen’s kappa with quadratic weights <strong>{ $kappa }</strong> (95 % interval { $lower } to { $upper }, bootstrap over patients).
statistics-no-kappa = Kappa is not defined: all grades are the same.
statistics-one-grade =
    { $count ->
        [one] 1 eye of which only one of the two gave a grade.
       *[other] { $count } eyes of which only one of the two gave a grade.
    }
statistics-matrix = Grades of the one by grades of the other

chart-in-all = { $label }: { $total } in all
chart-pairs = { $pairs } pairs of grades, { $equal } of them the same
chart-last = last: { $points }
chart-last-point = { $line } { $percent } % on { $day }
chart-nothing = nothing was measured
chart-course = Referable retinopathy over time
chart-course-share = referable (%)
