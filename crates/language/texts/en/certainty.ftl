# How sure the system is, what that is worth, and what a human should look for.

certainty-sure = Sure: nearly all of the probability lies on one grade.
certainty-fairly-sure = Fairly sure: about two grades are in question.
certainty-not-sure = Not sure: about three grades are in question.
certainty-not-sure-at-all = Not sure at all: most of the grades are in question.
certainty-one-pass = One pass only was made, so nothing is known about the spread.
certainty-disagreement = { $mutual } nats ({ $share }) of it is disagreement between the { $passes } passes (mutual information); the rest, { $expected } nats, is hesitation within each of them (expected entropy).
certainty-experience = Of the { $similar } validation photographs with the most similar entropy, <strong>{ $accuracy }</strong> were graded right (95 % interval { $lower } to { $upper }).
certainty-surer = The system was surer than here on { $share } of all.
certainty-title = How sure is the system?
certainty-entropy = Entropy <strong>{ $entropy } nats</strong> of at most { $largest }: as unsure as an even choice among <strong>{ $grades }</strong> of the five grades.
certainty-chart-alternative = How often the grade was right on the validation photographs, against their entropy; this photograph is marked at { $entropy } nats.
certainty-chart-caption = Measured on the validation photographs, from those the system was sure of to those it was unsure of; this photograph is marked.
certainty-scale-sure = sure
certainty-scale-unsure = cannot tell

# The chart.
certainty-chart-title = How often the grade is right when the system is this unsure
certainty-chart-marked = This photograph: { $entropy } nats. Of the { $similar } validation photographs closest to it, { $correct } were graded right.
certainty-chart-unmarked = { $photographs } validation photographs
certainty-chart-entropy = entropy (nats), from sure to unsure
certainty-chart-right = graded right (%)
certainty-chart-share = share graded right, 95 % interval
certainty-chart-right-top = graded right (top)
certainty-chart-wrong-bottom = graded wrong (bottom)

likeness-like = Like the photographs the system learned from.
likeness-unlike = Unlike the photographs the system learned from, so the answer may not hold.
likeness-unjudged = How like the photographs the system learned from it is was measured, but not judged.
likeness-unknown = Whether it is like the photographs the system learned from is not known.
likeness-distance-limit = What the network sees in it lies <strong>{ $distance }</strong> times as far from the middle of those photographs as they do on average; <strong>{ $limit }</strong> times is the limit of this model.
likeness-distance = What the network sees in it lies <strong>{ $distance }</strong> times as far from the middle of those photographs as they do on average; no limit is known that it could be held against.
likeness-not-noted = The model that graded it did not note what the photographs that it learned from look like.

signs-title = A human should look for:
signs-unusual = What is unusual here: another camera or field, traces of treatment such as laser scars, or another disease.
signs-beyond-none = Microaneurysms: any at all make it mild.
signs-beyond-mild = More than microaneurysms: haemorrhages, hard exudates or cotton-wool spots make it moderate.
signs-beyond-moderate = More than 20 haemorrhages in each of four quadrants, venous beading in two, or prominent intraretinal microvascular abnormalities in one: any of these makes it severe.
signs-beyond-severe = New vessels, vitreous or preretinal haemorrhage: any of these makes it proliferative.

prediction-meaning-any = the probabilities are too spread out to leave a grade out.
prediction-meaning-split = { $coverage } photographs’ true grades lie in such a set.
prediction-meaning-risk = the promise is about disease that is missed, not about false alarms.
prediction-meaning-unknown = so said the model that graded the photograph; it is not the one loaded now.
share-in-ten =
    { $tenths ->
        [1] one in ten
        [2] two in ten
        [3] three in ten
        [4] four in ten
        [5] five in ten
        [6] six in ten
        [7] seven in ten
        [8] eight in ten
       *[9] nine in ten
    }
share-in-hundred = { $number } in a hundred

bars-title = Probability of each grade
bars-spread = ± standard deviation over { $passes } passes
bars-grade = Grade
bars-in-set = In the prediction set
bars-bar = Bar
bars-probability = Probability
bars-deviation = Standard deviation in percentage points
bars-yes = yes
bars-no = no
bars-referable = Probability of referable retinopathy
bars-referable-meaning = Moderate or worse, grades 2 to 4 together.
bars-oedema = Macular oedema: not assessed.
