//! The two colours of evidence.

use serde::{Deserialize, Serialize};

/// Colours for evidence for and against the target. "For" is blue in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Palette {
    /// Blue for, red against.
    #[default]
    BlueRed,
    /// Blue for, yellow against: told apart under every common colour blindness, by lightness as well as by hue.
    BlueYellow,
}

impl Palette {
    /// The full colour of evidence with the sign of `share`.
    pub(crate) fn colour(self, share: f32) -> [u8; 3] {
        if share >= 0.0 {
            self.colour_for()
        } else {
            self.colour_against()
        }
    }

    /// Red, green and blue of evidence for the target.
    pub fn colour_for(self) -> [u8; 3] {
        match self {
            Palette::BlueRed => [20, 90, 255],
            Palette::BlueYellow => [0, 70, 230],
        }
    }

    /// Red, green and blue of evidence against the target.
    pub fn colour_against(self) -> [u8; 3] {
        match self {
            Palette::BlueRed => [230, 20, 20],
            Palette::BlueYellow => [250, 215, 30],
        }
    }

    /// The colours' names, for and against.
    pub fn words(self) -> [&'static str; 2] {
        match self {
            Palette::BlueRed => ["blue", "red"],
            Palette::BlueYellow => ["blue", "yellow"],
        }
    }
}
