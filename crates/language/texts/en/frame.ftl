# The frame around every page, and what is said on many of them.

frame-purpose = Screening for diabetic retinopathy
frame-disclaimer = Research software, not a medical device. It must not be used to diagnose, treat or rule out disease; macular oedema is not assessed.
frame-disclaimer-label = Disclaimer
frame-skip = Skip to the content
frame-main = Main
frame-worklist = Worklist
frame-statistics = Statistics
frame-new-screening = New screening
frame-change-password = Change the password
frame-log-out = Log out
frame-language = Language

frame-model = Model <strong>{ $name } { $version }</strong>
frame-validation-kappa = validation kappa { $kappa }
frame-validation-auc = AUC for referable { $auc }
frame-network = Network
frame-network-made-of = { $members }, input { $side } × { $side } pixels
frame-kappa = Quadratic weighted kappa
frame-referable-auc = AUC, referable (grade 2 or worse)
frame-measured-on = Measured on
frame-no-validation = no validation photographs
frame-terms = Terms
frame-bundle = How this model decides
frame-monitor = Is the model still at home here?
frame-accounts = Accounts
frame-audit = Audit

frame-with-interval = { $value } (95 % interval { $lower } to { $upper })
frame-share-with-interval = { $value } % ({ $lower } to { $upper })

frame-photographs =
    { $count ->
        [one] 1 photograph
       *[other] { $count } photographs
    }
frame-validation-photographs =
    { $count ->
        [one] 1 validation photograph
       *[other] { $count } validation photographs
    }
frame-screenings =
    { $count ->
        [one] 1 screening
       *[other] { $count } screenings
    }
frame-examinations =
    { $count ->
        [one] 1 examination
       *[other] { $count } examinations
    }
frame-patients =
    { $count ->
        [one] 1 patient
       *[other] { $count } patients
    }
frame-members =
    { $count ->
        [one] 1 member
       *[other] { $count } members
    }
frame-accounts-count =
    { $count ->
        [one] 1 account
       *[other] { $count } accounts
    }

frame-keys = Keys
frame-key-help = shows these keys
frame-close = Close
frame-system = System
