# Grades, decisions and the rule that decided. Records keep these sentences in English; they are recognised by these texts.

grade-none = No DR
grade-mild = Mild
grade-moderate = Moderate
grade-severe = Severe
grade-proliferative = Proliferative
# Inside a sentence.
grade-inside-none = no DR
grade-inside-mild = mild
grade-inside-moderate = moderate
grade-inside-severe = severe
grade-inside-proliferative = proliferative

# A word, a colon and a sentence.
decision-refer = Refer: the photograph shows signs of moderate or worse diabetic retinopathy.
decision-rescreen = Rescreen: no signs of referable diabetic retinopathy; screen again at the usual interval.
decision-unsure = Unsure: a human grader needs to look at this photograph.
decision-retake = Retake: the photograph is not gradable; take another one.

# As they stand after "Decided by".
rule-poor-quality = poor quality
rule-referable = high probability
rule-unfamiliar = unfamiliarity
rule-uncertain = uncertainty
rule-negative = low probability
rule-between-thresholds = probability in between
decided-by = Decided by: { $rule }.
decided-by-unknown = Rule:

measure-std = spread of the grade's probability over the passes
measure-entropy = entropy
measure-expected-entropy = mean entropy of the passes
measure-mutual-information = disagreement between the passes
measure-entropy-of-entropies = spread of the passes' entropies
measure-variation-ratio = share of passes that see another grade
measure-threshold-distance = nearness to the referral threshold
measure-margin = closeness of the two most probable grades
measure-max-probability = probability that the grade is another
measure-expected-clinical-cost = expected cost of a wrong grade

reason-poor-quality-urgent = The quality { $quality } is below { $least }; what could be read speaks for referral, so the new photograph should not wait.
reason-poor-quality = The quality { $quality } is below { $least }.
reason-referable = The probability of referable retinopathy, { $referable }, is at or above the threshold { $threshold }.
reason-unfamiliar = The photograph is unlike those that the system learned from: its features lie { $distance } times as far off as theirs do on average, and { $limit } times is the limit.
reason-uncertain = The { $measure }, { $uncertainty }, is above { $limit }.
reason-negative = The probability of referable retinopathy, { $referable }, is below { $threshold }, and the { $measure }, { $uncertainty }, is at most { $limit }.
reason-between-thresholds = The probability of referable retinopathy, { $referable }, lies between { $lower }, below which it is safely negative, and { $upper }, from which it is referred.

prediction-any = any grade
prediction-between = between { $lowest } and { $highest }
prediction-coverage = { $range }, { $coverage } %
prediction-risk = { $range }, the truth on average at most { $grades } grades above
prediction-from-to = from { $lowest } to { $highest }

# What an explanation explains.
target-grade = grade { $grade }
target-referable = referable retinopathy
target-expected = a higher grade
