//! What the pages show, as plain values.
//!
//! The routes fill these from the store; the templates read nothing else. So a page can be drawn in a
//! test without a network, a bundle or a database, and a template never asks for anything.

mod worklist;

use clinic::{
    Circumstances, Counterfactual, Eye, Laterality, PatientId, PatientOutcome, Region, Review,
    Usage,
};
use language::Language;
use time::OffsetDateTime;
use trust::conformal::Promise;
use trust::place::Place;
use trust::{
    Calibration, ConformalSets, Decision, DecisionPolicy, Grade, OperatingPoint, PredictionSet,
    Probabilities, Rule, Uncertainty,
};

pub use self::worklist::{Worklist, WorklistAddress};

/// The model bundle that answers, for the foot of every page.
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    /// Its name, e.g. `starter`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Members of the ensemble.
    pub members: usize,
    /// Side of the network's input in pixels.
    pub input_side: u32,
    /// Photographs of the validation split the figures below were measured on; 0 when there are none.
    pub validation_photographs: usize,
    /// Quadratic weighted kappa on validation.
    pub kappa: Option<Figure>,
    /// Area under the curve for referable retinopathy (grade 2 or worse) on validation.
    pub referable_auc: Option<Figure>,
    /// Terms of use of the weights, in a few words.
    pub licence: String,
}

/// By which rules the bundle's numbers become decisions and promises.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// The rule that decides now.
    pub policy: DecisionPolicy,
    /// The operating points to choose from; empty where the bundle names none.
    pub operating_points: Vec<OperatingPoint>,
    /// How the logits of a pass become probabilities.
    pub calibration: Calibration,
    /// Photographs that calibration and thresholds were fitted to; 0 where the bundle does not say.
    pub calibration_photographs: u64,
    /// How probabilities become prediction sets; `None` where nothing is promised.
    pub prediction_sets: Option<ConformalSets>,
}

/// How the running server is, for whoever looks after it.
#[derive(Clone, Debug, PartialEq)]
pub struct System {
    /// Of the program.
    pub version: &'static str,
    /// The bundle's, as the records name it.
    pub fingerprint: String,
    /// The explanations of each answer, in the order they are computed.
    pub methods: Vec<&'static str>,
    /// Whether this process grades, or leaves it to workers.
    pub grades_here: bool,
    /// Photographs that wait for a grade or are being graded.
    pub waiting_photographs: u64,
    /// Explanations that wait or are being computed.
    pub waiting_explanations: u64,
    /// Workers of all programs that share the records and have work in hand.
    pub busy_workers: usize,
    /// Name of the database's kind.
    pub database: &'static str,
    /// What the stored files take up.
    pub usage: Usage,
}

/// A measured figure with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// The figure itself.
    pub value: f64,
    /// Lower end of the interval.
    pub lower: f64,
    /// Upper end of the interval.
    pub upper: f64,
}

/// One line of the list of recent screenings.
#[derive(Clone, Debug, PartialEq)]
pub struct Recent {
    /// Opaque identifier, the last part of the page's address.
    pub id: String,
    /// When the photographs were received.
    pub received: OffsetDateTime,
    /// Patient identifier as the submitter typed it.
    pub patient: Option<String>,
    /// How far it is.
    pub state: State,
    /// The decision of each photograph, in the order of submission; `None`: refused or not yet graded.
    pub decisions: Vec<Option<Decision>>,
}

/// How far the work on a screening is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Waits for its turn.
    Queued,
    /// The network is looking at the photographs.
    Grading,
    /// Grades are there; `explained` of `explanations` pictures are there too.
    Explaining {
        /// Pictures that are ready.
        explained: usize,
        /// Pictures that there will be.
        explanations: usize,
    },
    /// Everything is there.
    Done,
    /// The work could not be finished, through no fault of the photographs.
    Failed,
}

impl State {
    /// Whether nothing more will come.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }

    /// The word of the JSON API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Grading => "grading",
            Self::Explaining { .. } => "explaining",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// One screening: the photographs that were submitted together.
#[derive(Clone, Debug, PartialEq)]
pub struct Screening {
    /// Opaque identifier, the last part of the page's address.
    pub id: String,
    /// When the photographs were received.
    pub received: OffsetDateTime,
    /// Patient identifier as the submitter typed it.
    pub patient: Option<String>,
    /// The patient's opaque name, the last part of the address of the patient's page.
    pub patient_id: Option<PatientId>,
    /// The year in which the patient was born, where it is known.
    pub year_of_birth: Option<i16>,
    /// When the photographs were taken, with what, and by whom.
    pub circumstances: Circumstances,
    /// How far it is.
    pub state: State,
    /// Whether some of the work failed, and can be tried again.
    pub has_failed: bool,
    /// In the order of submission.
    pub photographs: Vec<Photograph>,
    /// The eyes that they show.
    pub eyes: Vec<Eye>,
    /// What both eyes come to.
    pub patient_outcome: PatientOutcome,
    /// What both eyes come to without the word of one reader who alone has read an eye.
    pub blind_outcome: PatientOutcome,
    /// What readers said, oldest first.
    pub reviews: Vec<Review>,
}

/// One submitted photograph.
#[derive(Clone, Debug, PartialEq)]
pub struct Photograph {
    /// The submitter's own file name.
    pub file: String,
    /// Which eye it shows; `None` where it could not be read.
    pub eye: Option<ShownEye>,
    /// What came of it.
    pub outcome: Outcome,
}

/// The eye of a photograph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownEye {
    /// The eye that it belongs to; `None` for the one that nobody stated.
    pub laterality: Option<Laterality>,
    /// Which, and who says so.
    pub words: String,
    /// What is doubtful about it, in a sentence: that its optic disc tells another eye, or one where none is stated.
    pub doubt: Option<String>,
    /// The eyes that it can be stated to show; empty where there is nothing to state, or a reader has given a word already.
    pub choices: Vec<Laterality>,
}

/// What came of a photograph.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Not graded yet.
    Pending,
    /// Not usable as a photograph of a retina; the sentence says why and what to do.
    Refused {
        /// One clear sentence.
        sentence: String,
    },
    /// Graded, though perhaps with the decision that it must be taken again.
    Graded(Box<Graded>),
}

/// The answer for one photograph.
#[derive(Clone, Debug, PartialEq)]
pub struct Graded {
    /// Width of the upright photograph in pixels.
    pub width: u32,
    /// Height of the upright photograph in pixels.
    pub height: u32,
    /// The circle that the retina fills.
    pub field_of_view: FieldOfView,
    /// Technical quality.
    pub quality: Quality,
    /// The most probable grade.
    pub grade: Grade,
    /// Probability of every grade.
    pub probabilities: Probabilities,
    /// Spread over the passes and entropies.
    pub uncertainty: Uncertainty,
    /// Passes (member × view × sample) behind the mean.
    pub passes: usize,
    /// How often the system was right on validation photographs about as unsure as this one; `None` without any, and for
    /// an answer of another bundle.
    pub place: Option<Place>,
    /// The grades that the photograph may have; `None` where none were promised.
    pub prediction: Option<Prediction>,
    /// How like the photographs that the system learned from it is.
    pub familiarity: Familiarity,
    /// What to do.
    pub decision: Decision,
    /// The line of the policy that decided; `None` in records that did not note it.
    pub rule: Option<Rule>,
    /// The rule that decided, in a sentence.
    pub reason: String,
    /// In the order in which they are shown.
    pub explanations: Vec<Explanation>,
    /// Where to look.
    pub places: Places,
}

/// Where in the photograph to look, by the explanation that is shown first.
#[derive(Clone, Debug, PartialEq)]
pub enum Places {
    /// Nothing is drawn: they were not looked for, as in older records.
    Absent,
    /// They are being looked for.
    Pending,
    /// They are there, or known to be none.
    Found {
        /// The one with most of the evidence first; for grade 0 the evidence against it.
        regions: Vec<Region>,
        /// The fewest of them without which the grade would be lower; `None` where no set of them changes it.
        counterfactual: Option<Counterfactual>,
    },
}

impl Places {
    /// Diameter of this eye's optic disc as a share of the diameter of the field of view; `None` where it is not known,
    /// because no region was measured in it.
    pub fn disc_diameter(&self) -> Option<f64> {
        let Self::Found { regions, .. } = self else {
            return None;
        };
        let of = |region: &Region| Some(region.diameter / region.disc_diameters?);
        let found = regions.iter().find_map(of)?;
        (found.is_finite() && found > 0.0).then_some(found)
    }
}

/// The grades that a photograph may have.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The grades.
    pub set: PredictionSet,
    /// The set in words with its coverage, as they were said when the photograph was graded.
    pub words: Option<String>,
    /// What is promised of it; `None` where the bundle that promised it is no longer loaded.
    pub promise: Option<Promise>,
}

/// How like the photographs that the system learned from a photograph is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Familiarity {
    /// How far off its features lie, as a multiple of how far off theirs do on average; `None` where it is not known.
    pub distance: Option<f32>,
    /// The distance above which the bundle calls a photograph unfamiliar; `None` without one, or where the bundle that
    /// answered is no longer loaded.
    pub limit: Option<f32>,
}

/// The circle that the retina fills, in pixels of the upright photograph.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FieldOfView {
    /// Centre, `[x, y]`.
    pub center: [f64; 2],
    /// Radius.
    pub radius: f64,
}

/// Technical quality of a photograph.
#[derive(Clone, Debug, PartialEq)]
pub struct Quality {
    /// From 0 to 1, 1 is best.
    pub score: f32,
    /// Whether it can be graded at all.
    pub gradable: bool,
    /// What is wrong with it, each a few words or a sentence; empty when nothing is.
    pub reasons: Vec<String>,
}

/// Where in the picture the answer comes from, by one method.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The method.
    pub method: Method,
    /// The score that is explained, in words, e.g. `grade 2, Moderate`.
    pub target: String,
    /// Whether its pictures can be fetched.
    pub stage: Stage,
}

/// How far an explanation is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stage {
    /// Not computed yet.
    Pending,
    /// Could not be computed.
    Failed,
    /// Its pictures are there.
    Ready {
        /// Nothing in the picture spoke for or against the score.
        empty: bool,
        /// The magnitude that gets the full colour, in the target's unit: the greatest of the maps by this method in the
        /// screening, so that they can be compared; `None` where it is not known.
        scale: Option<f32>,
        /// By how much the map misses the score it should add up to, as a share of it; only of methods that promise to add up.
        completeness_error: Option<f32>,
    },
}

/// The methods that the page knows how to describe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Integrated Gradients where a class activation map agrees.
    Combined,
    /// Class-weighted activation of the last convolution.
    GradCam,
    /// Gradients summed on the way from an empty picture to this one.
    IntegratedGradients,
    /// Guided backpropagation, weighted by Grad-CAM.
    GuidedGradCam,
}

impl Method {
    /// The name in addresses and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Combined => "combined",
            Self::GradCam => "grad-cam",
            Self::IntegratedGradients => "integrated-gradients",
            Self::GuidedGradCam => "guided-grad-cam",
        }
    }

    /// The name for people.
    pub fn title(self, language: Language) -> &'static str {
        match self {
            Self::Combined => language.text("method-combined"),
            Self::GradCam => language.text("method-grad-cam"),
            Self::IntegratedGradients => language.text("method-integrated-gradients"),
            Self::GuidedGradCam => language.text("method-guided-grad-cam"),
        }
    }

    /// What it shows, in a sentence.
    pub fn sentence(self, language: Language) -> &'static str {
        match self {
            Self::Combined => language.text("method-combined-meaning"),
            Self::GradCam => language.text("method-grad-cam-meaning"),
            Self::IntegratedGradients => language.text("method-integrated-gradients-meaning"),
            Self::GuidedGradCam => language.text("method-guided-grad-cam-meaning"),
        }
    }
}
