"""Golden figures of the scorecard of explanations, for crates/attribution/tests/attribution/scorecard.rs.

    python tests/reference/scorecard.py

prints them. Needs numpy, scikit-learn and scipy. Run once; the results do not change.
"""

import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

SIDE = 24

place = np.arange(SIDE * SIDE)
values = ((place * 37) % 101 // 5 - 4).astype(np.float64)
other = ((place * 53) % 97 // 3 - 6).astype(np.float64)
lesion = (place * 13) % 17 == 0
retina = (place * 7) % 11 != 3

evidence = np.maximum(values, 0)[retina]
truth = lesion[retina]
print("area under the curve", roc_auc_score(truth, evidence))
print("mass accuracy", evidence[truth].sum() / evidence.sum())
print("rank correlation", spearmanr(values, other).statistic)
