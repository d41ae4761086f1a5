# One photograph: the decision, the answer, its quality and how to read the explanations.

photograph-title = Photograph { $number } of { $count }:
photograph-pixels = { $width } × { $height } pixels
photograph-patient = Patient
photograph-pending = Being graded
photograph-pending-meaning = The result appears here as soon as it is there.
photograph-not-usable = Not usable
photograph-grade = Diabetic retinopathy, grade { $number } of 0 to 4
photograph-disease = Diabetic retinopathy
photograph-decision = Decision
photograph-not-gradable = Not gradable
photograph-retaking = When it is taken again
photograph-quality = Quality of the photograph
photograph-quality-scale = Quality from 0 to 1
photograph-quality-verdict = <strong>{ $score }</strong> of 1. { $verdict }.
photograph-explanations = How to read the explanations
photograph-explanations-meaning = Blue speaks for the grade, red (or yellow, where chosen) against it, both on one scale in each picture. They show what the network used, not where lesions are.
photograph-explanation-pending = Being computed.
photograph-explanation-failed = It could not be computed for this photograph.
photograph-explanation-empty = The map is empty: nothing in the picture spoke for or against the grade.
photograph-explanation-complete = The map adds up to the score within { $percent } %.
