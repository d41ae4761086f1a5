# How the model decides, and whether it is still at home: the pages /bundle and /monitor.

point-high-sensitivity = high sensitivity (at least 95 %)
point-balanced = balanced (largest sum of sensitivity and specificity)
point-high-specificity = high specificity (at least 95 %)
point-nhs = NHS (sensitivity at least 85 %, specificity 80 % wanted)
point-own = the model’s own thresholds

bundle-title = How this model decides
bundle-model = Model <strong>{ $name } { $version }</strong> · { $members }
bundle-fitted-to = calibration and thresholds fitted to { $photographs }

points-title = Operating points
points-meaning = Referring more photographs finds more disease and troubles more people who have none. Sensitivity is the share of the photographs with moderate or worse retinopathy that are referred; specificity is the share of the others that are not.
points-table = Table of operating points
points-point = Operating point
points-sensitivity = Sensitivity
points-specificity = Specificity
points-refers-from = Refers from
points-rescreens-below = Rescreens below
points-note = In brackets: 95 % intervals, by drawing patients anew many times. All is measured on the photographs that the thresholds were chosen on, which flatters it; on other cameras and other patients expect less. “Refers from” and “rescreens below” are probabilities of referable retinopathy.
points-none = This model names no operating points to choose from.
points-decides = Decides now
points-not-measured = not measured

lines-title = The rule, line by line
lines-meaning = The first line that holds decides; the result says which it was.
line-poor-quality = the quality of the photograph is below { $least } of 1.
line-referable = the probability of referable retinopathy is { $threshold } or more.
line-unfamiliar = the photograph lies more than { $limit } times as far from those that the system learned from as they do on average.
line-unfamiliar-never = never, because this model does not know what it learned from looks like.
line-uncertain = the { $measure } is above { $limit }.
line-negative = the probability of referable retinopathy is below { $threshold }.
line-otherwise = in all other cases.

limits-title = How the limits were chosen
limits-meaning = All on graded photographs that the model did not learn from:
limits-certain = Certain enough
limits-certain-meaning = The limit for the { $measure }, { $limit }, is set so that the most unsure { $share } of those photographs lie above it and are seen by a human.
limits-familiar = Familiar enough
limits-familiar-meaning = The limit for the distance, { $limit }, is set so that { $share } of those photographs lie above it. It is about 1 for a photograph like those the model learned from.
limits-familiar-unknown = Not judged: this model does not know what the photographs that it learned from look like.
limits-negative = Safely negative
limits-negative-meaning = The threshold is set so that at most { $share } of the photographs with referable retinopathy lie below it.
limits-quality = Good enough to grade
limits-quality-meaning = The least quality, { $least }, belongs to the measure of quality and not to the network.

calibration-title = Calibration
calibration-meaning = Of all photographs to which a grade is given a probability of 80 %, four in five should have it.
calibration-identity = Nothing was done for that here: the network’s own probabilities are shown.
calibration-temperature-less = For that, all answers of the network are made less sure than they came, by one factor (temperature scaling, { $temperature }).
calibration-temperature-more = For that, all answers of the network are made surer than they came, by one factor (temperature scaling, { $temperature }).
calibration-vector = For that, each grade of the network’s answer is weighted by a factor and a shift of its own (vector scaling).
calibration-isotonic = For that, each grade’s probability is replaced by how often the grade was right at such a probability (isotonic regression).

sets-title = What the prediction sets promise
sets-none = Nothing: this model gives no prediction sets.
sets-meaning = Beside the most probable grade stands a range of grades, as wide as a promise needs. <strong>{ $promise }</strong>
sets-fitted-to = It was fitted to { $photographs } of { $patients }, and it holds as long as patients and cameras are like theirs. It holds on average over patients: for one grade, one camera or one clinic it may be less.
sets-split = At least { $coverage } photographs’ true grades lie in their sets.
sets-risk = On average the true grade lies at most { $grades } grades above the set.

monitor-title = Is the model still at home here?
monitor-meaning = What was screened lately beside the photographs that the model was validated on; answers of another model do not count. A model answers worse where cameras, patients or operators are others.
monitor-nothing = The bundle does not note the grades and the quality of its validation photographs, so there is nothing to compare with. Fit it anew with <code>fundoscope bundle calibrate</code>.
monitor-table = Table of comparisons
monitor-what = What was compared
monitor-verdict = Verdict
monitor-test = Test
monitor-p = p, corrected
monitor-counted = { $recent } screened lately, { $reference }.
monitor-least = At least { $least } of each are needed before anything can be said.
monitor-note = A difference counts where it is unlikely to be chance (p below 0.01 after Holm's correction for looking at several) and large enough to matter (0.1 of the distribution). Two eyes of one patient are not two witnesses, so the tests are a little too eager.
monitor-too-few = Too few photographs to say
monitor-changed = What is screened has changed
monitor-unchanged = Nothing has changed that matters
monitor-row-changed = Changed
monitor-row-unchanged = As before
monitor-row-too-few = Too few to say
monitor-agreement = Do the reviewers agree with it?
monitor-kappa = Quadratic weighted kappa between reviewers and system: <strong>{ $kappa }</strong>.
monitor-agreement-note = Who reviews only what the system was unsure of sees it at its worst: such an agreement is lower without anything having changed.

drift-moderate-share = The share of moderate or worse grades
drift-mild-share = The share of mild or worse grades
drift-severe-share = The share of severe or worse grades
drift-proliferative-share = The share of proliferative grades
drift-gradable-share = The share of gradable photographs
drift-median-quality = The median quality
drift-median-unfamiliarity = The median unfamiliarity
drift-median-entropy = The median entropy
drift-rose = { $subject } rose from { $before } to { $now }{ $unit }.
drift-rose-perhaps = { $subject } rose from { $before } to { $now }{ $unit }, which may be chance or too little to matter.
drift-fell = { $subject } fell from { $before } to { $now }{ $unit }.
drift-fell-perhaps = { $subject } fell from { $before } to { $now }{ $unit }, which may be chance or too little to matter.
drift-stayed = { $subject } stayed at { $now }{ $unit }.
drift-stayed-but = { $subject } stayed at { $now }{ $unit }, but what lies around it changed.
drift-chi-squared = chi-squared test
drift-fisher-exact = Fisher's exact test
drift-kolmogorov-smirnov = Kolmogorov-Smirnov test

agreement-none = No photograph was reviewed.
agreement-share = Reviewers agreed with { $agreed } of { $reviewed } grades ({ $share })
agreement-chance = the difference may be chance or too little to matter
agreement-lower = the agreement is lower than chance explains
agreement-higher = the agreement is higher than chance explains
agreement-beside-validation = { $agreement }; { $accuracy } of the validation photographs were graded right, and { $verdict }.
